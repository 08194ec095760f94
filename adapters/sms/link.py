"""One bound SMPP 3.4 session that keeps itself up: aiosmpplib's ESME with the repairs that our rules need.

Sends what `requests` holds; a delivery is acknowledged only after whoever listens has returned. What messages mean
is not known here, and no content is ever logged: aiosmpplib writes messages and phone numbers into its log, so its log
is switched off and this module has its own.
"""

import asyncio
import logging
import random
import struct
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

from aiosmpplib import ESME
from aiosmpplib.protocol import DeliverSmResp, GenericNack, SubmitSm
from aiosmpplib.retrytimer import AbstractRetryTimer
from aiosmpplib.state import BindMode, PduHeader, SmppCommand, SmppCommandStatus, SmppError, SmppSessionState

from adapters.sms.pdu import BadPdu
from adapters.sms.requests import Answer, NoCorrelator, NoThrottle, NotSent, Requests

log = logging.getLogger(__name__)

OnDelivery = Callable[[bytes], Awaitable[None]]
"""Takes a deliver_sm. Returning acknowledges it; BadPdu refuses it for good; any other error asks for it again."""

LONGEST_PDU: Final = 2**16 + 1024
SHORTEST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0


class _Pause(AbstractRetryTimer):  # type: ignore[misc]
    """The pause before the next attempt to bind: doubled up to a limit, scattered. Its start means: session gone."""

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._next = SHORTEST_PAUSE

    async def wait(self) -> None:
        self._lost()
        pause = self._next * random.uniform(0.5, 1.0)
        self._next = min(self._next * 2, LONGEST_PAUSE)
        await asyncio.sleep(pause)

    def reset(self) -> None:
        self._next = SHORTEST_PAUSE

    def next_delay(self) -> float:
        return self._next


class SmppLink(ESME):  # type: ignore[misc]
    """A session as transmitter (`ask`) or as receiver (`on_delivery`)."""

    def __init__(
        self,
        host: str,
        port: int,
        system_id: str,
        password: str,
        *,
        on_delivery: OnDelivery | None = None,
        at_once: int = 32,
        keep_alive: timedelta = timedelta(seconds=30),
        patience: timedelta = timedelta(seconds=10),
    ) -> None:
        """`at_once`: deliveries in work at a time. `keep_alive`: silence before we ask whether the centre is there."""
        self.role = "receiver" if on_delivery else "transmitter"
        for name, value, longest in (("system_id", system_id, 15), ("password", password, 8)):
            if not value.isascii() or not 1 <= len(value) <= longest:
                raise ValueError(f"SMPP {name} must have 1 to {longest} ASCII characters")
        self._requests = Requests()
        super().__init__(
            smsc_host=host,
            smsc_port=port,
            system_id=system_id,
            password=password,
            bind_mode=BindMode.RECEIVER if on_delivery else BindMode.TRANSMITTER,
            enquire_link_interval=keep_alive.total_seconds(),
            socket_timeout=patience.total_seconds(),
            log_level=logging.CRITICAL,
            log_handler=logging.NullHandler(),
            broker=self._requests,
            hook=self._requests,
            correlator=NoCorrelator(),
            throttle_handler=NoThrottle(),
            retry_timer=_Pause(self._lost),
        )
        self._on_delivery = on_delivery
        self._room = asyncio.Semaphore(at_once)
        self._deliveries: set[asyncio.Task[None]] = set()
        self._running: asyncio.Task[None] | None = None
        self._was_bound = False
        self._came_up = asyncio.Event()

    @property
    def bound(self) -> bool:
        """Whether there is a session now."""
        return bool(self._session_state == self.bind_mode.session_state)

    async def open(self) -> None:
        """Begins to bind, and to bind again whenever the session is lost, until `close`. Does not wait."""
        if self._running is None:
            self._running = asyncio.create_task(self._keep_running(), name=f"smpp {self.role}")

    async def wait_bound(self, within: timedelta) -> bool:
        """Waits for a session; False if there is none in time."""
        if self.bound:
            return True
        self._came_up.clear()
        try:
            await asyncio.wait_for(self._came_up.wait(), within.total_seconds())
        except TimeoutError:
            return False
        return True

    async def ask(self, message: SubmitSm, within: timedelta) -> Answer:
        """Sends a submit_sm and waits for its answer. Raises NotSent or NoAnswer."""
        if not self.bound:
            raise NotSent
        return await self._requests.ask(message, within)

    async def close(self, grace: timedelta = timedelta(seconds=5)) -> None:
        """Finishes the deliveries in work, unbinds and closes; what is not done within `grace` is broken off."""
        if self._running is None:
            return
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=grace.total_seconds())
        writer = self._writer
        self._requests.end()
        try:
            await asyncio.wait_for(self.stop(), grace.total_seconds())
        except TimeoutError:
            log.warning("smpp %s: no answer to unbind", self.role)
        for task in (*self._deliveries, self._running):
            task.cancel()
        await asyncio.gather(*self._deliveries, self._running, return_exceptions=True)
        self._running = None
        self._requests.lose()
        await _shut(writer)
        await _shut(self._writer)

    async def _keep_running(self) -> None:
        while not self._is_shutting_down:
            try:
                await self.start()
            except Exception as error:  # the library lets some through; the session must come back all the same
                log.warning("smpp %s: session broke on %s", self.role, type(error).__name__)
                await self.retry_timer.wait()

    async def _end_task(self, task: asyncio.Task[Any]) -> None:
        """As in aiosmpplib, but an error it did not foresee in one task does not leave the others running."""
        try:
            await super()._end_task(task)
        except Exception as error:
            log.warning("smpp %s: session broke on %s", self.role, type(error).__name__)

    def _lost(self) -> None:
        if self._was_bound:
            log.warning("smpp %s: session lost", self.role)
        self._was_bound = False
        self._requests.lose()

    async def connect(self) -> None:
        """As in aiosmpplib, but no socket of a lost session or a failed bind is left open."""
        await _shut(self._writer)
        try:
            await super().connect()
        except BaseException as error:
            if isinstance(error, SmppError):
                log.warning("smpp %s: bind refused with %s", self.role, error.command_status.name)
            await _shut(self._writer)
            raise
        self._was_bound = True
        self._came_up.set()
        log.info("smpp %s: bound", self.role)

    async def _get_pdu(self) -> tuple[bytes, PduHeader]:
        """As in aiosmpplib, but a status or command of the operator's own invention does not cost the session."""
        while True:
            head: bytes = await self._reader.readexactly(16)
            length, command, status, sequence = struct.unpack("!IIII", head)
            if not 16 <= length <= LONGEST_PDU:
                raise ConnectionError("PDU of an impossible length")
            pdu = head + await self._reader.readexactly(length - 16)
            known = status in SmppCommandStatus._value2member_map_
            if command in SmppCommand._value2member_map_:
                shown = SmppCommandStatus(status) if known else SmppCommandStatus.ESME_RUNKNOWNERR
                return pdu, PduHeader(length, SmppCommand(command), shown, sequence)
            self._data_received.set()
            if not command & 0x80000000:
                await self._send_data(GenericNack(sequence, SmppCommandStatus.ESME_RINVCMDID))

    async def _handle_request(self, pdu: bytes, header: PduHeader) -> Any:
        """As in aiosmpplib, but deliveries are read and acknowledged by us, several at a time."""
        if header.smpp_command is not SmppCommand.DELIVER_SM or self._on_delivery is None:
            return await super()._handle_request(pdu, header)
        await self._room.acquire()
        task = asyncio.create_task(self._deliver(pdu, header.sequence_num, self._on_delivery, self._writer))
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)
        task.add_done_callback(lambda _: self._room.release())
        return None

    async def _deliver(self, pdu: bytes, sequence: int, take: OnDelivery, writer: asyncio.StreamWriter) -> None:
        status = SmppCommandStatus.ESME_ROK
        try:
            await take(pdu)
        except BadPdu as error:
            log.warning("smpp %s: %s", self.role, error)
            status = SmppCommandStatus.ESME_RX_P_APPN
        except Exception as error:  # whatever went wrong, the centre keeps the message and brings it again
            log.warning("smpp %s: delivery not stored, %s; it will come again", self.role, type(error).__name__)
            status = SmppCommandStatus.ESME_RX_T_APPN
        # In a newer session this number would acknowledge another message.
        if self._writer is writer and self._session_state != SmppSessionState.CLOSED:
            try:
                await self._send_data(DeliverSmResp(sequence, status))
            except OSError:
                log.warning("smpp %s: session lost before a delivery was acknowledged", self.role)


async def _shut(writer: asyncio.StreamWriter | None) -> None:
    if writer is not None:
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            return
