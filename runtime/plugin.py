"""The one home of converter, codec, sandbox and interceptors for everything that talks to Temporal.

Worker, starter, gateway, tests and replayer take the plugin from here, so that they cannot differ. A payload that one
of them writes, every other can read.
"""

import dataclasses
from collections.abc import Sequence

import temporalio.client
import temporalio.worker
from temporalio import workflow
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadConverter,
)
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.plugin import SimplePlugin
from temporalio.worker import ReplayerConfig, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from runtime.codec import EncryptionCodec, KeyRing
from workflows.model import TOO_MANY, Message
from workflows.run_model import RunMessage

# Loaded once instead of once per case. The messages and pydantic are pure; everything else stays in the sandbox.
PASSED_THROUGH = (
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_inspection",
    "workflows.model",
    "workflows.approached",
    "workflows.case_in_sight",
    "workflows.run_model",
    "workflows.run_in_sight",
)

Interceptor = temporalio.client.Interceptor | temporalio.worker.Interceptor


IN_CLEAR = frozenset({"NothingToResolve", "Action", "By", "Note", "TooLong", "Reply", "Input", TOO_MANY})
"""Types of refusals of an update: they name fields and rules, and nothing that was sent or is known."""

INPUT_OF: dict[str, str] = {
    Message.REPLY: '{"message_id": "..."}',
    Message.RESOLVE: '{"action": "...", "by": "...", "note": "..."}',
    RunMessage.STOP: '{"by": "...", "note": "..."}',
    RunMessage.GO_ON: '{"by": "...", "note": "..."}',
}
"""What each update of a case or a run is given."""


UNSEALED = "Unsealed"
"""The type of a failure that none of ours has written: it says nothing."""


TRACE = 600
"""So many signs of a traceback's end go along with a failure: of an attempt Temporal's server keeps none above four
kilobytes, and shows words of its own in its place. The whole is in the worker's log."""

FAILURE_BYTES = 3_000


class _Short(DefaultFailureConverter):
    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        super().to_failure(exception, payload_converter, failure)
        failure.stack_trace = failure.stack_trace[-TRACE:]


class Failures(DefaultFailureConverterWithEncodedAttributes, _Short):
    """Encrypts failures, but for what an operator has to read: why an update was refused.

    What comes back in clear and is none of these was not written here: whoever reaches Temporal's port can answer for a
    worker, and "it was paid before" once led to paying twice.
    """

    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        if failure.HasField("application_failure_info") and not failure.HasField("encoded_attributes"):
            kind = failure.application_failure_info.type
            if kind not in IN_CLEAR:
                text = "the step's failure was written by nobody who has our keys, and says nothing: do the step again"
                return ApplicationError(text, type=UNSEALED, non_retryable=True)
        return super().from_failure(failure, payload_converter)

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        update = workflow.current_update_info()
        if update is not None and not isinstance(exception, FailureError):
            exception = _unreadable(update.name)
        if isinstance(exception, ApplicationError) and exception.type in IN_CLEAR:
            DefaultFailureConverter().to_failure(exception, payload_converter, failure)
        else:
            super().to_failure(exception, payload_converter, failure)
        _without_what_is_too_much(failure)


def _without_what_is_too_much(failure: Failure) -> None:
    """Leave the deepest causes out, until the server keeps it: what a person reads is at the top."""
    while failure.ByteSize() > FAILURE_BYTES and failure.HasField("cause"):
        deepest = failure
        while deepest.cause.HasField("cause"):
            deepest = deepest.cause
        deepest.ClearField("cause")


def _unreadable(update: str) -> ApplicationError:
    """What stands for whatever the library or a validator made of an input that is none."""
    if update not in INPUT_OF:
        return ApplicationError(f"there is no such update; there are {', '.join(sorted(INPUT_OF))}", type="Input")
    return ApplicationError(f"the input cannot be read; it is {INPUT_OF[update]}", type="Input")


def data_converter(ring: KeyRing) -> DataConverter:
    """Pydantic JSON, encrypted; failures too, whose messages and stack traces would else be stored in clear."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptionCodec(ring),
        failure_converter_class=Failures,
    )


def sandbox(*, strict: bool = False) -> SandboxRestrictions:
    """The workflow sandbox. ``strict`` refuses any import that nobody declared as passed through: for tests."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    if not strict:
        return restrictions
    return restrictions.with_import_notification_policy(
        SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
        | SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
    )


class DemeuPlugin(SimplePlugin):
    """The plugin, which never lets a replay end in a failure of the workflow."""

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        """As for a worker, but a bug fails nothing: a non-determinism would be taken for one, and never be told."""
        return {**super().configure_replayer(config), "workflow_failure_exception_types": []}


def demeu_plugin(ring: KeyRing, *, strict: bool = False, interceptors: Sequence[Interceptor] = ()) -> DemeuPlugin:
    """The plugin for clients, workers and replayers; give it to the client and its workers get it too.

    ``strict`` is for tests: a stray import in a workflow file fails, and so does a workflow that raises a plain
    exception. In production such a bug leaves the case open and visible, to go on when the code is corrected.
    """

    def runner(existing: WorkflowRunner | None) -> WorkflowRunner:
        if existing is None or isinstance(existing, SandboxedWorkflowRunner):
            return SandboxedWorkflowRunner(restrictions=sandbox(strict=strict))
        return existing

    return DemeuPlugin(
        "demeu",
        data_converter=data_converter(ring),
        interceptors=list(interceptors),
        workflow_runner=runner,
        workflow_failure_exception_types=[Exception] if strict else None,
    )
