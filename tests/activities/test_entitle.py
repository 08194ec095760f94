"""What a credited case makes of a monthly right: its months and amounts, what was paid of them, and the next look."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from activities.entitle import FIRST, entitle_missing
from card import accounts, cases, entitlements, money, payments, returns
from card.entitlements import Entitled
from card.tables import Assignment, FactsSnapshot, LedgerEntry, Look, RightRow, RightState, table
from desk.entitled import of_case, of_person
from tests.activities.database import BY_FORCE, applied, owed, paid
from tests.activities.life import Life
from tests.activities.people import ON, child, ibans_of, iin_of, mother, phone_of
from tests.activities.test_rights import close, detect, ended
from workflows.model import AssignInput, Case, NoticeInput, NoticeKind, Outcome, Right, Step


async def entitled(life: Life) -> Sequence[Entitled]:
    async with life.card.transaction() as session:
        return await entitlements.of_person(session, iin_of(1))


def months(one: Entitled) -> list[tuple[str, str, str]]:
    return [(f"{row.first:%Y-%m}", f"{row.last:%Y-%m}", f"{row.net:.0f}") for row in one.months]


def owed_months(one: Entitled) -> list[tuple[str, str, str]]:
    return [(f"{row.first:%Y-%m}", f"{row.last:%Y-%m}", f"{row.net:.0f}") for row in one.owed]


def credited(one: Entitled) -> list[tuple[str, str]]:
    return [(f"{row.month:%Y-%m}", f"{row.gross - row.withheld:.0f}") for row in one.paid]


async def test_a_monthly_right_runs_as_far_as_the_law_is_known(life: Life) -> None:
    """63 030 tenge are 69 330 from 1 January 2026; of 2027 there is no law yet, and it is looked at each new year."""
    await life.settle(mother(children=4))
    case = await ended(life, Outcome.CREDITED)
    (one,) = await entitled(life)
    assert (one.service, one.case_ref, one.state) == ("multi-child", case.ref, RightState.ENTITLED)
    assert months(one) == [("2025-03", "2025-12", "63030"), ("2026-01", "2026-12", "69330")]
    assert (one.since, one.next_review) == (ON, date(2026, 1, 1))
    assert one.until is not None
    assert one.until > date(2027, 1, 1)
    assert credited(one) == [("2025-03", "63030")]
    async with life.card.transaction() as session:
        assert await entitlements.of_case(session, case.ref) == [one]
        assert await entitlements.of_case(session, "0000-0000-0") == ()


async def test_months_before_the_application_are_owed_too(life: Life) -> None:
    born = date(2024, 11, 20)
    await life.settle(mother(children=0) | {"children": [child(1, 0, born=born) | {"birth_order": 1}]})
    await ended(life, Outcome.CREDITED, "childcare")
    (one,) = await entitled(life)
    assert months(one)[:2] == [("2024-11", "2024-12", "21266"), ("2025-01", "2025-12", "22648")]
    assert (one.since, one.until) == (born, date(2026, 5, 20))
    assert credited(one) == [("2025-03", "22648")]
    assert owed_months(one) == [("2024-11", "2024-12", "21266"), ("2025-01", "2025-02", "22648")]


async def test_of_a_right_whose_months_are_past_the_last_is_paid_by_the_case(life: Life) -> None:
    child_ = child(1, 0, born=date(2024, 11, 20)) | {"birth_order": 1, "died_on": "2024-12-05"}
    await life.settle(mother(children=0) | {"children": [child_]})
    await ended(life, Outcome.CREDITED, "childcare")
    (one,) = await entitled(life)
    assert months(one) == [("2024-11", "2024-12", "21266")]
    assert credited(one) == [("2024-12", "21266")]
    assert one.next_review is None
    assert owed_months(one) == [("2024-11", "2024-11", "21266")]


async def test_a_late_claim_is_booked_for_the_month_that_it_pays(life: Life) -> None:
    """The books said the month of the claim, and the right that of the payment."""
    child_ = child(1, 0, born=date(2024, 11, 20)) | {"birth_order": 1, "died_on": "2024-12-05"}
    await life.settle(mother(children=0) | {"children": [child_]})
    case = await life.open(service="childcare")
    found = await detect(life, case)
    await life.agreed(case)
    arg = await life.ready(Step.ASSIGN, case)
    assert isinstance(arg, AssignInput)
    ruling = await life.run(Step.ASSIGN, arg.model_copy(update={"amount": found.amount}))
    assert ruling.assigned
    (entry,) = await life.rows(LedgerEntry, case)
    assert entry.period == date(2024, 12, 1)
    async with life.card.transaction() as session:
        await paid(session, "paid", await cases.find(session, case.ref), entry.amount, ibans_of(1)[0], ON)
    await close(life, case, Outcome.CREDITED)
    (one,) = await entitled(life)
    assert [row.month for row in one.paid] == [entry.period]


async def test_what_has_come_back_is_credited_no_more(life: Life) -> None:
    """The account was closed: the books said that it is owed, and the right that it was credited."""
    await life.settle(mother(children=4))
    case = await ended(life, Outcome.CREDITED)
    async with life.card.transaction() as session:
        (row,) = await payments.of_case(session, case.ref)
        iban = (await accounts.find(session, row.account_id)).iban
        by: dict[str, Any] = {"account": iban[-4:], "reason": "AC04", "by": "a.omarova", "note": "", "on": ON}
        await returns.take_back(session, case.ref, **by)
    (one,) = await entitled(life)
    assert (credited(one), owed_months(one)) == ([], [("2025-03", "2025-03", "63030")])


@pytest.mark.parametrize("outcome", [Outcome.LAPSED, Outcome.NO_ACCOUNT, Outcome.REFUSED_BY_PERSON])
async def test_without_the_money_nothing_runs(life: Life, outcome: Outcome) -> None:
    await life.settle(mother(children=4))
    await ended(life, outcome)
    assert await entitled(life) == []


async def test_what_is_paid_once_does_not_run(life: Life) -> None:
    await life.settle(mother(children=0) | {"children": [child(1, 0, born=date(2025, 2, 20)) | {"birth_order": 1}]})
    await ended(life, Outcome.CREDITED, "childbirth")
    assert await entitled(life) == []


async def _assigned_beside(life: Life, case: Case, amount: Decimal, was: Decimal | None, computed: Decimal) -> None:
    """The body has assigned so much; the difference to what ran, or all of it, has been credited."""
    key, new = f"assigned/{case.ref}", amount - (was or 0)
    ruling = {"application_number": f"EM-{case.ref}", "computed": computed, "amount": amount, "was": was}
    async with life.card.transaction() as session:
        about = money.About("budget", case.on.replace(day=1), case.on)
        await applied(session, case.ref, f"EM-{case.ref}")
        await session.execute(BY_FORCE)
        state = "assigned" if amount == computed else "accepted"
        await session.execute(insert(table(Assignment)).values(key=key, case_ref=case.ref, state=state, **ruling))
        await session.execute(text("SET LOCAL session_replication_role = origin"))
        await owed(session, key, case.ref, new, about)
        await paid(session, f"paid/{case.ref}", await cases.find(session, case.ref), new, ibans_of(1)[0], case.on)


async def test_a_change_of_the_family_changes_the_months_from_then_on(life: Life) -> None:
    """The fifth child: 15 768 tenge more. What ran before it stays as it was, and the month is paid in two parts."""
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    await life.settle(mother(children=5))
    async with life.card.transaction() as session:
        opened = await cases.open_case(
            session, service="multi-child", iin=iin_of(1), opened_by="zags:9", on=date(2025, 6, 10)
        )
    row = opened.case
    case = Case(ref=row.ref, service=row.service, person_id=row.person_id, on=row.assessed_on)
    found = await detect(life, case)
    assert (found.was, found.amount) == (Decimal(63030), Decimal(78798))
    await _assigned_beside(life, case, Decimal(78798), Decimal(63030), Decimal(78798))
    await close(life, case, Outcome.CREDITED)
    (one,) = await entitled(life)
    assert one.case_ref == case.ref
    assert months(one) == [
        ("2025-03", "2025-05", "63030"),
        ("2025-06", "2025-12", "78798"),
        ("2026-01", "2026-12", "86673"),
    ]
    assert credited(one) == [("2025-03", "63030"), ("2025-06", "15768")]
    await life.run(Step.NOTIFY, NoticeInput(case=case, key=case.key(Step.NOTIFY), kind=NoticeKind.PAID))
    assert "айына 78 798 теңге" in life.sms.to(phone_of(1))[-1], "not the difference alone"


async def test_what_a_change_was_worth_before_it_was_claimed_is_owed(life: Life) -> None:
    """The order of birth was corrected in June: of the months since the birth the difference was shown to nobody."""
    born = child(1, 0, born=date(2024, 11, 20))
    await life.settle(mother(children=0) | {"children": [born | {"birth_order": 1}]})
    await ended(life, Outcome.CREDITED, "childcare")
    await life.settle(mother(children=0) | {"children": [born | {"birth_order": 2}]})
    case = await life.open(service="childcare", on=date(2025, 6, 10))
    found = await detect(life, case)
    assert (found.was, found.amount) == (Decimal(22648), Decimal(26777))
    await _assigned_beside(life, case, Decimal(26777), Decimal(22648), Decimal(26777))
    await close(life, case, Outcome.CREDITED)
    (kept,), (listed,) = await entitled(life), await of_case(life.card, case.ref)
    assert owed_months(listed) == [
        *owed_months(kept),
        ("2024-11", "2024-12", "3877"),
        ("2025-01", "2025-05", "4129"),
    ]
    assert await of_person(life.card, iin_of(1)) == [listed]


async def test_an_amount_that_a_person_accepted_runs_until_somebody_has_looked(life: Life) -> None:
    """The law gives 63 030 and the body 60 000: what it gives next month, nobody has reckoned."""
    await life.settle(mother(children=4))
    case = await life.open()
    await detect(life, case)
    await _assigned_beside(life, case, Decimal(60000), None, Decimal(63030))
    await close(life, case, Outcome.CREDITED)
    (one,) = await entitled(life)
    assert months(one) == [("2025-03", "2025-03", "60000")]
    assert one.next_review == date(2025, 4, 1)


async def test_closing_again_changes_nothing(life: Life) -> None:
    await life.settle(mother(children=4))
    case = await ended(life, Outcome.CREDITED)
    before = await entitled(life)
    await close(life, case, Outcome.CREDITED)
    assert await entitled(life) == before


async def test_rights_that_ran_before_months_were_kept_get_theirs(life: Life) -> None:
    await life.settle(mother(children=4), mother(2, children=4))
    case = await ended(life, Outcome.CREDITED)
    second = await life.open(2)
    await detect(life, second)
    await close(life, second, Outcome.CREDITED)
    before = await entitled(life)
    async with life.card.transaction() as session:
        await session.execute(BY_FORCE)
        for name in ("dues", "entitlement_amounts", "entitlements"):
            await session.execute(text(f"DELETE FROM {name}"))  # noqa: S608  (our own tables)
    assert await entitled(life) == []
    after = FIRST
    for _ in range(2):
        after = await entitle_missing(life.card, after, 1)
        assert after != FIRST
    assert await entitle_missing(life.card, after, 1) == FIRST
    assert await entitled(life) == before
    async with life.card.transaction() as session:
        assert len(await entitlements.of_case(session, second.ref)) == 1
        assert len(await entitlements.of_case(session, case.ref)) == 1


# --- what the database keeps ------------------------------------------------------------------------------------------

ONE = "(SELECT id FROM entitlements)"
NEVER = {
    "a month with two amounts": (
        f"INSERT INTO entitlement_amounts SELECT {ONE}, '2025-05-01', '2025-07-01', 1, 0",
        "a month has one amount",
    ),
    "a longer stretch over the next": (
        "UPDATE entitlement_amounts SET last_month = '2026-03-01' WHERE first_month = '2025-03-01'",
        "a month has one amount",
    ),
    "another amount for the same months": ("UPDATE entitlement_amounts SET gross = gross * 2", "stays"),
    "part of a month": (
        f"INSERT INTO entitlement_amounts SELECT {ONE}, '2027-05-02', '2027-07-01', 1, 0",
        "whole_months",
    ),
    "nothing": (f"INSERT INTO entitlement_amounts SELECT {ONE}, '2027-05-01', '2027-07-01', 5, 5", "something_is_due"),
    "a month that nobody has paid": (
        f"INSERT INTO dues SELECT {ONE}, '2025-04-01', case_ref, true, gross + 1, 0 FROM dues",  # noqa: S608  (our own)
        "the case has not credited this",
    ),
    "the month again by another case": (
        f"INSERT INTO dues SELECT {ONE}, '2025-04-01', ref, false, 63030, 0 FROM cases WHERE outcome IS NULL",  # noqa: S608  (ours)
        "the case is about another right",
    ),
    "the same month twice": (
        f"INSERT INTO dues SELECT {ONE}, '2025-03-01', ref, false, 63030, 0 FROM cases WHERE outcome IS NULL",  # noqa: S608  (ours)
        "a_month_is_due_once",
    ),
    "another month in its place": ("UPDATE dues SET month = '2025-04-01'", "stays"),
    "no month at all": ("DELETE FROM dues", "stay"),
    "a right that never was": ("DELETE FROM entitlements", "stay"),
    "a month before the right": (
        "UPDATE entitlements SET since = since + 40",
        "stays",
    ),
    "a hundred times the amount": (
        f"INSERT INTO entitlement_amounts SELECT {ONE}, '2027-05-01', '2027-07-01', 6303000, 0",
        "a month comes to what a body has ruled",
    ),
    "what was paid, a second time": (
        f"INSERT INTO dues SELECT {ONE}, '2025-04-01', case_ref, true, gross, 0 FROM dues",  # noqa: S608  (ours)
        "the case has not credited this",
    ),
    "another's right": (
        "UPDATE entitlements SET person_id = (SELECT person_id FROM cases WHERE outcome IS NULL)",
        "a right runs by a case of it that was credited",
    ),
    "what was paid, written anew": (
        "DELETE FROM entitlement_amounts WHERE first_month = '2025-03-01'",
        "no more than it comes to",
    ),
    "months before the right": (
        f"INSERT INTO entitlement_amounts SELECT {ONE}, '1990-01-01', '2025-01-01', 63030, 0",
        "the months of a right are those of its days",
    ),
    "no end any more": ("UPDATE entitlements SET until = NULL", "the days that were decided"),
    "paid once": ("UPDATE rights SET state = 'settled'", "is not paid once"),
    "a case that has paid nothing": (
        "UPDATE entitlements SET case_ref = (SELECT ref FROM cases WHERE outcome IS NULL)",
        "a right runs by a case of it that was credited",
    ),
}


@pytest.mark.parametrize("what", NEVER)
async def test_the_database_refuses_what_must_never_be(life: Life, what: str) -> None:
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    await life.open(2)
    before = await entitled(life)
    statement, why = NEVER[what]
    async with life.card.engine.begin() as connection:
        # Each holds by itself, also while a case of the right ends and writes what runs of it.
        await connection.execute(text("ALTER TABLE entitlement_amounts DISABLE TRIGGER from_its_ground"))
        await connection.execute(text("ALTER TABLE entitlements DISABLE TRIGGER looked_at_by_its_ground"))
    with pytest.raises(DBAPIError, match=why):
        async with life.card.engine.begin() as connection:
            await connection.execute(text(statement))
    assert await entitled(life) == before


# --- what the person hears --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "family", "says"),
    [
        ("multi-child", {"children": 4}, True),
        ("childbirth", {"children": 0, "newborn": {}}, False),
        ("childcare", {"children": 0, "newborn": {"died_on": "2025-02-25"}}, False),
    ],
    ids=["monthly", "once", "over"],
)
async def test_who_is_paid_every_month_is_told_until_when(
    life: Life, service: str, family: dict[str, Any], says: bool
) -> None:
    newborn = family.pop("newborn", None)
    document = mother(**family)
    if newborn is not None:
        document |= {"children": [child(1, 0, born=date(2025, 2, 20)) | {"birth_order": 1} | newborn]}
    await life.settle(document)
    case = await ended(life, Outcome.CREDITED, service)
    await life.run(Step.NOTIFY, NoticeInput(case=case, key=case.key(Step.NOTIFY), kind=NoticeKind.PAID))
    (text_,) = life.sms.to(phone_of(1))
    (decision,) = [one.decision for one in await life.rows(FactsSnapshot, case)]
    until = date.fromisoformat(decision["until"]) if decision["until"] else date.max
    assert (f"{until:%d.%m.%Y} дейін" in text_) is says


# --- a right that is over may come again ------------------------------------------------------------------------------


async def test_a_right_that_has_ended_comes_again(life: Life) -> None:
    """Four children until the eldest was grown up, and four again with the newborn: told as paid already, for good."""
    eldest = child(1, 0, born=date(2007, 6, 9))
    others = [child(1, k) for k in (1, 2, 3)]
    await life.settle(mother(children=0) | {"children": [eldest, *others]})
    await ended(life, Outcome.CREDITED)
    (one,) = await entitled(life)
    assert one.until == date(2025, 6, 8)
    newborn = child(1, 7, born=date(2025, 8, 1))
    await life.settle(mother(children=0) | {"children": [eldest, *others, newborn]})
    async with life.card.transaction() as session:
        row = (
            await cases.open_case(
                session, service="multi-child", iin=iin_of(1), opened_by="zags:4", on=date(2025, 8, 20)
            )
        ).case
    case = Case(ref=row.ref, service=row.service, person_id=row.person_id, on=row.assessed_on)
    found = await detect(life, case)
    assert (found.ended, found.was, found.amount) == (None, None, Decimal(63030))
    await close(life, case, Outcome.CREDITED)
    (again,) = await entitled(life)
    assert again.case_ref == case.ref
    assert again.until is not None
    assert again.until > date(2025, 8, 20)


@pytest.mark.parametrize(("died_on", "ends"), [("2025-04-15", None), ("2025-06-02", Outcome.ALREADY_PAID)])
async def test_who_was_paid_has_died(life: Life, died_on: str, ends: Outcome | None) -> None:
    """The survivor was told that it is paid already; in the month of the death it is."""
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    async with life.card.transaction() as session:
        await session.execute(text("UPDATE persons SET died_on = :day"), {"day": date.fromisoformat(died_on)})
        (row,) = await session.scalars(select(RightRow))
        assert await entitlements.is_over(session, row, date(2025, 6, 10)) is (ends is None)


@pytest.mark.parametrize(
    ("died_on", "ends", "days"),
    [("2025-04-15", None, []), ("2025-06-02", Outcome.ALREADY_PAID, [date(2025, 7, 1)])],
    ids=["before this month", "in this month"],
)
async def test_what_somebody_was_paid_who_has_died_is_to_be_had(
    life: Life, died_on: str, ends: Outcome | None, days: list[date]
) -> None:
    """The register of persons knew of the death, nobody asked it, and the father was told that it is paid, for good."""
    both = child(1, 0, born=date(2025, 2, 20)) | {"birth_order": 1, "mother_iin": iin_of(1), "father_iin": iin_of(2)}
    await life.settle(mother(children=0) | {"children": [both]})
    await ended(life, Outcome.CREDITED, "childcare")
    dead, father = mother(children=0), mother(2, children=0) | {"children": [both]}
    await life.settle(dead | {"person": dead["person"] | {"died_on": died_on}}, father)
    case = await life.open(2, service="childcare", on=date(2025, 6, 10))
    found = await detect(life, case)
    assert (found.right, found.ended) == (Right.YES, ends)
    await close(life, case, ends or Outcome.CREDITED)
    async with life.card.transaction() as session:
        assert (await session.scalars(select(col(Look.day)))).all() == days, "from the next month it is to be had"
