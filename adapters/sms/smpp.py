"""SMS over SMPP 3.4: `SmppCentre` hands messages to the operator; what comes in is taken by `adapters.sms.inbox`.

Knows no case and no wording: whoever calls has cut the text into parts. What an operator must grant us is in
`adapters/sms/README.md`.
"""

import asyncio
import hashlib
from collections.abc import Collection
from datetime import timedelta
from typing import Final, Self

from aiosmpplib.protocol import SubmitSm
from aiosmpplib.state import NPI, TON, OptionalParam, PhoneNumber

from adapters.errors import BadAnswer, Refused, Unavailable, Unclear
from adapters.gate import Gate
from adapters.in_a_row import InARow
from adapters.sms.link import SmppLink
from adapters.sms.pdu import TLV_OUR_KEY, UDHI, encode
from adapters.sms.port import OutgoingSms, SentPart
from adapters.sms.refusals import ABOUT_THE_MESSAGE, ABOUT_THE_NUMBER, IN_A_ROW
from adapters.sms.requests import Answer, NoAnswer, NotSent

SYSTEM: Final = "smsc"
_COME_AGAIN: Final = {
    "ESME_RTHROTTLED": "throttled",
    "ESME_RMSGQFUL": "queue_full",
    "ESME_RSYSERR": "system_error",
    "ESME_RX_T_APPN": "system_error",
}


class _Network:
    """The numbers that begin alike, as the centre reaches them."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.refused = InARow(IN_A_ROW)


class SmppCentre:
    """The transmitter, the port `SmsCentre`: one submit_sm a part, each answered before the next goes out."""

    def __init__(
        self,
        host: str,
        port: int,
        system_id: str,
        password: str,
        *,
        source: str = "1414",
        answer_within: timedelta = timedelta(seconds=10),
        throttle_pause: timedelta = timedelta(seconds=1),
        at_once: int = 32,
        gate: Gate | None = None,
        operator: str = SYSTEM,
        about_the_number: Collection[int] = (),
    ) -> None:
        """`operator`: whose centre it is, and so the ids that it gives; `about_the_number` are statuses of its own that
        say something of the number that is written to, and nothing of us.

        `at_once`: messages under way at a time. `throttle_pause`: what a throttled caller is told to wait.

        Raises ValueError for credentials that SMPP cannot carry: at most 8 characters of password.
        """
        self._link = SmppLink(host, port, system_id, password)
        self._source = PhoneNumber(source, TON.NETWORK_SPECIFIC, NPI.UNKNOWN)
        self._answer_within = answer_within
        self._throttle_pause = throttle_pause
        self._room = asyncio.Semaphore(at_once)
        self._gate = gate or Gate(SYSTEM)
        self._networks: dict[str, _Network] = {}
        self._operator = operator
        self._about_the_number = frozenset(about_the_number)
        self._anybody, self._anything = InARow(IN_A_ROW), InARow(IN_A_ROW)
        """Numbers, and messages, that the centre has refused since it last took one."""

    async def start(self) -> None:
        """Begins to bind and keeps bound; does not wait for the centre to be there."""
        await self._link.open()

    async def stop(self) -> None:
        """Unbinds and closes. Messages under way end as Unclear."""
        await self._link.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def bound(self) -> bool:
        """Whether messages can be sent now."""
        return self._link.bound

    async def wait_bound(self, within: timedelta) -> bool:
        """Waits until messages can be sent; False if not in time."""
        return await self._link.wait_bound(within)

    async def send(self, sms: OutgoingSms) -> tuple[SentPart, ...]:
        """Hands all parts over; one entry a part, in order.

        Repeating it under the same key is safe with an operator that honours our key. Raises Unavailable (nothing of
        this part left, or the centre said not now), Unclear (a part left and no answer came), Refused (the centre said
        no), BadAnswer (a yes without a message id), ValueError for parts that are no SMS.
        """
        reference = hashlib.sha256(sms.key.encode()).digest()[0]  # of the key, so that a repeated part fits the others
        coding, bodies = encode(sms.parts, reference)
        destination = PhoneNumber(sms.phone.removeprefix("+"), TON.INTERNATIONAL, NPI.ISDN)
        sent = []
        # A network without a route is shut alone: whoever is of another is reached.
        async with self._room, self._network(sms.phone).gate.passing(sms.phone):
            for number, body in enumerate(bodies, 1):
                message = SubmitSm(
                    short_message="-",  # never the text: aiosmpplib would show it; the body is set below
                    source=self._source,
                    destination=destination,
                    esm_class=UDHI if len(bodies) > 1 else 0,
                    registered_delivery=1,
                    encoding="ucs2" if coding else None,
                    optional_params=[OptionalParam(TLV_OUR_KEY, f"{sms.key}#{number}")],
                )
                message.set_encoded_message(body)
                taken = await self._hand_over(message, sms)
                sent.append(SentPart(number=number, smsc_message_id=taken, operator=self._operator))
        return tuple(sent)

    def _network(self, phone: str) -> "_Network":
        """By what an operator routes a number: +7 and the three digits of the network."""
        prefix = phone[:5]
        if prefix not in self._networks:
            self._networks[prefix] = _Network(self._gate.beside(prefix))
        return self._networks[prefix]

    async def _hand_over(self, message: SubmitSm, sms: OutgoingSms) -> str:
        try:
            answer = await self._link.ask(message, self._answer_within)
        except NotSent:
            raise Unavailable(SYSTEM, "not_bound", "no session with the SMS centre") from None
        except NoAnswer:
            raise Unclear(SYSTEM, "no_answer", "submit_sm was sent and not answered") from None
        if answer.status:
            raise self._refusal(answer, sms)
        if not answer.message_id:
            raise BadAnswer(SYSTEM, "no_message_id", "submit_sm was accepted without a message id")
        for refused in (self._network(sms.phone).refused, self._anybody, self._anything):
            refused.over()
        return answer.message_id

    def _refusal(self, answer: Answer, sms: OutgoingSms) -> Unavailable | Refused:
        if answer.name in _COME_AGAIN:
            return Unavailable(SYSTEM, _COME_AGAIN[answer.name], "submit_sm: not now", self._throttle_pause)
        if answer.name in ABOUT_THE_MESSAGE:
            if self._anything.one_more(sms.key):
                return Unavailable(SYSTEM, "nothing_taken", f"{IN_A_ROW} messages in a row are refused, and none taken")
            return Refused(SYSTEM, answer.name, "submit_sm was rejected", reason=answer.name)
        if answer.name in ABOUT_THE_NUMBER or answer.status in self._about_the_number:
            of_both = (self._network(sms.phone).refused, self._anybody)
            too_many = [numbers.one_more(sms.phone) for numbers in of_both]
            if not any(too_many):
                return Refused(SYSTEM, "ESME_RINVDSTADR", "submit_sm was rejected", reason=answer.name)
            return Unavailable(SYSTEM, "nobody_known", f"{IN_A_ROW} numbers in a row are refused, and none taken")
        # About us: our number, our account, our credit. It passes when somebody has mended it.
        return Unavailable(SYSTEM, answer.name, "the SMS centre refuses us")
