"""pain.002.001.10: what the bank says of a file that it was sent, whole and payment by payment."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO, Final

from adapters.bank_files.reading import (
    Leaves,
    amount_of,
    created,
    day_of,
    leaves,
    line_of,
    reason_of,
    same_count,
    same_sum,
    walk,
)
from adapters.bank_files.records import FileRefused, Head, Limits, Line, LineState, Rule, Waits

MESSAGE: Final = "pain.002.001.10"
STATES: Final = {
    **dict.fromkeys(("ACSC", "ACCC"), LineState.SETTLED),
    **dict.fromkeys(("RJCT", "CANC"), LineState.REJECTED),
    **dict.fromkeys(("RCVD", "PDNG", "ACTC", "ACCP", "ACFC", "ACSP", "ACWP", "PATC"), LineState.PENDING),
}
"""ExternalPaymentTransactionStatus1Code. Any other (accepted with a change, blocked) waits for a person."""


class FileState(StrEnum):
    """What became of the whole file: of payments that no line names, unless it is PARTLY."""

    PENDING = "pending"
    SETTLED = "settled"
    REJECTED = "rejected"
    PARTLY = "partly"


@dataclass(frozen=True)
class StatusReport:
    """A report that was read and adds up. `reason_code` is the whole file's; `count` the lines that it has."""

    message_id: str
    created_at: datetime
    original_message_id: str
    state: FileState
    reason_code: str | None
    count: int
    _file: BinaryIO = field(repr=False)
    _limits: Limits = field(repr=False)

    def lines(self) -> Iterator[Line]:
        """Every line, each understood or with the reason why it waits; read anew from the file, which stays open."""
        return _Reading(self._file, self._limits).lines()


def read_report(file: BinaryIO, sent: Head, now: datetime, limits: Limits | None = None) -> StatusReport:
    """The report on the file with this head; `now` with the zone in which the bank writes its days.

    Raises FileRefused. The file must be seekable.
    """
    limits = limits or Limits()
    reading = _Reading(file, limits)
    count = 0
    for _ in reading.lines():
        count += 1
    line, header = reading.header
    message_id, at = created(header, now, line)
    line, original = reading.original
    if original.get("OrgnlMsgId") != sent.message_id:
        raise FileRefused(Rule.OTHER_FILE, line, "OrgnlMsgId is not that of the file that was sent")
    same_count(original, "OrgnlNbOfTxs", sent.count, line)
    same_sum(original, "OrgnlCtrlSum", sent.total, line)
    for status, (number, total) in reading.declared.items():
        if status in reading.counted:
            if number != reading.counted[status]:
                raise FileRefused(Rule.COUNT, line, "DtldNbOfTxs is not what the file has of this DtldSts")
            if total is not None and status not in reading.without_amount and total != reading.summed[status]:
                raise FileRefused(Rule.CONTROL_SUM, line, "DtldCtrlSum is not what the lines of its DtldSts add up to")
    whole = original.get("GrpSts") or reading.payment_status
    if whole is None and not count:
        raise FileRefused(Rule.HEADER, line, "neither the file nor any payment has a status")
    known = STATES.get(whole or "")
    state = FileState.PARTLY if known is None else FileState(known.value)
    return StatusReport(message_id, at, sent.message_id, state, reading.reason, count, file, limits)


class _Reading:
    """One way through the file, and what was counted on it."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file, self._limits = file, limits
        self.header: tuple[int, Leaves] = (1, {})
        self.original: tuple[int, Leaves] = (1, {})
        self.payment_status: str | None = None
        self.reason: str | None = None
        self.declared: dict[str, tuple[int, Decimal | None]] = {}
        self.counted: dict[str, int] = defaultdict(int)
        self.summed: dict[str, Decimal] = defaultdict(Decimal)
        self.without_amount: set[str] = set()
        self._seen: set[int] = set()

    def lines(self) -> Iterator[Line]:
        number = 0
        names = ("GrpHdr", "OrgnlGrpInfAndSts", "PmtInfSts", "StsRsnInf", "NbOfTxsPerSts")
        for event, name, element in walk(self._file, MESSAGE, names, ("TxInfAndSts",), self._limits):
            if event == "start":
                continue
            if name == "TxInfAndSts":
                number += 1
                if number > self._limits.lines:
                    raise FileRefused(Rule.LINES, line_of(element), f"more than {self._limits.lines} lines")
                yield self._line(number, line_of(element), leaves(element))
            elif name == "GrpHdr":
                self.header = line_of(element), leaves(element)
            elif name == "OrgnlGrpInfAndSts":
                self.original = line_of(element), leaves(element)
            elif name == "PmtInfSts":
                self.payment_status = element.text
            elif name == "StsRsnInf":
                above = element.getparent()
                if above is not None and not above.tag.endswith("}TxInfAndSts"):
                    self.reason = self.reason or reason_of(leaves(element))[0]
            else:
                said = leaves(element)
                if said.get("DtldNbOfTxs", "").isdigit():
                    total = amount_of(said, "DtldCtrlSum", line_of(element))
                    self.declared[said.get("DtldSts", "")] = int(said["DtldNbOfTxs"]), total

    def _line(self, number: int, line: int, texts: Leaves) -> Line:
        status = texts.get("TxSts", "")
        state = STATES.get(status)
        amount = amount_of(texts, "OrgnlTxRef/Amt/InstdAmt", line)
        reason, words = reason_of(texts, "StsRsnInf/")
        reference = texts.get("OrgnlEndToEndId")
        self.counted[status] += 1
        self.summed[status] += amount or 0
        if amount is None:
            self.without_amount.add(status)
        same = hash(reference)
        waits = None
        if not reference or reference == "NOTPROVIDED":
            waits = Waits.NO_REFERENCE
        elif same in self._seen:
            waits = Waits.DOUBLED
        elif state is None:
            waits = Waits.UNKNOWN_STATUS
        elif state is LineState.REJECTED and reason is None:
            waits = Waits.NO_REASON
        self._seen.add(same)
        return Line(
            number=number,
            state=state,
            end_to_end_id=reference,
            amount=amount,
            reason_code=reason,
            bank_reference=texts.get("AcctSvcrRef"),
            booked_on=day_of(texts.get("FctvIntrBkSttlmDt/Dt") or texts.get("AccptncDtTm")),
            waits=waits,
            text=words,
        )
