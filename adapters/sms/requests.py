"""What is to be sent over a session, and what waits for its answer: matched by sequence number, in constant time.

aiosmpplib takes its messages from here (as from a broker) and reports here (as to a hook). Knows no meaning and no
content of a message.
"""
# ruff: noqa: ARG002 - the signatures are the library's

import asyncio
import itertools
import struct
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiosmpplib.broker import AbstractBroker
from aiosmpplib.correlator import AbstractCorrelator
from aiosmpplib.hook import AbstractHook
from aiosmpplib.protocol import GenericNack, SubmitSm, SubmitSmResp
from aiosmpplib.state import SmppCommandStatus
from aiosmpplib.throttle import AbstractThrottleHandler


class NotSent(Exception):
    """The request did not leave: there is no session, or there was no time."""


class NoAnswer(Exception):
    """The request left, and neither a yes nor a no came back."""


@dataclass(frozen=True)
class Answer:
    """A submit_sm_resp or generic_nack. `status` is 0 for a yes."""

    status: int
    message_id: str

    @property
    def name(self) -> str:
        """`ESME_RTHROTTLED`; a status of the operator's own invention shows as `status_0x00000400`."""
        known = self.status in SmppCommandStatus._value2member_map_
        return SmppCommandStatus(self.status).name if known else f"status_0x{self.status:08X}"


@dataclass
class _Request:
    message: SubmitSm = field(repr=False)
    answer: asyncio.Future[Answer] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    left: bool = False


class Requests(AbstractBroker, AbstractHook):  # type: ignore[misc] # aiosmpplib is not typed
    """What is to be sent, and what waits for its answer. aiosmpplib takes from here and reports here."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[_Request | None] = asyncio.Queue()
        self._open: dict[str, _Request] = {}
        self._by_sequence: dict[int, str] = {}
        self._tokens = itertools.count(1)

    async def ask(self, message: SubmitSm, within: timedelta) -> Answer:
        """Sends and waits. Raises NotSent or NoAnswer."""
        request, token = _Request(message), str(next(self._tokens))
        message.log_id = token
        self._open[token] = request
        self._queue.put_nowait(request)
        try:
            return await asyncio.wait_for(request.answer, within.total_seconds())
        except TimeoutError:
            raise (NoAnswer if request.left else NotSent) from None
        finally:
            self._open.pop(token, None)
            self._by_sequence.pop(message.sequence_num, None)

    def lose(self) -> None:
        """The session is gone, and with it every answer."""
        for request in self._open.values():
            if not request.answer.done():
                request.answer.set_exception(NoAnswer() if request.left else NotSent())

    def end(self) -> None:
        """Lets the sender of aiosmpplib go at once."""
        self._queue.put_nowait(None)

    async def enqueue(self, message: SubmitSm) -> None:
        raise NotImplementedError("use ask")

    async def dequeue(self) -> SubmitSm:
        while True:
            request = await self._queue.get()
            if request is None:
                raise ConnectionAbortedError
            if not request.answer.done():  # nobody waits for it any more
                return request.message

    async def sending(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        request = self._open.get(smpp_message.log_id) if isinstance(smpp_message, SubmitSm) else None
        if request is not None:
            request.left = True
            self._by_sequence[smpp_message.sequence_num] = smpp_message.log_id

    async def received(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        if not isinstance(smpp_message, SubmitSmResp | GenericNack):
            return
        request = self._open.get(self._by_sequence.get(smpp_message.sequence_num, ""))
        if request is not None and not request.answer.done():
            status: int = struct.unpack_from("!I", pdu, 8)[0]
            request.answer.set_result(Answer(status, getattr(smpp_message, "message_id", "")))

    async def send_error(self, smpp_message: Any, error: Exception, client_id: str) -> None:
        request = self._open.get(smpp_message.log_id)
        if request is not None and not request.answer.done():
            request.answer.set_exception(NoAnswer() if request.left else NotSent())


class NoCorrelator(AbstractCorrelator):  # type: ignore[misc]
    """Remembers nothing: answers are matched in `Requests`, receipts in the database by their message id."""

    def get_cumulated_status(self, ref_num: int) -> int:
        return 0

    async def expired(self, smpp_message: Any) -> None: ...

    async def put(self, smpp_message: Any) -> None: ...

    async def put_delivery(self, smsc_message_id: str, submit_sm: Any) -> None: ...

    async def put_delivery_segmented(self, deliver_sm: Any) -> Any:
        return deliver_sm

    async def get(self, response: Any) -> None: ...

    async def get_segmented(self, smpp_seq_num: int, remove: bool = False) -> tuple[None, int]:
        return None, 0

    async def get_delivery(self, receipt: Any) -> None: ...


class NoThrottle(AbstractThrottleHandler):  # type: ignore[misc]
    """Never holds back: who sends learns of each throttled message and decides when to come again."""

    async def throttled(self) -> None: ...

    async def not_throttled(self) -> None: ...

    async def allow_request(self) -> bool:
        return True

    async def throttle_delay(self) -> float:
        return 0.0
