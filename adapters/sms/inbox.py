"""What comes in over SMPP 3.4: persons' SMS, joined from their parts, and delivery receipts.

Matches no receipt to a message: that is done in the database by the centre's message id.
"""

import asyncio
import hashlib
import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field

from adapters.records import Phone, Record
from adapters.sms.join import Joiner, LongSms
from adapters.sms.link import SmppLink
from adapters.sms.pdu import Delivery, ReceiptState, read_delivery, read_receipt, whole

log = logging.getLogger(__name__)


HELD_OF_ONE = 4
"""So many unfinished messages of one phone keep the centre waiting for their other parts. The receiver has few places,
and one phone that begins messages and ends none took them all: everybody's answers came late."""


class IncomingSms(Record):
    """A person's SMS. `external_id` stays the same however often it is delivered; without all parts not `complete`."""

    external_id: Annotated[str, Field(min_length=1)]
    phone: Phone
    text: Annotated[str, Field(repr=False)]
    received_at: AwareDatetime
    complete: bool = True


class Receipt(Record):
    """What became of one part that was sent. `at` is the centre's time, never later than ours."""

    smsc_message_id: Annotated[str, Field(min_length=1)]
    state: ReceiptState
    at: AwareDatetime

    @property
    def final(self) -> bool:
        """Whether the state will not change any more."""
        return self.state not in (ReceiptState.ENROUTE, ReceiptState.ACCEPTED, ReceiptState.UNKNOWN)


OnSms = Callable[[IncomingSms], Awaitable[None]]
OnReceipt = Callable[[Receipt], Awaitable[None]]


class SmppInbox:
    """The receiver. What it hands on must be stored when the callback returns: then the centre is told to forget it.

    A callback that raises leaves the message with the centre, which brings it again; so both callbacks see some
    messages twice and must tell them by id.
    """

    def __init__(
        self,
        host: str,
        port: int,
        system_id: str,
        password: str,
        *,
        on_sms: OnSms,
        on_receipt: OnReceipt,
        zone: tzinfo = ZoneInfo("Asia/Almaty"),  # noqa: B008 - a constant
        hold: timedelta = timedelta(seconds=2),
        join_within: timedelta = timedelta(minutes=2),
        most_unfinished: int = 1000,
    ) -> None:
        """`zone`: of the dates in receipts. `hold`: how long a part waits unacknowledged for the others (a centre that
        sends one at a time needs the acknowledgement first). `join_within`: after that a message goes on with gaps.
        """
        self._link = SmppLink(host, port, system_id, password, on_delivery=self._take)
        self._on_sms, self._on_receipt = on_sms, on_receipt
        self._secret = password.encode()
        self._zone, self._hold, self._join_within = zone, hold, join_within
        self._joiner = Joiner(most_unfinished)
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to bind and keeps bound; does not wait for the centre to be there."""
        await self._link.open()
        self._sweeping = self._sweeping or asyncio.create_task(self._sweep(), name="smpp unfinished messages")

    async def stop(self) -> None:
        """Finishes what is in work, hands on what only we have, unbinds and closes."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
            self._sweeping = None
        await self._link.close()
        await self._hand_on([message for message in self._joiner.all() if message.acknowledged])

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def bound(self) -> bool:
        """Whether replies and receipts can reach us now."""
        return self._link.bound

    async def wait_bound(self, within: timedelta) -> bool:
        """Waits until replies and receipts can reach us; False if not in time."""
        return await self._link.wait_bound(within)

    async def _take(self, pdu: bytes) -> None:
        now = datetime.now(UTC)
        delivery = read_delivery(pdu)
        if delivery.is_receipt:
            message_id, state, at = read_receipt(delivery, self._zone, now)
            await self._on_receipt(Receipt(smsc_message_id=message_id, state=state, at=at))
        elif delivery.part is None:
            await self._store(delivery, whole([delivery.text]), now)
        else:
            await self._take_part(self._joiner.add(delivery, now))

    async def _take_part(self, message: LongSms) -> None:
        if message.complete:
            await self._store(message.first, message.text, message.since)
            self._joiner.drop(message)
            message.stored.set()
            return
        held = self._hold.total_seconds() if self._joiner.of_sender(message) <= HELD_OF_ONE else 0.0
        try:
            await asyncio.wait_for(message.stored.wait(), held)
        except TimeoutError:
            message.acknowledged = True

    async def _store(self, first: Delivery, text: str, at: datetime, *, complete: bool = True) -> None:
        phone = _phone(first.source)
        if phone is None:
            log.warning("smpp: an SMS from a sender that is no telephone number was dropped")
            return
        external_id = first.id or self._made_id(phone, text, at)
        sms = IncomingSms(external_id=external_id, phone=phone, text=text, received_at=at, complete=complete)
        await self._on_sms(sms)

    def _made_id(self, phone: str, text: str, at: datetime) -> str:
        """For an operator that sends no id: the same for the same text from the same phone within a minute.

        Keyed with the password, so that the phone cannot be found by trying all numbers.
        """
        said = f"{phone}\0{text}\0{at:%Y%m%d%H%M}".encode()
        return "made-" + hmac.new(self._secret, said, hashlib.sha256).hexdigest()[:32]

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._join_within.total_seconds() / 4))
            await self._hand_on(self._joiner.overdue(datetime.now(UTC) - self._join_within))

    async def _hand_on(self, messages: list[LongSms]) -> None:
        """Messages that stay incomplete: better a text with gaps, which is asked again, than none."""
        for message in messages:
            try:
                await self._store(message.first, message.text, message.since, complete=False)
            except Exception as error:  # stays, and is tried again at the next sweep
                log.warning("smpp: an incomplete SMS was not stored, %s", type(error).__name__)
            else:
                self._joiner.drop(message)
                message.stored.set()


def _phone(source: str) -> str | None:
    """E.164 of a sender's address: 77011234567, +77011234567, 87011234567 or 7011234567."""
    digits = source.removeprefix("+")
    if not re.fullmatch(r"[0-9]{7,15}", digits):
        return None
    if len(digits) == 11 and digits.startswith("8"):
        digits = "7" + digits[1:]
    elif len(digits) == 10 and digits.startswith("7"):
        digits = "7" + digits
    return "+" + digits if digits[0] != "0" else None
