"""camt.054: whatever a line says, all others are read; and what no whole statement of ours is, is refused whole."""

import random
from collections import Counter
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.bank_files import FileRefused, Limits, Line, LineState, Rule, Statement, Waits, read_statement
from adapters.bank_files.records import WHY
from stubs.iso20022 import Entry, doubled, in_part, with_a_strangers
from tests.adapters.bank_files.files import BIC, DAY, OURS, as_classes, broken_rules, entry, statement

MESSAGE = "camt.054.001.08"


def read(raw: bytes, limits: Limits | None = None) -> Statement:
    return read_statement(BytesIO(raw), OURS, limits)


def lines(raw: bytes) -> list[Line]:
    return list(read(raw).lines())


def test_payments_and_returns() -> None:
    raw = statement(entry(1, name="Үлгіқызы Ғалия"), entry(2, "0.01", back=True, reason="AC04"), entry(3, pending=True))
    found = read(raw)
    assert (found.count, found.debits, found.credits) == (3, Decimal("157596.00"), Decimal("0.01"))
    assert list(found.lines()) == [
        Line(1, LineState.SETTLED, "0000-1042-1", Decimal("78798.00"), None, "BR-1", DAY, name="Үлгіқызы Ғалия"),
        Line(2, LineState.RETURNED, "0000-1042-2", Decimal("0.01"), "AC04", "BR-2", DAY),
        Line(3, LineState.PENDING, "0000-1042-3", Decimal("78798.00"), None, "BR-3", DAY),
    ]
    assert list(found.lines()) == list(found.lines()), "a statement can be read as often as one likes"
    assert "Ғалия" not in repr(list(found.lines())) + repr(found)


ENTRIES = st.lists(
    st.builds(
        Entry,
        end_to_end_id=st.from_regex(r"[A-Za-z0-9-]{1,35}", fullmatch=True),
        amount=st.decimals("0.01", "99999999.99", places=2),
        reference=st.from_regex(r"BR-[0-9]{1,30}", fullmatch=True),
        day=st.just(DAY.isoformat()),
        name=st.text("ӘҒҚҢӨҰҮҺІәғқңөұүһіЖж", max_size=140),
        back=st.booleans(),
        reason=st.just("AC04"),
    ).map(lambda one: one if one.back else Entry(one.end_to_end_id, one.amount, one.reference, one.day, one.name)),
    max_size=8,
    unique_by=lambda one: one.end_to_end_id,
)


@settings(max_examples=60, deadline=None)
@given(ENTRIES)
def test_round_trip(entries: list[Entry]) -> None:
    raw = statement(*entries)
    assert broken_rules(raw, MESSAGE) == []
    assert [
        Entry(
            one.end_to_end_id or "",
            one.amount or Decimal(0),
            one.bank_reference or "",
            str(one.booked_on),
            one.name or "",
            one.state is LineState.RETURNED,
            one.reason_code,
        )
        for one in lines(raw)
        if one.waits is None
    ] == entries


@pytest.mark.parametrize(
    ("entries", "which", "waits"),
    [
        (doubled([entry(1), entry(2)]), 3, Waits.DOUBLED),
        (in_part([entry(1), entry(2)]), 1, Waits.PARTIAL),
        ([entry(1), entry(2, back=True)], 2, Waits.NO_REASON),
        ([entry(1), Entry("NOTPROVIDED", Decimal(5), "BR", DAY.isoformat())], 2, Waits.NO_REFERENCE),
        ([entry(1), entry(2, reason="AC04")], 2, Waits.REVERSED_CREDIT),
        ([entry(1), entry(2, back=True, reason="AC04", pending=True)], 2, Waits.UNKNOWN_STATUS),
    ],
)
def test_a_line_that_is_not_understood_waits_and_no_other(entries: list[Entry], which: int, waits: Waits) -> None:
    raw = statement(*entries)
    assert broken_rules(raw, MESSAGE) == []
    as_classes(raw, MESSAGE)
    assert {one.number: one.waits for one in lines(raw) if one.waits} == {which: waits}


@pytest.mark.parametrize(
    ("was", "becomes", "waits"),
    [
        (b"<Cd>BOOK</Cd>", b"<Cd>FUTR</Cd>", Waits.UNKNOWN_STATUS),
        (b"<RvslInd>false</RvslInd>", b"<RvslInd>true</RvslInd>", Waits.REVERSED_CREDIT),
        (b"<CdtDbtInd>DBIT", b"<CdtDbtInd>CRDT", Waits.UNKNOWN_CREDIT),
        (b'</Refs><Amt Ccy="KZT">78798.00', b'</Refs><Amt Ccy="KZT">78,798.00', None),
    ],
)
def test_what_a_bank_may_also_write(was: bytes, becomes: bytes, waits: Waits | None) -> None:
    """The last is the only amount of an entry that has its own: that one counts."""
    raw = statement(entry(1)).replace(was, becomes)
    raw = raw.replace(b"<TtlCdtNtries><NbOfNtries>0</NbOfNtries><Sum>0.00</Sum></TtlCdtNtries>", b"")
    raw = raw.replace(b"<TtlDbtNtries><NbOfNtries>1</NbOfNtries><Sum>78798.00</Sum></TtlDbtNtries>", b"")
    (line,) = lines(raw)
    assert line.waits is waits


def batch(*amounts: str, whole: str) -> bytes:
    """One entry for several payments."""
    one = statement(entry(1, whole))
    start, end = one.index(b"<TxDtls>"), one.index(b"</TxDtls>") + len(b"</TxDtls>")
    parts = b"".join(
        one[start:end].replace(b"1042-1<", f"1042-{number}<".encode()).replace(whole.encode(), amount.encode())
        for number, amount in enumerate(amounts, 1)
    )
    return one[:start] + parts + one[end:]


def test_an_entry_of_many_payments_is_as_many_lines() -> None:
    raw = batch("10.00", "20.50", whole="30.50")
    assert broken_rules(raw, MESSAGE) == []
    found = read(raw)
    assert [(one.end_to_end_id, one.amount, one.waits) for one in found.lines()] == [
        ("0000-1042-1", Decimal("10.00"), None),
        ("0000-1042-2", Decimal("20.50"), None),
    ]
    assert (found.count, found.debits) == (2, Decimal("30.50"))
    assert [one.waits for one in lines(batch("10.00", "20.00", whole="30.50"))] == [Waits.OTHER_SUM] * 2
    assert [one.waits for one in lines(batch("10.00", "x", whole="30.50"))] == [None, Waits.NO_AMOUNT]


def test_an_entry_without_details_is_a_line_that_waits() -> None:
    raw = statement(entry(1), entry(2))
    start, end = raw.index(b"<NtryDtls>"), raw.index(b"</NtryDtls>") + len(b"</NtryDtls>")
    first, second = lines(raw[:start] + b"<AddtlNtryInf>Fee</AddtlNtryInf>" + raw[end:])
    assert (first.waits, first.amount, first.text) == (Waits.NO_REFERENCE, Decimal("78798.00"), "Fee")
    assert second.waits is None


def test_a_line_is_held_against_what_was_ordered() -> None:
    ordered = {"0000-1042-1": Decimal("78798.00"), "0000-1042-2": Decimal(1)}
    found = lines(statement(*with_a_strangers([entry(1), entry(2)])))
    assert [one.against(ordered.get(one.end_to_end_id or "")).waits for one in found] == [
        None,
        Waits.OTHER_AMOUNT,
        Waits.UNKNOWN,
    ]
    assert set(WHY) == set(Waits)


def test_1002_payments_of_which_30_percent_come_back() -> None:
    rng = random.Random(1002)
    amounts = {number: f"{rng.randrange(1, 20_000_000) / 100:.2f}" for number in range(1, 1003)}
    back = rng.sample(sorted(amounts), 300)
    entries = [entry(number, amount) for number, amount in amounts.items()]
    entries += [entry(number, amounts[number], back=True, reason="MS03") for number in back]
    rng.shuffle(entries)
    entries = with_a_strangers([*entries, entries[0], in_part(entries[1:2])[0]])
    raw = statement(*entries)
    ordered = {f"0000-1042-{number}": Decimal(amount) for number, amount in amounts.items()}
    found = [one.against(ordered.get(one.end_to_end_id or "")) for one in read(raw).lines()]
    assert len(found) == 1002 + 300 + 3
    assert [one.waits for one in found[-3:]] == [Waits.DOUBLED, Waits.DOUBLED, Waits.UNKNOWN]
    understood = [one for one in found if one.waits is None]
    assert Counter(one.state for one in understood) == {LineState.SETTLED: 1002, LineState.RETURNED: 300}
    settled = sum(one.amount or 0 for one in understood if one.state is LineState.SETTLED)
    returned = sum(one.amount or 0 for one in understood if one.state is LineState.RETURNED)
    assert settled - returned == sum(ordered.values()) - sum(ordered[f"0000-1042-{number}"] for number in back)


GOOD = statement(entry(1), entry(2, back=True, reason="AC04"))
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY a "'
    + b"ha" * 50
    + b'">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(8))
    + b"]>"
    + GOOD.split(b"?>", 1)[1].replace(b"NTF-1", b"&i;")
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + GOOD.split(b"?>", 1)[
    1
].replace(b"NTF-1", b"&x;")


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", Rule.XML),
        (b"No statement today, sorry.", Rule.XML),
        (b'{"statement": []}', Rule.XML),
        (GOOD.replace(b"</Sts>", b"</Stz>"), Rule.XML),
        (GOOD.replace(b"BR-1", b"BR-\xff"), Rule.XML),
        (GOOD + GOOD, Rule.XML),
        (GOOD[: len(GOOD) // 2], Rule.CUT_OFF),
        (GOOD[:-1], Rule.CUT_OFF),
        (GOOD[:60], Rule.CUT_OFF),
        (BOMB, Rule.ENTITIES),
        (BOMB.replace(b"<Document ", b'<Document of="&i;" '), Rule.XML),
        (OUTSIDE, Rule.ENTITIES),
        (b"<!DOCTYPE html><html></html>", Rule.ENTITIES),
        (GOOD.decode().replace("UTF-8", "UTF-16").encode("utf-16"), Rule.ENCODING),
        (GOOD.decode().replace("UTF-8", "windows-1251").encode("cp1251"), Rule.ENCODING),
        (GOOD.replace(b"camt.054.001.08", b"camt.053.001.08"), Rule.MESSAGE),
        (b"<html><body/></html>", Rule.MESSAGE),
        (statement(entry(1), wrong_by=1), Rule.CONTROL_SUM),
        (GOOD.replace(b"<NbOfNtries>2<", b"<NbOfNtries>3<"), Rule.COUNT),
        (GOOD.replace(b"<TtlCdtNtries><NbOfNtries>1<", b"<TtlCdtNtries><NbOfNtries>2<"), Rule.COUNT),
        (GOOD.replace(b"<TxsSummry>", b"<RltdAcct>").replace(b"</TxsSummry>", b"</RltdAcct>"), Rule.HEADER),
        (GOOD.replace(b"<Ccy>KZT<", b"<Ccy>USD<"), Rule.CURRENCY),
        (GOOD.replace(b'Ccy="KZT"', b'Ccy="USD"', 1), Rule.CURRENCY),
        (statement(entry(1), account="KZ120000000000000001"), Rule.ACCOUNT),
        (statement(entry(1), bic="HSBKKZKX"), Rule.BANK),
        (GOOD.replace(b"<Dt>2026-01-05<", b"<Dt>2026-01-07<"), Rule.FUTURE),
        (GOOD.replace(b"2026-01-05T", b"2027-01-05T"), Rule.FUTURE),
        (GOOD.replace(b"<Ntfctn>", b"<Ntfctm>").replace(b"</Ntfctn>", b"</Ntfctm>"), Rule.HEADER),
    ],
)
def test_what_the_whole_file_breaks_refuses_it_whole(raw: bytes, rule: Rule) -> None:
    with pytest.raises(FileRefused) as caught:
        read(raw)
    assert caught.value.rule is rule, str(caught.value)
    assert caught.value.line >= 1
    assert str(caught.value).startswith(f"line {caught.value.line}: ")
    assert caught.value.__context__ is None, "the parser's own words quote the file"
    assert not [secret for secret in ("78798", "KZ12", "KZ75", "root:") if secret in str(caught.value)]


def test_the_line_is_that_of_the_text() -> None:
    raw = GOOD.replace(b"><Ntry>", b">\n\n<Ntry>").replace(b"<Dt>2026-01-05<", b"<Dt>2026-01-07<")
    with pytest.raises(FileRefused, match="line 4: BookgDt"):
        read(raw)


class Watched(BytesIO):
    """A file of 2 GB, of which only so much exists as is read; nothing of it is."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return 2**31 if whence == 2 else super().seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        raise AssertionError(size)


def test_two_gigabytes_are_not_read() -> None:
    with pytest.raises(FileRefused, match=r"line 1: the file has more than 268435456 bytes \[bytes\]"):
        read_statement(Watched(GOOD), OURS)
    with pytest.raises(FileRefused) as caught:
        read(statement(*(entry(number) for number in range(1, 12))), Limits(lines=10))
    assert caught.value.rule is Rule.LINES


def test_several_accounts_of_ours_may_be_in_one_file() -> None:
    start, end = GOOD.index(b"<Ntfctn>"), GOOD.index(b"</Ntfctn>") + len(b"</Ntfctn>")
    twice = GOOD[:end] + GOOD[start:end].replace(b"0000-1042-", b"0000-2042-") + GOOD[end:]
    assert broken_rules(twice, MESSAGE) == []
    assert [one.number for one in lines(twice) if one.waits is None] == [1, 2, 3, 4]
    wrong = GOOD[:end] + GOOD[start:end].replace(b"<Sum>157596.00<", b"<Sum>1.00<") + GOOD[end:]
    with pytest.raises(FileRefused) as caught:
        read(wrong)
    assert caught.value.rule is Rule.CONTROL_SUM


def test_pages_are_told() -> None:
    paged = GOOD.replace(b"</CreDtTm>", b"</CreDtTm><MsgPgntn><PgNb>2</PgNb><LastPgInd>false</LastPgInd></MsgPgntn>", 1)
    assert broken_rules(paged, MESSAGE) == []
    assert (read(paged).page, read(paged).last_page) == (2, False)
    assert (read(GOOD).page, read(GOOD).last_page) == (1, True)
    assert BIC in GOOD.decode()
