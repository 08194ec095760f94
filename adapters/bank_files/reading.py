"""Reads a file of a bank as a stream, and trusts it with nothing: no entities, no document type, no outside, bounded.

Gives out the elements asked for as they begin and end; what has been given out is forgotten.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, Final

from lxml import etree

from adapters.bank_files.records import CURRENCY, FileRefused, Limits, Rule

_Element = etree._Element

_SAFE: Final[dict[str, Any]] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_WHOLE = re.compile(rb"</([\w.-]+:)?Document\s*>\s*$")
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)")
_AMOUNT = re.compile(r"[0-9]{1,14}(\.[0-9]{1,2}0*)?")
_CODE = re.compile(r"[A-Z0-9]{4}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def namespace(message: str) -> str:
    return f"urn:iso:std:iso:20022:tech:xsd:{message}"


def walk(
    file: BinaryIO, message: str, names: tuple[str, ...], lines: tuple[str, ...], limits: Limits
) -> Iterator[tuple[str, str, _Element]]:
    """`start` or `end`, name and element, in the order of the file; of those in `lines` is forgotten, when they end,
    what they hold and what stands before them beside. Raises FileRefused."""
    _check_root(file, message, limits)
    file.seek(0)
    prefix = f"{{{namespace(message)}}}"
    tags = [prefix + name for name in (*names, *lines)]
    try:
        for event, element in etree.iterparse(file, events=("start", "end"), tag=tags, **_SAFE):
            name = element.tag[len(prefix) :]
            yield event, name, element
            if event == "end" and name in lines:
                _forget(element)
    except etree.XMLSyntaxError as wrong:
        failure = _broken(file, wrong)
    else:
        return
    # Raised outside the handler: the parser's text may quote the file.
    raise failure


def _forget(element: _Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _check_root(file: BinaryIO, message: str, limits: Limits) -> None:
    if file.seek(0, 2) > limits.bytes:  # said before hundreds of megabytes are read for nothing
        raise FileRefused(Rule.BYTES, 1, f"the file has more than {limits.bytes} bytes")
    file.seek(0)
    beginning = file.read(256)
    declared = _ENCODING.search(beginning.partition(b">")[0])
    if b"\0" in beginning[:8] or (declared and declared[1].upper() not in (b"UTF-8", b"US-ASCII")):
        raise FileRefused(Rule.ENCODING, 1, "the file is not in UTF-8")
    file.seek(0)
    failure = None
    try:
        _, root = next(iter(etree.iterparse(file, events=("start",), **_SAFE)))
    except etree.XMLSyntaxError as wrong:
        failure = _broken(file, wrong)
    except StopIteration:
        failure = FileRefused(Rule.XML, 1, "the file is no XML")
    if failure is not None:
        raise failure
    about: Any = root.getroottree().docinfo
    if about.internalDTD is not None or about.doctype:
        raise FileRefused(Rule.ENTITIES, 1, "the file declares a document type, or entities")
    if root.tag != f"{{{namespace(message)}}}Document":
        raise FileRefused(Rule.MESSAGE, line_of(root), f"the file is no {message}")


def _broken(file: BinaryIO, wrong: etree.XMLSyntaxError) -> FileRefused:
    line = max(wrong.lineno or 1, 1)
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - 256))
    end = file.read()
    file.seek(0)
    if file.read(256).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and not _WHOLE.search(end):
        return FileRefused(Rule.CUT_OFF, line, "the file is cut off")
    return FileRefused(Rule.XML, line, "the file is no XML")


def line_of(element: _Element) -> int:
    line: Any = element.sourceline
    return int(line or 1)


Leaves = dict[str, str]


def leaves(element: _Element, without: str = "") -> Leaves:
    """The texts of an element by their way, as Refs/EndToEndId, and its amounts' currencies, as Amt@Ccy; of what stands
    there more than once the first. `without`: a part that is left out."""
    found: Leaves = {}
    _gather(element, "", found, without)
    return found


def _gather(element: _Element, way: str, found: Leaves, without: str) -> None:
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name == without:
            continue
        name = way + name
        if len(child):
            _gather(child, name + "/", found, without)
        else:
            found.setdefault(name, (child.text or "").strip())
            if child.attrib:
                found.setdefault(name + "@Ccy", child.get("Ccy", ""))


def amount_of(texts: Leaves, way: str, line: int) -> Decimal | None:
    """An amount in tenge, None if there is none that can be read. Raises FileRefused for another currency."""
    if texts.get(way + "@Ccy", CURRENCY) != CURRENCY:
        raise FileRefused(Rule.CURRENCY, line, f"{way} is not in {CURRENCY}")
    return decimal_of(texts.get(way))


def decimal_of(text: str | None) -> Decimal | None:
    return Decimal(text) if text and _AMOUNT.fullmatch(text) else None


def reason_of(texts: Leaves, way: str = "") -> tuple[str | None, str | None]:
    """Code and words of a reason. What is no code is words: NARR, as if the bank had said so."""
    code, words = texts.get(f"{way}Rsn/Cd"), texts.get(f"{way}AddtlInf")
    if code is None or _CODE.fullmatch(code):
        own = texts.get(f"{way}Rsn/Prtry")
        return code or ("NARR" if own else None), words or own
    return "NARR", words or code


def day_of(text: str | None) -> date | None:
    """The day of a date or of a time, as it is written."""
    found = _DAY.match(text or "")
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def created(texts: Leaves, now: datetime, line: int) -> tuple[str, datetime]:
    """Message id and time of a GrpHdr. Raises FileRefused for one that says neither, or a day to come."""
    try:
        at = datetime.fromisoformat(texts.get("CreDtTm", ""))
    except ValueError:
        raise FileRefused(Rule.HEADER, line, "GrpHdr needs CreDtTm") from None
    if not texts.get("MsgId"):
        raise FileRefused(Rule.HEADER, line, "GrpHdr needs MsgId")
    at = at.replace(tzinfo=now.tzinfo) if at.tzinfo is None else at
    if at.astimezone(now.tzinfo).date() > now.date():
        raise FileRefused(Rule.FUTURE, line, "CreDtTm is a day to come")
    return texts["MsgId"], at


def same_count(texts: Leaves, way: str, counted: int, line: int) -> None:
    if way in texts and texts[way] != str(counted) and not (texts[way].isdigit() and int(texts[way]) == counted):
        raise FileRefused(Rule.COUNT, line, f"{way} is not what the file has: {counted}")


def same_sum(texts: Leaves, way: str, reckoned: Decimal, line: int) -> None:
    if way in texts and decimal_of(texts[way]) != reckoned:
        raise FileRefused(Rule.CONTROL_SUM, line, f"{way} is not what the lines add up to")
