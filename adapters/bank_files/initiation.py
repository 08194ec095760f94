"""pain.001.001.09: one file of payments for one bank, written as they come.

What is declared was frozen before: a file that does not add up to it is not complete, and must not leave.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, BinaryIO, Final

from lxml import etree

from adapters.bank_files.letters import Alphabet, fit
from adapters.bank_files.records import CURRENCY, BadBatch, Head, Order

MESSAGE: Final = "pain.001.001.09"
NAMESPACE: Final = f"urn:iso:std:iso:20022:tech:xsd:{MESSAGE}"
_SPACES: Final[Any] = {None: NAMESPACE}
LONGEST: Final = 140
"""Letters of a name or a text."""

_Element = etree._Element


def write_initiation(
    head: Head, orders: Iterable[Order], into: BinaryIO, alphabet: Alphabet = Alphabet.CYRILLIC
) -> None:
    """Writes the file. Raises BadBatch for payments that are not those that the head declares, have one reference
    twice, or a name too long in the bank's letters; what was written then is no whole file."""
    count, total, seen = 0, Decimal(0), set[str]()
    with etree.xmlfile(into, encoding="utf-8") as out:
        out.write_declaration()
        with out.element(_tag("Document"), nsmap=_SPACES), out.element(_tag("CstmrCdtTrfInitn")):
            out.write(_group(head, alphabet))
            with out.element(_tag("PmtInf")):
                for part in _payment(head, alphabet):
                    out.write(part)
                for count, order in enumerate(orders, 1):
                    if order.end_to_end_id in seen:
                        raise BadBatch(count, "its end_to_end_id stands at an earlier one too")
                    seen.add(order.end_to_end_id)
                    total += order.amount
                    out.write(_transfer(count, order, alphabet))
        if count != head.count:
            raise BadBatch(0, f"{head.count} payments are declared, {count} were given")
        if total != head.total:
            raise BadBatch(0, f"the payments do not add up to the declared total: {total - head.total:+.2f}")


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _put(parent: _Element, way: str, text: str, **attributes: str) -> None:
    """Puts a text at the end of a way of new elements, as Id/IBAN."""
    for name in filter(None, way.split("/")):
        parent = etree.SubElement(parent, _tag(name))
    parent.text = text
    for name, value in attributes.items():
        parent.set(name, value)


def _part(name: str, *texts: tuple[str, str]) -> _Element:
    part = etree.Element(_tag(name), nsmap=_SPACES)
    for way, text in texts:
        _put(part, way, text)
    return part


def _group(head: Head, alphabet: Alphabet) -> _Element:
    group = _part(
        "GrpHdr",
        ("MsgId", head.message_id),
        ("CreDtTm", head.created_at.isoformat(timespec="seconds")),
        ("NbOfTxs", str(head.count)),
        ("CtrlSum", f"{head.total:.2f}"),
    )
    group.append(_payer("InitgPty", head, alphabet))
    return group


def _payer(role: str, head: Head, alphabet: Alphabet) -> _Element:
    return _part(role, ("Nm", _fitting(0, head.debtor.name, alphabet)), ("Id/OrgId/Othr/Id", head.debtor.bin))


def _payment(head: Head, alphabet: Alphabet) -> Iterable[_Element]:
    yield from (
        _part("PmtInfId", ("", head.message_id)),
        _part("PmtMtd", ("", "TRF")),
        _part("BtchBookg", ("", "false")),  # each payment is booked by itself, or a statement could not name it
        _part("NbOfTxs", ("", str(head.count))),
        _part("CtrlSum", ("", f"{head.total:.2f}")),
        _part("ReqdExctnDt", ("Dt", head.execution_day.isoformat())),
        _payer("Dbtr", head, alphabet),
        _part("DbtrAcct", ("Id/IBAN", head.debtor.iban), ("Ccy", CURRENCY)),
        _part("DbtrAgt", ("FinInstnId/BICFI", head.debtor.bic)),
        _part("ChrgBr", ("", "DEBT")),  # the person gets the whole amount
    )


def _transfer(number: int, order: Order, alphabet: Alphabet) -> _Element:
    transfer = _part("CdtTrfTxInf", ("PmtId/EndToEndId", order.end_to_end_id))
    _put(transfer, "Amt/InstdAmt", f"{order.amount:.2f}", Ccy=CURRENCY)
    creditor = etree.SubElement(transfer, _tag("Cdtr"))
    _put(creditor, "Nm", _fitting(number, order.name, alphabet))
    whose = etree.SubElement(etree.SubElement(etree.SubElement(creditor, _tag("Id")), _tag("PrvtId")), _tag("Othr"))
    _put(whose, "Id", order.iin)
    _put(whose, "SchmeNm/Prtry", "IIN")
    _put(transfer, "CdtrAcct/Id/IBAN", order.iban)
    _put(transfer, "Purp/Prtry", order.purpose_code)
    if order.text is not None:
        _put(transfer, "RmtInf/Ustrd", _fitting(number, order.text, alphabet))
    return transfer


def _fitting(number: int, text: str, alphabet: Alphabet) -> str:
    fitted = fit(text, alphabet)
    if len(fitted) > LONGEST:
        raise BadBatch(number, f"a name or text has more than {LONGEST} letters in the bank's alphabet")
    return fitted
