"""Who may write to a workflow: anybody who reaches Temporal's port. What cannot be read of it stops nothing.

The SDK hands a signal's arguments to its handler as they are. One too many, or bytes where a message is meant, ends
every task of the workflow in the same error, for ever and unseen. So signals come in here raw, known and unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue

from workflows.model import Wire

Signals = Mapping[str, tuple[type[Wire] | None, Callable[..., None]]]
"""By the name of a signal: the one message that it brings, None if it brings nothing, and who takes it."""


class Approached:
    """A workflow that takes the signals that it knows, and drops, counts and notes all else."""

    dropped = 0

    def signals(self) -> Signals:
        """The signals that are taken."""
        raise NotImplementedError

    def note(self, text: str) -> None:
        """Tell whoever looks at the workflow."""
        raise NotImplementedError

    @workflow.signal(dynamic=True)
    def hear_signal(self, name: str, sent: Sequence[RawValue]) -> None:
        """Any signal, whoever sent it."""
        shape, take = self.signals().get(name, (None, None))
        brought = [_read(raw, shape) for raw in sent]
        if take is None or len(brought) != (0 if shape is None else 1) or None in brought:
            self._drop()
        else:
            take(*brought)

    def _drop(self) -> None:
        """Once in sight of whoever looks: a flood of them shall not push out what was noted before."""
        self.dropped += 1
        meter, labels = workflow.metric_meter(), {"workflow": workflow.info().workflow_type}
        meter.create_counter("demeu_signals_dropped", "signals nobody of ours can have sent").add(1, labels)
        workflow.logger.warning("a signal that cannot be read is dropped, the %s. here", self.dropped)
        if self.dropped == 1:
            self.note("a signal was dropped that nobody of ours can have sent")


def _read(raw: RawValue, shape: type[Wire] | None) -> Any:
    """The message; None for what is none. Any error may come out of what a stranger has written."""
    if shape is None:
        return None
    try:
        read = workflow.payload_converter().from_payload(raw.payload, shape)
    except Exception:
        return None
    return read if isinstance(read, shape) else None
