"""The files of the bank's stub as XML: pain.001 as it reads it, pain.002 and camt.054 as it writes them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from lxml import etree

_Element = etree._Element
_NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"


class NoSuchFile(ValueError):
    """The rule that a file breaks."""


@dataclass(frozen=True)
class Wish:
    """One transfer of a pain.001, as it stands there."""

    end_to_end_id: str
    amount: str
    currency: str
    iban: str
    iin: str
    name: str
    purpose: str


@dataclass(frozen=True)
class Batch:
    """A pain.001."""

    message_id: str
    count: str
    control_sum: str
    day: date
    payer: str
    bic: str
    wishes: tuple[Wish, ...]


def read_batch(raw: bytes) -> Batch:
    """Raises NoSuchFile."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError:
        raise NoSuchFile("no XML") from None
    if _doctype(root):
        raise NoSuchFile("no document type is taken")
    spaces = {"n": f"{_NAMESPACE}pain.001.001.09"}

    def text(of: _Element, *way: str) -> str:
        return of.findtext("/".join(f"n:{name}" for name in way), "", spaces)

    group = root.find("n:CstmrCdtTrfInitn/n:GrpHdr", spaces)
    payment = root.find("n:CstmrCdtTrfInitn/n:PmtInf", spaces)
    if group is None or payment is None:
        raise NoSuchFile("no pain.001.001.09 with one PmtInf")
    try:
        day = date.fromisoformat(text(payment, "ReqdExctnDt", "Dt"))
    except ValueError:
        raise NoSuchFile("ReqdExctnDt/Dt is needed") from None
    wishes = []
    for one in payment.iterfind("n:CdtTrfTxInf", spaces):
        amount = one.find("n:Amt/n:InstdAmt", spaces)
        wishes.append(
            Wish(
                end_to_end_id=text(one, "PmtId", "EndToEndId"),
                amount="" if amount is None else amount.text or "",
                currency="" if amount is None else amount.get("Ccy", ""),
                iban=text(one, "CdtrAcct", "Id", "IBAN"),
                iin=text(one, "Cdtr", "Id", "PrvtId", "Othr", "Id"),
                name=text(one, "Cdtr", "Nm"),
                purpose=text(one, "Purp", "Prtry"),
            )
        )
    return Batch(
        message_id=text(group, "MsgId"),
        count=text(group, "NbOfTxs"),
        control_sum=text(group, "CtrlSum"),
        day=day,
        payer=text(payment, "DbtrAcct", "Id", "IBAN"),
        bic=text(payment, "DbtrAgt", "FinInstnId", "BICFI"),
        wishes=tuple(wishes),
    )


def _doctype(root: _Element) -> str:
    about: Any = root.getroottree().docinfo
    return str(about.doctype)


def _default(space: str) -> Any:
    """The namespace without a prefix."""
    return {None: space}


class _Writer:
    """Elements of one message."""

    def __init__(self, message: str, body: str) -> None:
        self._space = f"{_NAMESPACE}{message}"
        self.root = etree.Element(self._tag("Document"), nsmap=_default(self._space))
        self.body = self.put(self.root, body)

    def _tag(self, name: str) -> str:
        return f"{{{self._space}}}{name}"

    def put(self, parent: _Element, way: str, text: object = None, **attributes: str) -> _Element:
        """New elements along a way; the last holds the text."""
        for name in way.split("/"):
            parent = etree.SubElement(parent, self._tag(name), None, None)
        parent.text = None if text is None else str(text)
        for name, value in attributes.items():
            parent.set(name, value)
        return parent

    def bytes(self) -> bytes:
        out = BytesIO()
        etree.ElementTree(self.root).write(out, xml_declaration=True, encoding="UTF-8")
        return out.getvalue()


@dataclass(frozen=True)
class Status:
    """What became of one transfer of a file: a code of ISO 20022, and the reason of a rejection."""

    end_to_end_id: str
    code: str
    amount: str
    reference: str
    reason: str | None = None


def write_report(
    message_id: str, at: datetime, about: Batch | Any, group: str, reason: str | None, states: Iterable[Status]
) -> bytes:
    """pain.002.001.10 about a file with message_id, count and control_sum."""
    to = _Writer("pain.002.001.10", "CstmrPmtStsRpt")
    header = to.put(to.body, "GrpHdr")
    to.put(header, "MsgId", message_id)
    to.put(header, "CreDtTm", at.isoformat(timespec="seconds"))
    original = to.put(to.body, "OrgnlGrpInfAndSts")
    to.put(original, "OrgnlMsgId", about.message_id)
    to.put(original, "OrgnlMsgNmId", "pain.001.001.09")
    to.put(original, "OrgnlNbOfTxs", about.count)
    to.put(original, "OrgnlCtrlSum", about.control_sum)
    to.put(original, "GrpSts", group)
    if reason is not None:
        to.put(original, "StsRsnInf/Rsn/Cd", reason)
    payment: _Element | None = None
    for number, state in enumerate(states, 1):
        if payment is None:
            payment = to.put(to.body, "OrgnlPmtInfAndSts")
            to.put(payment, "OrgnlPmtInfId", about.message_id)
        line = to.put(payment, "TxInfAndSts")
        to.put(line, "StsId", number)
        to.put(line, "OrgnlEndToEndId", state.end_to_end_id)
        to.put(line, "TxSts", state.code)
        if state.reason is not None:
            to.put(line, "StsRsnInf/Rsn/Cd", state.reason)
        to.put(line, "AcctSvcrRef", state.reference)
        to.put(line, "OrgnlTxRef/Amt/InstdAmt", state.amount, Ccy="KZT")
    return to.bytes()


@dataclass(frozen=True)
class Entry:
    """One entry of a statement. `back`: the money of an earlier one has come back, for `reason`; `ordered`: the amount
    that was asked for, where another was booked."""

    end_to_end_id: str
    amount: Decimal
    reference: str
    day: str
    name: str = ""
    back: bool = False
    reason: str | None = None
    pending: bool = False
    ordered: Decimal | None = None


def write_statement(
    message_id: str,
    at: datetime,
    account: str,
    bic: str | None,
    entries: Iterable[Entry],
    wrong_by: int = 0,
) -> bytes:
    """camt.054.001.08; `wrong_by` is added to its control sum."""
    booked = list(entries)
    to = _Writer("camt.054.001.08", "BkToCstmrDbtCdtNtfctn")
    header = to.put(to.body, "GrpHdr")
    to.put(header, "MsgId", message_id)
    to.put(header, "CreDtTm", at.isoformat(timespec="seconds"))
    whole = to.put(to.body, "Ntfctn")
    to.put(whole, "Id", message_id)
    holder = to.put(whole, "Acct")
    to.put(holder, "Id/IBAN", account)
    to.put(holder, "Ccy", "KZT")
    if bic:
        to.put(holder, "Svcr/FinInstnId/BICFI", bic)
    summary = to.put(whole, "TxsSummry")
    for part, kept in (("TtlNtries", booked), *_sides(booked)):
        one = to.put(summary, part)
        to.put(one, "NbOfNtries", len(kept))
        total = sum((entry.amount for entry in kept), Decimal(0))
        to.put(one, "Sum", f"{total + (wrong_by if part == 'TtlNtries' else 0):.2f}")
    for entry in booked:
        _write_entry(to, whole, entry)
    return to.bytes()


def _sides(booked: list[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    yield "TtlCdtNtries", [entry for entry in booked if entry.back]
    yield "TtlDbtNtries", [entry for entry in booked if not entry.back]


def _write_entry(to: _Writer, whole: _Element, entry: Entry) -> None:
    side = "CRDT" if entry.back else "DBIT"
    line = to.put(whole, "Ntry")
    to.put(line, "Amt", f"{entry.amount:.2f}", Ccy="KZT")
    to.put(line, "CdtDbtInd", side)
    to.put(line, "RvslInd", "true" if entry.back else "false")
    to.put(line, "Sts/Cd", "PDNG" if entry.pending else "BOOK")
    to.put(line, "BookgDt/Dt", entry.day)
    to.put(line, "AcctSvcrRef", entry.reference)
    domain = to.put(line, "BkTxCd/Domn")
    to.put(domain, "Cd", "PMNT")
    family = to.put(domain, "Fmly")
    to.put(family, "Cd", "ICDT")
    to.put(family, "SubFmlyCd", "RRTN" if entry.back else "DMCT")
    one = to.put(line, "NtryDtls/TxDtls")
    references = to.put(one, "Refs")
    to.put(references, "AcctSvcrRef", entry.reference)
    to.put(references, "EndToEndId", entry.end_to_end_id)
    to.put(one, "Amt", f"{entry.amount:.2f}", Ccy="KZT")
    to.put(one, "CdtDbtInd", side)
    if entry.ordered is not None:
        to.put(one, "AmtDtls/InstdAmt/Amt", f"{entry.ordered:.2f}", Ccy="KZT")
    if entry.name:
        to.put(one, "RltdPties/Cdtr/Pty/Nm", entry.name)
    if entry.reason is not None:
        to.put(one, "RtrInf/Rsn/Cd", entry.reason)


def doubled(entries: list[Entry]) -> list[Entry]:
    """The first one once more."""
    return entries + entries[:1]


def with_a_strangers(entries: list[Entry]) -> list[Entry]:
    """And one that nobody here has ordered."""
    day = entries[0].day if entries else date.today().isoformat()  # noqa: DTZ011 - any day
    return [*entries, Entry("NOT-OURS-1", Decimal("1000.00"), "BR-STRANGER", day)]


def in_part(entries: list[Entry]) -> list[Entry]:
    """The first one is booked with a tenge less than was ordered."""
    return [
        replace(entry, amount=entry.amount - 1, ordered=entry.amount) if place == 0 else entry
        for place, entry in enumerate(entries)
    ]
