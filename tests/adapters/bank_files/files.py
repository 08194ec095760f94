"""Payments and files for the tests, and the official schemas by which files are held."""

import importlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from lxml import etree
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig

from adapters.bank_files import Alphabet, Debtor, Head, Order, Ours, totals, write_initiation
from stubs.iso20022 import Batch, Entry, Status, write_report, write_statement

PAYER = "KZ750000000000000000"
BIC = "NBRKKZKX"
ZONE = timezone(timedelta(hours=5))
DAY = date(2026, 1, 5)
NOW = datetime(2026, 1, 6, 9, tzinfo=ZONE)
OURS = Ours(accounts=frozenset({PAYER}), bic=BIC, now=NOW)

_FILES = {
    "pain.001.001.09": ("pain001", "templates/pain.001.001.09/pain.001.001.09.xsd"),
    "pain.002.001.12": ("pain001", "pain002/schemas/pain.002.001.12.xsd"),
    "camt.054.001.08": ("camt053", "xsd/camt.054.001.08.xsd"),
}


def order(number: int = 1, **members: Any) -> Order:
    known: dict[str, Any] = {
        "end_to_end_id": f"0000-1042-{number}",
        "amount": "78798.00",
        "iban": f"KZ12{number:016d}",
        "iin": f"{number:012d}",
        "name": "Үлгіқызы Айгүл",
        "purpose_code": "042",
    }
    return Order.model_validate(known | members)


def head(orders: Iterable[Order], **members: Any) -> Head:
    count, total = totals(orders)
    known: dict[str, Any] = {
        "message_id": "RUN-2026-01-1",
        "created_at": datetime(2026, 1, 5, 4, tzinfo=UTC),
        "execution_day": DAY,
        "debtor": Debtor(name="Әлеуметтік сақтандыру қоры", bin="000140000014", iban=PAYER, bic=BIC),
        "count": count,
        "total": total,
    }
    return Head.model_validate(known | members)


def initiation(orders: list[Order], alphabet: Alphabet = Alphabet.CYRILLIC, **members: Any) -> bytes:
    into = BytesIO()
    write_initiation(head(orders, **members), orders, into, alphabet)
    return into.getvalue()


def entry(number: int = 1, amount: str = "78798.00", **members: Any) -> Entry:
    return Entry(f"0000-1042-{number}", Decimal(amount), f"BR-{number}", DAY.isoformat(), **members)


def statement(*entries: Entry, account: str = PAYER, bic: str | None = BIC, wrong_by: int = 0) -> bytes:
    at = datetime(2026, 1, 5, 18, tzinfo=ZONE)
    return write_statement("NTF-1", at, account, bic, entries, wrong_by)


def report(*states: Status, group: str = "PART", about: Head | None = None, reason: str | None = None) -> bytes:
    """A report on the file with this head; of two payments if none is given."""
    sent = about or head([order(1), order(2)])
    original = Batch(sent.message_id, str(sent.count), f"{sent.total:.2f}", DAY, PAYER, BIC, ())
    return write_report("PSR-1", datetime(2026, 1, 5, 12, tzinfo=ZONE), original, group, reason, states)


def broken_rules(raw: bytes, message: str) -> list[str]:
    """What the official schema says against the file."""
    schema = _schema(message)
    schema.validate(etree.fromstring(raw))
    log: Any = schema.error_log
    return [str(error.message) for error in log]


@cache
def _schema(message: str) -> etree.XMLSchema:
    package, path = _FILES[message]
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    return etree.XMLSchema(etree.parse(str(Path(found.origin).parent / path)))


def as_classes(raw: bytes, message: str) -> Any:
    """The file in the classes that were made of the official schema: any other element, a wrong type, or one that is
    missing is an error."""
    name = message.replace(".", "_")
    document = importlib.import_module(f"pyiso20022.{name[:4]}.{name}").Document
    config = ParserConfig(fail_on_unknown_properties=True, fail_on_converter_warnings=True)
    return XmlParser(config=config).from_bytes(raw, document)
