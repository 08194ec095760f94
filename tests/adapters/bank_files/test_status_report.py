"""pain.002: each payment's line, what the whole file became, and reports on something else than was sent."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.bank_files import FileRefused, Line, LineState, Rule, StatusReport, Waits, read_report
from adapters.bank_files.status_report import STATES, FileState
from stubs.iso20022 import Status
from tests.adapters.bank_files.files import NOW, as_classes, broken_rules, head, order, report

SENT = head([order(1), order(2)])
OK = Status("0000-1042-1", "ACSC", "78798.00", "BR-1")
NO = Status("0000-1042-2", "RJCT", "78798.00", "BR-2", "AC04")


def read(raw: bytes) -> StatusReport:
    return read_report(BytesIO(raw), SENT, NOW)


def lines(*states: Status) -> list[Line]:
    return list(read(report(*states)).lines())


def test_each_payment_has_its_line() -> None:
    raw = report(OK, NO)
    found = read(raw)
    assert (found.state, found.count, found.original_message_id) == (FileState.PARTLY, 2, SENT.message_id)
    assert list(found.lines()) == [
        Line(1, LineState.SETTLED, "0000-1042-1", Decimal("78798.00"), None, "BR-1"),
        Line(2, LineState.REJECTED, "0000-1042-2", Decimal("78798.00"), "AC04", "BR-2"),
    ]
    assert list(found.lines()) == list(found.lines())


def test_the_stubs_report_is_valid() -> None:
    """No package has the schema of version 10 as a file: it is held by the classes made of it, and by the schema of
    version 12, which has all that is used."""
    raw = report(OK, NO, reason="AM10")
    as_classes(raw, "pain.002.001.10")
    newer = raw.replace(b"pain.002.001.10", b"pain.002.001.12")
    assert broken_rules(newer, "pain.002.001.12") == []


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(STATES)), st.decimals("0.01", "9999999.99", places=2)), max_size=8))
def test_round_trip(states: list[tuple[str, Decimal]]) -> None:
    orders = [order(number, amount=amount) for number, (_, amount) in enumerate(states, 1)] or [order()]
    sent = head(orders)
    said = [
        Status(
            f"0000-1042-{number}", code, f"{amount:.2f}", f"BR-{number}", "AC04" if code in ("RJCT", "CANC") else None
        )
        for number, (code, amount) in enumerate(states, 1)
    ]
    found = list(read_report(BytesIO(report(*said, about=sent)), sent, NOW).lines())
    assert [(one.state, one.amount, one.bank_reference, one.reason_code, one.waits) for one in found] == [
        (STATES[one.code], Decimal(one.amount), one.reference, one.reason, None) for one in said
    ]


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        (Status("0000-1042-2", "BLCK", "1.00", "BR"), Waits.UNKNOWN_STATUS),
        (Status("0000-1042-2", "ZZZZ", "1.00", "BR"), Waits.UNKNOWN_STATUS),
        (Status("0000-1042-2", "RJCT", "1.00", "BR"), Waits.NO_REASON),
        (Status("NOTPROVIDED", "ACSC", "1.00", "BR"), Waits.NO_REFERENCE),
        (OK, Waits.DOUBLED),
    ],
)
def test_a_line_that_is_not_understood_waits_and_the_other_does_not(state: Status, waits: Waits) -> None:
    first, second = lines(OK, state)
    assert (first.waits, second.waits) == (None, waits)


def test_a_doubled_line_stops_no_other() -> None:
    assert [one.waits for one in lines(OK, NO, OK)] == [None, None, Waits.DOUBLED]


def test_a_reason_in_the_banks_own_words_is_no_code() -> None:
    raw = report(OK, NO).replace(b"<Cd>AC04</Cd>", b"<Prtry>The owner, 850312450017, is unknown</Prtry>")
    line = list(read(raw).lines())[1]
    assert (line.reason_code, line.text) == ("NARR", "The owner, 850312450017, is unknown")
    assert "8503" not in repr(line)


def test_without_an_amount_it_is_the_ordered_one() -> None:
    raw = (
        report(OK, NO)
        .replace(b"<OrgnlTxRef>", b"<SplmtryData><Envlp>")
        .replace(b"</OrgnlTxRef>", b"</Envlp></SplmtryData>")
    )
    line = next(iter(read(raw).lines()))
    assert (line.amount, line.waits) == (None, None)
    assert line.against(Decimal(1)).waits is None
    assert line.against(None).waits is Waits.UNKNOWN


@pytest.mark.parametrize(
    ("group", "state"),
    [
        ("RJCT", FileState.REJECTED),
        ("ACSC", FileState.SETTLED),
        ("ACTC", FileState.PENDING),
        ("PART", FileState.PARTLY),
    ],
)
def test_what_became_of_the_whole_file(group: str, state: FileState) -> None:
    found = read(report(group=group, reason="DU01"))
    assert (found.state, found.reason_code, list(found.lines())) == (state, "DU01", [])


def test_a_status_of_the_payment_part_counts_where_the_file_has_none() -> None:
    raw = report(OK).replace(b"<GrpSts>PART</GrpSts>", b"")
    said = b"</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>"
    found = read(raw.replace(b"</OrgnlPmtInfId>", said))
    assert (found.state, found.reason_code) == (FileState.REJECTED, "AM04")


DETAILED = (
    b"<NbOfTxsPerSts><DtldNbOfTxs>%s</DtldNbOfTxs><DtldSts>ACSC</DtldSts><DtldCtrlSum>%s</DtldCtrlSum></NbOfTxsPerSts>"
)


def detailed(count: bytes, total: bytes) -> bytes:
    return report(OK, NO).replace(b"</OrgnlGrpInfAndSts>", DETAILED % (count, total) + b"</OrgnlGrpInfAndSts>")


def test_totals_by_status_that_are_right_are_no_objection() -> None:
    assert read(detailed(b"1", b"78798.00")).count == 2


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (report(OK, about=head([order()], message_id="OTHER")), Rule.OTHER_FILE),
        (report(OK, about=head([order()], total="157596.00")), Rule.COUNT),
        (report(OK, about=head([order()], count=2)), Rule.CONTROL_SUM),
        (report(OK).replace(b'Ccy="KZT"', b'Ccy="USD"'), Rule.CURRENCY),
        (report(OK).replace(b"2026-01-05T", b"2026-03-05T"), Rule.FUTURE),
        (report().replace(b"<GrpSts>PART</GrpSts>", b""), Rule.HEADER),
        (report(OK).replace(b"CreDtTm", b"CreDt"), Rule.HEADER),
        (report(OK).replace(b"pain.002.001.10", b"pain.002.001.03"), Rule.MESSAGE),
        (report(OK)[:-90], Rule.CUT_OFF),
        (detailed(b"2", b"78798.00"), Rule.COUNT),
        (detailed(b"1", b"78798.01"), Rule.CONTROL_SUM),
    ],
)
def test_a_report_that_is_not_of_what_was_sent_is_refused_whole(raw: bytes, rule: Rule) -> None:
    with pytest.raises(FileRefused) as caught:
        read(raw)
    assert caught.value.rule is rule
    assert not [secret for secret in ("78798", "0000-1042", "KZ12") if secret in str(caught.value)]


def test_a_bank_a_little_ahead_of_us_is_believed() -> None:
    assert read_report(BytesIO(report(OK)), SENT, NOW - timedelta(days=1)).count == 1
