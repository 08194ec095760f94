"""camt.054.001.08: what the bank has booked on our account on a day: payments, reversals, returns with their reasons.

An entry with several transactions is as many lines; one without is a line itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO, Final

from adapters.bank_files.reading import (
    Leaves,
    amount_of,
    created,
    day_of,
    decimal_of,
    leaves,
    line_of,
    reason_of,
    same_count,
    same_sum,
    walk,
)
from adapters.bank_files.records import CURRENCY, FileRefused, Limits, Line, LineState, Rule, Waits

MESSAGE: Final = "camt.054.001.08"
NO_REFERENCE: Final = "NOTPROVIDED"


@dataclass(frozen=True)
class Ours:
    """Whose statement it must be: accounts (IBAN) that are ours at the bank with this BIC, and not of a day after
    `now`, which has the zone in which the bank writes its days."""

    accounts: frozenset[str] = field(repr=False)
    bic: str
    now: datetime


@dataclass(frozen=True)
class Statement:
    """A statement that was read and adds up. `debits` and `credits` are the sums of its entries, `count` its lines;
    `page` is followed by others unless it is the `last_page`."""

    message_id: str
    created_at: datetime
    page: int
    last_page: bool
    count: int
    debits: Decimal
    credits: Decimal
    _odd: "_Odd" = field(repr=False)
    _file: BinaryIO = field(repr=False)
    _ours: Ours = field(repr=False)
    _limits: Limits = field(repr=False)

    def lines(self) -> Iterator[Line]:
        """Every line, each understood or with the reason why it waits; read anew from the file, which stays open."""
        return _Reading(self._file, self._ours, self._limits, self._odd).lines()


def read_statement(file: BinaryIO, ours: Ours, limits: Limits | None = None) -> Statement:
    """Raises FileRefused. The file must be seekable."""
    limits = limits or Limits()
    reading = _Reading(file, ours, limits, _Odd())
    count = 0
    for _ in reading.lines():
        count += 1
    line, header = reading.header
    message_id, at = created(header, ours.now, line)
    if not reading.notifications:
        raise FileRefused(Rule.HEADER, line, "the file has no Ntfctn")
    return Statement(
        message_id=message_id,
        created_at=at,
        page=int(header["MsgPgntn/PgNb"]) if header.get("MsgPgntn/PgNb", "").isdigit() else 1,
        last_page=header.get("MsgPgntn/LastPgInd", "true") in ("true", "1"),
        count=count,
        debits=reading.debits,
        credits=reading.credits,
        _odd=reading.found,
        _file=file,
        _ours=ours,
        _limits=limits,
    )


@dataclass(frozen=True)
class _Odd:
    """Entries, counted from 1, of which only their end says something of their transactions: that they do not add up
    to them, or that the one without an amount is the only one."""

    other_sum: set[int] = field(default_factory=set)
    alone: set[int] = field(default_factory=set)


class _Reading:
    """One way through the file, and what was found on it; `known` is what an earlier way has found."""

    def __init__(self, file: BinaryIO, ours: Ours, limits: Limits, known: _Odd) -> None:
        self._file, self._ours, self._limits, self._known = file, ours, limits, known
        self.header: tuple[int, Leaves] = (1, {})
        self.notifications = 0
        self.found = _Odd()
        self.debits = self.credits = Decimal(0)
        self._entries, self._numbers = 0, 0
        self._seen: set[int] = set()

    def lines(self) -> Iterator[Line]:
        notification: _Notification | None = None
        entry: _Entry | None = None
        for event, name, element in walk(self._file, MESSAGE, ("GrpHdr", "Ntfctn"), ("Ntry", "TxDtls"), self._limits):
            if name == "GrpHdr":
                if event == "end":
                    self.header = line_of(element), leaves(element)
            elif name == "Ntfctn":
                if event == "start":
                    notification, self.notifications = None, self.notifications + 1
                else:
                    (notification or _Notification(line_of(element), leaves(element), self._ours)).check()
            elif name == "Ntry" and event == "start":
                if notification is None:
                    # What stands before the first entry is whole now.
                    above = element.getparent()
                    said = {} if above is None else leaves(above, without="Ntry")
                    notification = _Notification(line_of(element), said, self._ours)
                self._entries, entry = self._entries + 1, None
            elif event == "end":
                whole = element if name == "Ntry" else next(element.iterancestors(element.tag[:-6] + "Ntry"))
                if entry is None:
                    entry = _Entry(line_of(whole), leaves(whole, without="NtryDtls"), self._ours)
                if name == "TxDtls":
                    yield self._line(entry, leaves(element), line_of(element))
                    continue
                if not entry.transactions:
                    yield self._line(entry, {}, entry.line)
                self._over(entry, notification)

    def _over(self, entry: "_Entry", notification: "_Notification | None") -> None:
        """What can be said of an entry at its end."""
        if entry.transactions == entry.unread == 1:
            self.found.alone.add(self._entries)
        elif entry.transactions and not entry.unread and entry.summed != entry.amount:
            self.found.other_sum.add(self._entries)
        if notification is not None:
            notification.add(entry)
        if entry.debit:
            self.debits += entry.amount or 0
        else:
            self.credits += entry.amount or 0

    def _line(self, entry: "_Entry", texts: Leaves, line: int) -> Line:
        self._numbers += 1
        if self._numbers > self._limits.lines:
            raise FileRefused(Rule.LINES, line, f"more than {self._limits.lines} lines")
        amount = entry.add(texts, line)
        if amount is None and self._entries in self._known.alone:
            amount = entry.amount
        reason, words = reason_of(texts, "RtrInf/")
        state, waits = entry.state(texts.get("CdtDbtInd"), reason)
        reference = texts.get("Refs/EndToEndId")
        ordered = amount_of(texts, "AmtDtls/InstdAmt/Amt", line)
        said = hash((reference, state))  # were two ever the same, a person would look at one line too many
        if not reference or reference == NO_REFERENCE:
            waits, reference = Waits.NO_REFERENCE, None
        elif said in self._seen:
            waits = Waits.DOUBLED
        elif waits is None and amount is None:
            waits = Waits.NO_AMOUNT
        elif waits is None and ordered not in (None, amount):
            waits = Waits.PARTIAL
        elif waits is None and self._entries in self._known.other_sum:
            waits = Waits.OTHER_SUM
        self._seen.add(said)
        return Line(
            number=self._numbers,
            state=state,
            end_to_end_id=reference,
            amount=amount,
            reason_code=reason,
            bank_reference=texts.get("Refs/AcctSvcrRef") or entry.reference,
            booked_on=entry.booked_on,
            waits=waits,
            name=texts.get("RltdPties/Cdtr/Pty/Nm"),
            text=texts.get("RmtInf/Ustrd") or words or texts.get("AddtlTxInf") or entry.text,
        )


class _Entry:
    """What all transactions of an entry share."""

    def __init__(self, line: int, texts: Leaves, ours: Ours) -> None:
        self.line = line
        self.amount = amount_of(texts, "Amt", line)
        self._status, self._indicator = texts.get("Sts/Cd"), texts.get("CdtDbtInd")
        self.debit = self._indicator == "DBIT"
        self._reversal = texts.get("RvslInd") in ("true", "1")
        self.booked_on: date | None = day_of(texts.get("BookgDt/Dt") or texts.get("BookgDt/DtTm"))
        if self.booked_on is not None and self.booked_on > ours.now.date():
            raise FileRefused(Rule.FUTURE, line, "BookgDt is a day to come")
        self.reference, self.text = texts.get("AcctSvcrRef"), texts.get("AddtlNtryInf")
        self.transactions = self.unread = 0
        self.summed = Decimal(0)

    def add(self, texts: Leaves, line: int) -> Decimal | None:
        """The amount of one transaction; of an entry without any, the entry's."""
        if not texts:
            return self.amount
        self.transactions += 1
        amount = amount_of(texts, "Amt", line)
        self.unread += amount is None
        self.summed += amount or 0
        return amount

    def state(self, indicator: str | None, reason: str | None) -> tuple[LineState | None, Waits | None]:
        """What the line says became of the payment, or why nobody knows."""
        one_side = self._indicator in ("DBIT", "CRDT") and indicator in (None, self._indicator)
        undone = self._reversal or reason is not None
        if one_side and self._status == "PDNG" and self.debit and not undone:
            return LineState.PENDING, None
        if not one_side or self._status != "BOOK":
            return None, Waits.UNKNOWN_STATUS
        if self.debit:
            return (None, Waits.REVERSED_CREDIT) if undone else (LineState.SETTLED, None)
        if reason is None:
            return (LineState.RETURNED, Waits.NO_REASON) if self._reversal else (None, Waits.UNKNOWN_CREDIT)
        return LineState.RETURNED, None


class _Notification:
    """One account's part: whose it is, and whether its summary is what its entries are."""

    def __init__(self, line: int, texts: Leaves, ours: Ours) -> None:
        self._line, self._texts = line, texts
        if texts.get("Acct/Ccy", CURRENCY) != CURRENCY:
            raise FileRefused(Rule.CURRENCY, line, f"Acct/Ccy is not {CURRENCY}")
        if texts.get("Acct/Id/IBAN") not in ours.accounts:
            raise FileRefused(Rule.ACCOUNT, line, "Acct/Id is no account of ours")
        if texts.get("Acct/Svcr/FinInstnId/BICFI", ours.bic) != ours.bic:
            raise FileRefused(Rule.BANK, line, "Acct/Svcr is another bank")
        for way in ("NbOfNtries", "Sum"):
            if f"TxsSummry/TtlNtries/{way}" not in texts:
                raise FileRefused(Rule.HEADER, line, f"TxsSummry/TtlNtries needs {way}")
        self._counts = {"DBIT": 0, "CRDT": 0, "": 0}
        self._sums = {"DBIT": Decimal(0), "CRDT": Decimal(0), "": Decimal(0)}

    def add(self, entry: _Entry) -> None:
        for kind in ("", "DBIT" if entry.debit else "CRDT"):
            self._counts[kind] += 1
            self._sums[kind] += entry.amount or 0

    def check(self) -> None:
        for part, kind in (("TtlNtries", ""), ("TtlCdtNtries", "CRDT"), ("TtlDbtNtries", "DBIT")):
            same_count(self._texts, f"TxsSummry/{part}/NbOfNtries", self._counts[kind], self._line)
            same_sum(self._texts, f"TxsSummry/{part}/Sum", self._sums[kind], self._line)
        net = decimal_of(self._texts.get("TxsSummry/TtlNtries/TtlNetNtry/Amt"))
        if net is not None and net != abs(self._sums["CRDT"] - self._sums["DBIT"]):
            raise FileRefused(Rule.CONTROL_SUM, self._line, "TtlNetNtry is not what the lines add up to")
