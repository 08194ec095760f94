"""The SMS centre itself: takes submit_sm, brings messages to handsets, sends receipts and replies to the receiver.

SMPP is smpp34's, behind `wire`; storage is `book`'s. A message is answered after it is stored, a delivery is forgotten
after it is acknowledged, so that nothing is lost when either side dies.
"""

import asyncio
import contextlib
import json
import socket
import sqlite3
from collections.abc import Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import smpp34

from stubs.smsc import alphabet
from stubs.smsc.book import Accepted, Book, KeyReused, Plan
from stubs.smsc.faults import (
    Down,
    Faults,
    NoReceipt,
    OtherReceipt,
    ReceiptTwice,
    Reject,
    ReplyTwice,
    RuleSet,
    SmsBehaviour,
    Throttle,
    TimeoutAfterActing,
)
from stubs.smsc.wire import DOOMED, REFUSED, Wire

TLV_RECEIPTED_ID = 0x001E
TLV_STATE = 0x0427
TLV_KEY = 0x1501
TLV_REPLY_ID = 0x1502
_BAD_LENGTH, _QUEUE_FULL, _THROTTLED = 0x01, 0x14, 0x58
RECEIPT_AFTER = 0.05
_STATES = {
    "ENROUTE": 1,
    "DELIVRD": 2,
    "EXPIRED": 3,
    "DELETED": 4,
    "UNDELIV": 5,
    "ACCEPTD": 6,
    "UNKNOWN": 7,
    "REJECTD": 8,
}
_KEY_REUSED = 0xC4  # ESME_RINVOPTPARAMVAL
_PATIENCE = 10.0
_AT_ONCE = 64
_SETTLE = 0.1


class Centre:
    """An SMS centre on an SMPP port of its own, with storage in `data` (":memory:" for none)."""

    def __init__(
        self, data: Path | str, smpp_port: int = 0, *, host: str = "127.0.0.1", password: str | None = None
    ) -> None:
        self.book = Book(data)
        self.faults = Faults()
        self._inner_port = _free_port()
        self.wire = Wire(host, smpp_port, self._inner_port, password)
        self._server: smpp34.Server | None = None
        self._receivers: list[smpp34.Esme] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._silent: list[smpp34.SubmitSmEvent] = []
        self._in_flight: set[int] = set()
        self._wake = asyncio.Event()
        self._reference = 0
        for row in self.book.store.all("SELECT phone, behaviour FROM phones"):
            self.faults.of_phone(row["phone"], SmsBehaviour.model_validate_json(row["behaviour"]).faults)

    @property
    def smpp_port(self) -> int:
        """The TCP port for SMPP, known after `start`."""
        return self.wire.port

    async def start(self) -> None:
        """Opens the SMPP port and begins to deliver what is still to be delivered."""
        self._server = smpp34.Server("127.0.0.1", self._inner_port, system_id="demeu-smsc")
        await self._server.start()
        await self.wire.start()
        self._spawn(self._listen(self._server))
        self._spawn(self._deliver_due())
        for message, plan in self.book.unfinished():
            self._spawn(self._bring(message, plan))

    async def stop(self) -> None:
        """Cuts every session. What was not acknowledged stays in the book."""
        await self.wire.stop()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.stop()
        self._receivers.clear()
        self._silent.clear()
        self.book.close()
        # smpp34's threads let go of what was cancelled a moment later; an interpreter that ends before that crashes.
        await asyncio.sleep(_SETTLE)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ── messages to people ──────────────────────────────────────────────────────────────────────────────────────────

    async def _listen(self, server: smpp34.Server) -> None:
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                if event.can_receive:
                    self._receivers.append(event)
                    self._wake.set()
            elif isinstance(event, smpp34.Unbound):
                self._receivers = [one for one in self._receivers if one.session_id != event.session_id]
            else:
                self._spawn(self._take(event))

    async def _take(self, event: smpp34.SubmitSmEvent) -> None:
        phone = "+" + event.destination_addr.removeprefix("+")
        key = next((tlv.value.decode("ascii", "replace") for tlv in event.tlvs if tlv.tag == TLV_KEY), None)
        if key is not None:
            self.book.store.count_arrival(key)
        await asyncio.sleep(self.faults.latency(phone, key))
        fault = self.faults.draw(phone, key, Throttle, Reject, TimeoutAfterActing)
        if isinstance(fault, Throttle):
            event.reject(_QUEUE_FULL if fault.queue_full else _THROTTLED)
            return
        if isinstance(fault, Reject):
            event.accept(f"{REFUSED}{fault.status:x}")
            return
        try:
            piece = alphabet.read(event.esm_class, event.data_coding, bytes(event.short_message))
            accepted = self.book.take_part(phone, event.source_addr, key, piece, self._plan(phone, key, piece.number))
        except alphabet.Unreadable:
            event.reject(_BAD_LENGTH)
            return
        except KeyReused:
            if key is not None:
                self.book.store.count_conflict(key)
            event.reject(_KEY_REUSED)
            return
        if accepted.new:
            self._plan_receipts(phone, event, accepted)
        elif key is not None:
            self.book.store.count_replay(key)
        if not isinstance(fault, TimeoutAfterActing):
            event.accept(accepted.smsc_message_id)
        elif fault.silent:
            self._silent.append(event)  # dropping it would answer it
        else:
            event.accept(DOOMED + accepted.smsc_message_id)

    def _plan(self, phone: str, key: str | None, number: int) -> Plan:
        """What shall become of a message, decided with its first part."""
        said = self.book.behaviour(phone)
        behaviour = SmsBehaviour.model_validate_json(said) if said else SmsBehaviour()
        receipt = None if behaviour.receipt == "none" else behaviour.receipt
        after = behaviour.receipt_after_seconds
        times = 1
        fault = self.faults.draw(phone, key, NoReceipt, OtherReceipt, ReceiptTwice) if number == 1 else None
        if isinstance(fault, NoReceipt):
            receipt = None
        elif isinstance(fault, OtherReceipt):
            receipt, after = fault.state, fault.after_seconds if fault.after_seconds is not None else after
        elif isinstance(fault, ReceiptTwice):
            times = 2
        return Plan(receipt, RECEIPT_AFTER if after is None else after, times)

    def _plan_receipts(self, phone: str, event: smpp34.SubmitSmEvent, accepted: Accepted) -> None:
        plan = accepted.plan
        if accepted.complete:
            self._spawn(self._bring(accepted.message, plan))
        if plan.receipt is None or not event.registered_delivery & 1:
            return
        now = f"{datetime.now(ZoneInfo('Asia/Almaty')):%y%m%d%H%M}"
        words = (
            f"id:{accepted.smsc_message_id} sub:001 dlvrd:{int(plan.receipt == 'DELIVRD'):03d}"
            f" submit date:{now} done date:{now} stat:{plan.receipt} err:000 text:"
        )
        tlvs = [
            (TLV_RECEIPTED_ID, accepted.smsc_message_id.encode() + b"\0"),
            (TLV_STATE, bytes([_STATES[plan.receipt]])),
        ]
        receipt = _deliver_sm(phone, event.source_addr, alphabet.Pdu(0, 0x04, words.encode(), tuple(tlvs)))
        for _ in range(plan.times):
            self.book.plan_delivery(receipt, plan.after_seconds)
        self._wake.set()

    async def _bring(self, message: int, plan: Plan) -> None:
        await asyncio.sleep(plan.after_seconds)
        self.book.finish(message, plan.outcome)

    # ── to the receiver ─────────────────────────────────────────────────────────────────────────────────────────────

    def reply(self, phone: str, text: str, external_id: str | None, form: alphabet.Form, to: str = "1414") -> str:
        """The person answers. Returns the operator's id of the message; an empty `external_id` sends none along."""
        made = f"mo-{uuid4().hex[:16]}" if external_id is None else external_id
        self._reference = self._reference % 0xFFFF + 1
        pdus = alphabet.write(text, self._reference, form)
        times = 2 if self.faults.draw(phone, None, ReplyTwice) else 1
        kept = self.book.keep_reply(made, phone, text, len(pdus) * times)
        for pdu in pdus * times:
            tlvs = (*pdu.tlvs, (TLV_REPLY_ID, made.encode())) if made else pdu.tlvs
            sent = alphabet.Pdu(pdu.coding, pdu.esm_class, pdu.body, tlvs)
            self.book.plan_delivery(_deliver_sm(phone, to, sent), reply=kept)
        self._wake.set()
        return made

    async def _deliver_due(self) -> None:
        while True:
            self._wake.clear()
            if self._receivers:
                for row in self.book.due(_AT_ONCE - len(self._in_flight), self._in_flight):
                    self._in_flight.add(row["id"])
                    self._spawn(self._deliver(row))
            pause = self.book.next_due(self._in_flight) if self._receivers and len(self._in_flight) < _AT_ONCE else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)

    async def _deliver(self, row: sqlite3.Row) -> None:
        receiver = self._receivers[-1] if self._receivers else None
        try:
            if receiver is None:
                raise ConnectionError
            wanted = json.loads(row["deliver"])
            tlvs = [smpp34.Tlv(tag, bytes.fromhex(value)) for tag, value in wanted.pop("tlvs")]
            wanted["short_message"] = bytes.fromhex(wanted["short_message"])
            answer = await asyncio.wait_for(receiver.deliver_sm(**wanted, tlvs=tlvs), _PATIENCE)
            if not answer.is_success:
                raise ConnectionError
        except (smpp34.SmppError, OSError, TimeoutError):
            if receiver in self._receivers:  # the others first, the next time
                self._receivers.remove(receiver)
                self._receivers.insert(0, receiver)
            self.book.postpone(row["id"], min(0.2 * 2 ** row["attempts"], 2.0))
        else:
            self.book.delivered(row["id"], row["reply"])
        finally:
            self._in_flight.discard(row["id"])
            self._wake.set()

    # ── steering ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def misbehave(self, rules: RuleSet) -> None:
        """Sets the administrator's rules anew; a `down` among them begins now."""
        self.faults.replace(rules)
        for rule in rules.rules:
            if isinstance(rule, Down):
                self._receivers.clear()
                await self.wire.down(rule.seconds)

    def know(self, phone: str, behaviour: SmsBehaviour) -> None:
        """A phone of the cast."""
        self.book.keep_phone(phone, behaviour.model_dump_json())
        self.faults.of_phone(phone, behaviour.faults)

    def forget(self) -> None:
        """Everything that was ever sent, written or set."""
        self.book.store.forget()
        self.faults.clear()


def _deliver_sm(phone: str, to: str, pdu: alphabet.Pdu) -> dict[str, Any]:
    return {
        "destination_addr": to,
        "short_message": pdu.body.hex(),
        "source_addr": phone.removeprefix("+"),
        "source_addr_ton": 1,
        "source_addr_npi": 1,
        "esm_class": pdu.esm_class,
        "data_coding": pdu.coding,
        "tlvs": [(tag, value.hex()) for tag, value in pdu.tlvs],
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
