"""The promises that the database itself keeps, each tried by two transactions at once."""

import asyncio
import re
import traceback
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import TextClause, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from adapters.registries.records import Language, Sex
from benefits import make_iin
from card import (
    Card,
    accounts,
    applications,
    cases,
    decisions,
    messages,
    migrate,
    money,
    parts,
    returns,
    rights,
    snapshots,
)
from card.store import MEANS, DatabaseError, DatabaseRefused
from card.tables import (
    Assignment,
    CaseRecord,
    Consent,
    IncomingMessage,
    LedgerAccount,
    LedgerEntry,
    MessageState,
    OutgoingMessage,
    Payment,
    RightName,
    RightRow,
    RightState,
)
from runtime.embedded.servers import Database
from tests.activities.database import BY_FORCE, answered, applied, ends_as, of_a_right, owed, paid, sent
from tests.card.conftest import ON, Cards
from workflows.model import Meaning, Outcome

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)

AMOUNT = Decimal("78798.00")
IBAN = "KZ36125KZT0000000010"


async def claim(session: AsyncSession, ref: str, basis: str, amount: Decimal) -> str | None:
    """The case becomes the attempt at the right with this name; or the ref of the one that is at it."""
    service = (await session.get_one(CaseRecord, ref)).service
    right = await rights.known_as(session, service, {basis})
    return await rights.take(session, ref, right, basis=basis, amount=amount, ground=None)


async def waits(work: "asyncio.Task[object]") -> None:
    """The work stands before a lock of somebody else's."""
    await asyncio.sleep(0.15)
    assert not work.done()


async def test_a_right_has_one_open_case_even_at_the_same_moment(cards: Cards) -> None:
    mine, other = await cards.open(), await cards.open(n=2)
    async with cards.card.transaction() as second:
        async with cards.card.transaction() as first:
            assert await claim(first, mine.ref, "ACT-1", AMOUNT) is None
            late = asyncio.ensure_future(claim(second, other.ref, "ACT-1", AMOUNT))
            await waits(late)
        holder = await late
        assert holder == mine.ref
        # The loser's transaction goes on: it may take the next right of the family.
        assert await claim(second, other.ref, "ACT-2", AMOUNT) is None
    async with cards.card.transaction() as session:
        bases = {case.ref: case.basis for case in await session.scalars(select(CaseRecord))}
    assert bases == {mine.ref: "ACT-1", other.ref: "ACT-2"}


async def test_a_claim_that_is_taken_back_leaves_the_right_free(cards: Cards) -> None:
    mine, other = await cards.open(), await cards.open(n=2)
    with suppress(RuntimeError):
        async with cards.card.transaction() as session:
            await claim(session, mine.ref, "ACT-1", AMOUNT)
            raise RuntimeError
    async with cards.card.transaction() as session:
        assert await claim(session, other.ref, "ACT-1", AMOUNT) is None


async def test_the_same_basis_under_another_service_is_another_right(cards: Cards) -> None:
    one, other = await cards.open(), await cards.open(service="childbirth")
    async with cards.card.transaction() as session:
        assert await claim(session, one.ref, "ACT-1", AMOUNT) is None
        assert await claim(session, other.ref, "ACT-1", AMOUNT) is None
        assert await claim(session, one.ref, "ACT-1", AMOUNT) is None, "its own right is no obstacle"


async def test_an_event_that_comes_ten_times_at_once_opens_one_case(cards: Cards) -> None:
    opened = await asyncio.gather(*(cards.open(opened_by="registry:17") for _ in range(10)))
    assert len({case.ref for case in opened}) == 1
    async with cards.card.transaction() as session:
        assert len((await session.scalars(select(CaseRecord))).all()) == 1


async def test_a_person_is_known_once_however_many_cases_come_at_once(cards: Cards) -> None:
    opened = await asyncio.gather(*(cards.open() for _ in range(10)))
    assert len({case.ref for case in opened}) == 10
    assert len({case.person_id for case in opened}) == 1


async def test_a_case_has_one_live_payment(cards: Cards) -> None:
    case = await cards.open()
    async with cards.card.transaction() as session:
        account = await accounts.know(session, case.person_id, IBAN, "bank")
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)

    def payment(key: str) -> Payment:
        return Payment(key=key, case_ref=case.ref, account_id=account.id, amount=AMOUNT)

    async with cards.card.transaction() as session:
        session.add(payment("credit"))
    with pytest.raises(DatabaseError, match="one_live_payment_a_case"):
        async with cards.card.transaction() as session:
            session.add(payment("credit:2"))
    async with cards.card.transaction() as session:
        (await session.get_one(Payment, "credit")).state = "rejected"
    async with cards.card.transaction() as session:
        session.add(payment("credit:2"))
    with pytest.raises(DatabaseError, match="one_live_payment_a_case"):
        async with cards.card.transaction() as session:
            session.add(payment("credit:3"))


ABOUT = money.About("budget", ON, ON)


async def test_the_books_take_a_key_once_and_nothing_else_under_it(cards: Cards) -> None:
    case = await cards.open()
    for _ in range(2):
        async with cards.card.transaction() as session:
            await owed(session, "assign", case.ref, AMOUNT, ABOUT)
    with pytest.raises(money.OtherEntry):
        async with cards.card.transaction() as session:
            await owed(session, "assign", case.ref, Decimal(5), ABOUT)
    async with cards.card.transaction() as session:
        assert (await session.get_one(LedgerEntry, "assign")).amount == AMOUNT


@pytest.mark.parametrize(
    "bad",
    [
        {"amount": Decimal(0)},
        {"amount": Decimal(-1)},
        {"amount": Decimal("NaN")},
        {"amount": AMOUNT + 1},
        {"credit": LedgerAccount.PAID},
        {"debit": LedgerAccount.WITHHELD},
        {"value_date": text("'infinity'")},
        {"debit": LedgerAccount.PAID, "credit": LedgerAccount.PAID},
        {"credit": "my own pocket"},
        {"debit": "nowhere"},
        {"payer": "me"},
        {"period": date(2025, 3, 2)},
        {"case_ref": "0000-0000-0"},
    ],
    ids=lambda bad: " ".join(f"{name}={value}" for name, value in bad.items()),
)
async def test_the_books_refuse_nonsense(cards: Cards, bad: dict[str, Any]) -> None:
    case = await cards.open()
    line: dict[str, Any] = {
        "key": "other",
        "case_ref": case.ref,
        "debit": LedgerAccount.ENTITLED,
        "credit": LedgerAccount.PAYABLE,
        "amount": AMOUNT,
        "payer": "budget",
        "period": ON,
        "value_date": ON,
    }
    async with cards.card.transaction() as session:
        ruling: dict[str, Any] = {"computed": AMOUNT, "amount": AMOUNT, "state": "assigned"}
        await applied(session, case.ref, "EM-1")
        await of_a_right(session, case.ref)
        session.add(Assignment(key="assign", case_ref=case.ref, application_number="EM-1", **ruling))
    with pytest.raises(DatabaseError):
        async with cards.card.transaction() as session:
            session.add(LedgerEntry(**line | bad))
    async with cards.card.transaction() as session:
        session.add(LedgerEntry(**line))


async def _assigned(cards: Cards, ref: str, **more: Any) -> None:
    """A body has assigned it, by the words of whoever writes; what else it rests on is there."""
    async with cards.card.transaction() as session:
        ruling: dict[str, Any] = {"computed": AMOUNT, "amount": AMOUNT, "state": "assigned"} | more
        await applied(session, ref, f"EM-{ref}")
        session.add(Assignment(key=f"{ref}:assign", case_ref=ref, application_number=f"EM-{ref}", **ruling))


async def _is_booked(cards: Cards, ref: str, amount: Decimal = AMOUNT, on: date = ON) -> None:
    async with cards.card.transaction() as session:
        await money.book_assigned(session, f"{ref}:assign", ref, amount, money.About("budget", on, ON))


@pytest.mark.parametrize("right", ["none", "without a name", "of another service"])
async def test_money_is_assigned_for_a_right_that_is_known(cards: Cards, right: str) -> None:
    """A case of no right, or of one made up beside the true one, was paid a second time for the same month."""
    case = await cards.open()
    await _assigned(cards, case.ref)
    async with cards.card.transaction() as session:
        found = await session.get_one(CaseRecord, case.ref)
        found.right_id = None
        if right != "none":
            row = RightRow(id=uuid4(), service=case.service, state="found")
            session.add(row)
            await session.flush()
            if right == "of another service":
                session.add(RightName(service="childcare", name="ACT-9", right_id=row.id))
            found.right_id, found.basis = row.id, "ACT-1"
    with pytest.raises(DatabaseRefused):
        await _is_booked(cards, case.ref)


async def test_a_difference_is_to_what_runs(cards: Cards) -> None:
    """With a hundredth of a tenge as what runs, a whole month was paid a second time."""
    first = await cards.open(opened_by="first")
    async with cards.card.transaction() as session:
        assert await claim(session, first.ref, "ACT-1", AMOUNT) is None
        await ends_as(session, first.ref, "credited")
        await cases.close(session, first.ref, "credited", None)
    refs = []
    for n, was in enumerate((Decimal("0.01"), AMOUNT)):
        more = await cards.open(opened_by=f"more {n}")
        async with cards.card.transaction() as session:
            assert await claim(session, more.ref, "ACT-1", AMOUNT * 2) is None
        await _assigned(cards, more.ref, was=was, computed=AMOUNT * 2, amount=AMOUNT * 2)
        refs.append(more.ref)
        if n == 0:
            with pytest.raises(DatabaseRefused):
                await _is_booked(cards, more.ref)
            async with cards.card.transaction() as session:
                await cases.close(session, more.ref, "closed_by_operator", None)
    await _is_booked(cards, refs[-1], AMOUNT)


async def _another_case(cards: Cards, name: str, was: Decimal, amount: Decimal) -> str:
    """Another case of the right, for which a body has assigned more than ran by the words of whoever writes."""
    more = await cards.open(opened_by=name)
    async with cards.card.transaction() as session:
        assert await claim(session, more.ref, "ACT-1", amount) is None
    await _assigned(cards, more.ref, was=was, computed=amount, amount=amount)
    return more.ref


@pytest.mark.parametrize(
    ("was", "amount", "once"),
    [(3 * AMOUNT, 4 * AMOUNT, False), (AMOUNT - 1, 2 * AMOUNT, False), (AMOUNT, 2 * AMOUNT, True)],
    ids=["inflated", "less than was paid", "of a right that is settled"],
)
async def test_a_difference_is_to_what_was_assigned_and_paid(
    cards: Cards, was: Decimal, amount: Decimal, once: bool
) -> None:
    """With more than ever ran, and as much more assigned, anything was payable beside what was decided."""
    first = await cards.open(opened_by="first")
    async with cards.card.transaction() as session:
        assert await claim(session, first.ref, "ACT-1", AMOUNT) is None
        (await session.get_one(CaseRecord, first.ref)).amount = AMOUNT
        await session.flush()
        await ends_as(session, first.ref, "credited")
        await cases.close(session, first.ref, "credited", None, once=once)
    ref = await _another_case(cards, "more", was, amount)
    with pytest.raises(DatabaseRefused):
        await _is_booked(cards, ref, amount - was)
    if not once:
        async with cards.card.transaction() as session:
            await cases.close(session, ref, "closed_by_operator", None)
        true = await _another_case(cards, "true", AMOUNT, amount)
        await _is_booked(cards, true, amount - AMOUNT)


async def test_no_more_is_assigned_for_a_month_than_was_ruled_for_it(cards: Cards) -> None:
    """The difference was to be had again and again."""
    first = await cards.open(opened_by="first")
    async with cards.card.transaction() as session:
        assert await claim(session, first.ref, "ACT-1", AMOUNT) is None
        (await session.get_one(CaseRecord, first.ref)).amount = AMOUNT
        await session.flush()
        await ends_as(session, first.ref, "credited")
        await cases.close(session, first.ref, "credited", None)
    second = await _another_case(cards, "second", AMOUNT, AMOUNT + 100)
    await _is_booked(cards, second, Decimal(100))
    async with cards.card.transaction() as session:
        await ends_as(session, second, "refused_by_person")
        await cases.close(session, second, "refused_by_person", None)
    third = await _another_case(cards, "third", AMOUNT, AMOUNT + 100)
    with pytest.raises(DatabaseRefused):
        await _is_booked(cards, third, Decimal(100))


INVENTED = {
    "taken up": "INSERT INTO decisions (key, case_ref, action, why, by, note, at) "
    "SELECT 'x', ref, 'taken-up', '', 'somebody', '', now() FROM cases WHERE outcome = 'credited'",
    "another payment came back": "INSERT INTO decisions (key, case_ref, action, why, by, note, at) "
    "SELECT 'credit:2:returned', ref, 'returned', '', 'somebody', '', now() FROM cases WHERE outcome = 'credited'",
    "came back and is in no book": "DO $$ BEGIN INSERT INTO decisions (key, case_ref, action, why, by, note, at) "
    "SELECT 'credit:returned', ref, 'returned', '', 'somebody', '', now() FROM cases WHERE outcome = 'credited'; "
    "UPDATE payments SET state = 'returned' WHERE key = 'credit'; END $$",
    "opened by an old decision": "UPDATE cases SET outcome = NULL, closed_at = NULL WHERE outcome = 'credited'",
    "to be had by an old decision": "UPDATE rights SET state = 'found' WHERE state = 'entitled'",
}


@pytest.mark.parametrize("deed", INVENTED.values(), ids=INVENTED)
async def test_no_invented_decision_pays_a_second_time(cards: Cards, deed: str) -> None:
    """The money came back once, was paid anew, and the decision of then opened the case for ever."""
    case = await cards.open()
    async with cards.card.transaction() as session:
        await rights.take(
            session,
            case.ref,
            await rights.known_as(session, case.service, {"mother"}),
            basis="mother",
            amount=AMOUNT,
            ground=None,
        )
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
        await paid(session, "credit:0", case, AMOUNT, IBAN, ON)
        await cases.close(session, case.ref, "credited", None)
    async with cards.card.transaction() as session:
        by: dict[str, Any] = {"account": IBAN[-4:], "reason": "AC04", "by": "a.omarova", "note": "", "on": ON}
        await returns.take_back(session, case.ref, **by)
    async with cards.card.transaction() as session:
        await paid(session, "credit", await cases.find(session, case.ref), AMOUNT, "KZ09125KZT0000000011", ON)
        await cases.close(session, case.ref, "credited", None)
    with pytest.raises(DatabaseError, match=r"CheckViolation|RestrictViolation"):
        await _execute(cards.card, text(deed), {})


@pytest.mark.parametrize(
    "month", [date(2000, 1, 1), ON - timedelta(days=70), date(9999, 1, 1)], ids=["2000", "before it", "9999"]
)
async def test_money_is_booked_for_a_month_of_its_case(cards: Cards, month: date) -> None:
    case = await cards.open()
    await _assigned(cards, case.ref)
    async with cards.card.transaction() as session:
        await of_a_right(session, case.ref)
    with pytest.raises(DatabaseRefused):
        await _is_booked(cards, case.ref, on=month.replace(day=1))
    await _is_booked(cards, case.ref)


async def test_no_other_entry_takes_the_key_of_a_payment(cards: Cards) -> None:
    """It could never be taken away again, and the payment never be booked."""
    case = await cards.open()
    async with cards.card.transaction() as session:
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
    accounts_ = {"debit": LedgerAccount.ENTITLED, "credit": LedgerAccount.WITHHELD}
    for key in (f"multi-child/{case.ref}:credit", f"multi-child/{case.ref}:credit:2"):
        with pytest.raises(DatabaseRefused):
            async with cards.card.transaction() as session:
                await money.book(session, key=key, case_ref=case.ref, amount=Decimal(1), about=ABOUT, **accounts_)


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE ledger SET amount = amount + 1",
        "UPDATE ledger SET case_ref = case_ref",
        "DELETE FROM ledger",
        "TRUNCATE ledger",
    ],
)
async def test_an_entry_stays(cards: Cards, deed: str) -> None:
    case = await cards.open()
    async with cards.card.transaction() as session:
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
    with pytest.raises(DatabaseError):
        await _execute(cards.card, text(deed), {})
    async with cards.card.transaction() as session:
        assert (await session.get_one(LedgerEntry, "assign")).amount == AMOUNT


async def test_nothing_is_credited_beyond_what_was_assigned(cards: Cards) -> None:
    await cards.without_payments()
    case, other = await cards.open(), await cards.open(n=2)
    async with cards.card.transaction() as session:
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
        await owed(session, "assign of another", other.ref, AMOUNT, ABOUT)
    for amount in (AMOUNT + Decimal("0.01"), Decimal(999_999)):
        with pytest.raises(DatabaseError):
            async with cards.card.transaction() as session:
                await money.book_credited(session, "credit", case.ref, amount, ON)
    async with cards.card.transaction() as session:
        await money.book_credited(session, "credit", case.ref, AMOUNT, ON)


async def test_two_credits_at_the_same_moment_are_not_both_covered(cards: Cards) -> None:
    await cards.without_payments()
    case = await cards.open()
    async with cards.card.transaction() as session:
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)

    async def credit(n: int) -> None:
        async with cards.card.transaction() as session:
            await money.book_credited(session, f"credit:{n}", case.ref, AMOUNT, ON)

    done = await asyncio.gather(*(credit(n) for n in range(6)), return_exceptions=True)
    assert done.count(None) == 1
    async with cards.card.transaction() as session:
        assert await money.money(session, case.ref) == money.Money(AMOUNT, AMOUNT, Decimal(0))


@pytest.mark.parametrize(
    "nonsense",
    [
        "UPDATE cases SET outcome = 'nonsense'",
        "UPDATE payments SET state = 'nonsense'",
        "UPDATE payments SET amount = -5",
        "UPDATE questions SET expects = 'money'",
        "UPDATE incoming SET received_at = '0001-01-01'",
        "UPDATE rights SET state = 'mine'",
        "UPDATE rights SET amount = -1",
        "UPDATE cases SET amount = -1",
        "UPDATE incoming SET meaning = 'maybe'",
        "UPDATE persons SET language = 'en'",
        "UPDATE ledger_accounts SET may_go_negative = true",
        "DELETE FROM ledger_accounts WHERE code = 'withheld'",
    ],
)
async def test_closed_sets_are_closed_in_the_database_too(cards: Cards, nonsense: str) -> None:
    case = await cards.open()
    async with cards.card.transaction() as session:
        account = await accounts.know(session, case.person_id, IBAN, "bank")
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
        session.add(Payment(key="credit", case_ref=case.ref, account_id=account.id, amount=AMOUNT))
        asked: dict[str, Any] = {"expects": "consent", "window_days": 3, "deadline": NOW, "phone": "+77010000001"}
        await messages.ask(session, key="offer", case_ref=case.ref, **asked)
        said = IncomingMessage(message_id="op:1", phone="+77010000001", text="?", received_at=NOW)
        await messages.store_incoming(session, said)
        await rights.known_as(session, "multi-child", {"ACT-1"})
    with pytest.raises(DatabaseError):
        await _execute(cards.card, text(nonsense), {})


ENUMS: dict[tuple[str, str], type[StrEnum]] = {
    ("cases", "outcome"): Outcome,
    ("rights", "state"): RightState,
    ("messages", "state"): MessageState,
    ("messages", "language"): Language,
    ("persons", "language"): Language,
    ("persons", "sex"): Sex,
    ("incoming", "meaning"): Meaning,
}


@pytest.mark.parametrize(("table", "column"), ENUMS, ids=str)
async def test_the_database_knows_the_words_that_the_code_knows(cards: Cards, table: str, column: str) -> None:
    """A word that is added to one and not to the other is refused at the first person who needs it."""
    rule = text(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = CAST(:table AS regclass) AND conname = :name"
    )
    async with cards.card.transaction() as session:
        kept = await session.scalar(rule, {"table": table, "name": f"a_known_{column}"})
    assert set(re.findall(r"'(\w+)'", kept or "")) == {str(word) for word in ENUMS[table, column]}


async def test_withheld_contributions_are_in_the_books_and_not_the_persons(cards: Cards) -> None:
    case = await cards.open()
    async with cards.card.transaction() as session:
        await snapshots.keep(session, "detect", case.ref, {}, {"withheld": "8755.00"})
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
        await money.book_withheld(session, "assign", case.ref, Decimal(8_755), ABOUT)
        assert await money.money(session, case.ref) == money.Money(AMOUNT, Decimal(0), AMOUNT)
    with pytest.raises(DatabaseError):
        async with cards.card.transaction() as session:
            await money.book_credited(session, "credit", case.ref, AMOUNT + Decimal(8_755), ON)


async def test_no_more_comes_back_than_went_out(cards: Cards) -> None:
    await cards.without_payments()
    case = await cards.open()
    async with cards.card.transaction() as session:
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
        await money.book_credited(session, "credit", case.ref, AMOUNT, ON)
    with pytest.raises(DatabaseError):
        async with cards.card.transaction() as session:
            await money.book_returned(session, "credit", case.ref, AMOUNT + 1, ON)
    async with cards.card.transaction() as session:
        await money.book_returned(session, "credit", case.ref, AMOUNT, ON)
        assert await money.money(session, case.ref) == money.Money(AMOUNT, Decimal(0), AMOUNT)


async def test_the_role_that_works_can_add_and_not_change(cards: Cards, postgres_server: Database) -> None:
    """As worker and gateway: everything that they do, and nothing to what stays or to what keeps it."""
    case = await cards.open()
    admin = cards.card.engine.url
    owner = admin.render_as_string(hide_password=False)
    async with await postgres_server.connect(admin.database or "") as connection:
        await connection.execute("CREATE ROLE works LOGIN")
    await asyncio.to_thread(migrate, owner, "works")
    works = Card(admin.set(username="works").render_as_string(hide_password=False))
    try:
        async with works.transaction() as session:
            await owed(session, "assign", case.ref, AMOUNT, ABOUT)
            await paid(session, "credit", case, AMOUNT, IBAN, ON)
            await cases.close(session, case.ref, "credited", None)
        for deed in (
            "UPDATE ledger SET amount = 1",
            "DELETE FROM ledger",
            "DELETE FROM decisions",
            "UPDATE ledger_accounts SET may_go_negative = true",
            "INSERT INTO ledger_accounts VALUES ('mine', 'KZT', true)",
            "ALTER TABLE ledger DISABLE TRIGGER entries_stay",
            "DROP TRIGGER entries_are_covered ON ledger",
            "UPDATE consents SET given = true",
            "CREATE TEMPORARY TABLE ledger_accounts (code text, may_go_negative boolean)",
        ):
            with pytest.raises(DatabaseError, match="InsufficientPrivilege"):
                await _execute(works, text(deed), {})
    finally:
        await works.close()
        async with await postgres_server.connect(admin.database or "") as connection:
            await connection.execute("DROP OWNED BY works")
            await connection.execute("DROP ROLE works")


async def test_an_account_is_known_once_a_person(cards: Cards) -> None:
    case, other = await cards.open(), await cards.open(n=2)

    async def know(person: CaseRecord, iban: str) -> object:
        async with cards.card.transaction() as session:
            return (await accounts.know(session, person.person_id, iban, "bank")).id

    assert len({*await asyncio.gather(*(know(case, IBAN) for _ in range(5)))}) == 1
    assert await know(other, IBAN) != await know(case, IBAN), "a shared account is known to each of its owners"


@pytest.mark.parametrize(
    ("people", "named"),
    [
        ("(gen_random_uuid(), :iin, :name, 'kk'), (gen_random_uuid(), :iin, :name, 'kk')", "persons_iin_key"),
        ("(gen_random_uuid(), :iin, :name, NULL)", "language"),
        ("(gen_random_uuid(), :iin || :name, :name, 'kk')", "StringDataRightTruncation"),
        ("(CAST(:name AS uuid), :iin, :name, 'kk')", "InvalidTextRepresentation"),
    ],
    ids=["twice", "missing", "too long", "other type"],
)
async def test_an_error_of_the_database_names_the_rule_and_nobody(cards: Cards, people: str, named: str) -> None:
    """Temporal keeps the text of errors and workers log it: neither parameters nor the row may be in it."""
    person = {"iin": make_iin(ON.replace(year=1990), "female", 7), "name": "Үлгіқызы"}
    sql = text(f"INSERT INTO persons (id, iin, family_name, language) VALUES {people}")  # noqa: S608  (our own)
    with pytest.raises(DatabaseError) as caught:
        await _execute(cards.card, sql, person)
    logged = "".join(traceback.format_exception(caught.value))
    assert named in str(caught.value)
    assert not [value for value in person.values() if value in logged]


async def _execute(card: Card, sql: TextClause, values: dict[str, str]) -> None:
    async with card.transaction() as session:
        await session.execute(sql, values)


async def test_one_case_is_credited_once_whatever_a_transaction_sees(cards: Cards) -> None:
    """A snapshot that was taken before the other's entry sees all of it left: such a transaction writes no money."""
    case = await cards.open()
    async with cards.card.transaction() as session:
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
    for isolation in ("REPEATABLE READ", "SERIALIZABLE"):
        with pytest.raises(DatabaseError):
            await _credit_in(cards.card, isolation, case.ref)


async def test_a_payment_is_covered_and_goes_to_the_person_alone(cards: Cards) -> None:
    case, other = await cards.open(), await cards.open(n=2)
    async with cards.card.transaction() as session:
        mine = await accounts.know(session, case.person_id, IBAN, "bank")
        theirs = await accounts.know(session, other.person_id, IBAN, "bank")
    payment: dict[str, Any] = {"key": "credit", "case_ref": case.ref, "account_id": mine.id, "amount": AMOUNT}
    with pytest.raises(DatabaseError):
        await _add(cards.card, Payment(**payment))
    async with cards.card.transaction() as session:
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
    for bad in ({"account_id": theirs.id}, {"amount": AMOUNT + 1}, {"amount": Decimal("NaN")}):
        with pytest.raises(DatabaseError):
            await _add(cards.card, Payment(**payment | bad))
    await _add(cards.card, Payment(**payment))


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE payments SET amount = 1",
        "UPDATE payments SET case_ref = (SELECT min(ref) FROM cases WHERE ref <> case_ref)",
        "UPDATE payments SET account_id = gen_random_uuid()",
        "UPDATE payments SET state = 'rejected'",
        "UPDATE payments SET state = 'intended'",
        "DELETE FROM payments",
        "TRUNCATE payments",
        "UPDATE assignments SET amount = amount + 1",
        "UPDATE assignments SET case_ref = 'x'",
        "DELETE FROM assignments",
        "UPDATE accounts SET iban = 'KZ00'",
        "UPDATE incoming SET text = 'да'",
        "UPDATE incoming SET phone = '+77010000009'",
        "UPDATE consents SET given = false",
        "DELETE FROM consents",
        "INSERT INTO consents SELECT 'x', case_ref, true, 'no question', message_id, now(), now() FROM consents",
    ],
)
async def test_what_was_decided_sent_and_said_stays(cards: Cards, deed: str) -> None:
    case = await cards.open()
    await cards.open(n=2)
    async with cards.card.transaction() as session:
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
        await paid(session, "credit", case, AMOUNT, IBAN, ON)
    with pytest.raises(DatabaseError):
        await _execute(cards.card, text(deed), {})


@pytest.mark.parametrize(
    ("expects", "of_the_asked", "phone"),
    [("account", True, 1), ("consent", False, 1), ("consent", True, 2)],
    ids=["an account number", "another case's question", "another's phone"],
)
async def test_a_yes_is_the_asked_ones_to_this_question(
    cards: Cards, expects: str, of_the_asked: bool, phone: int
) -> None:
    """With a case that called itself another's, a stranger's yes was recorded as hers."""
    case, other = await cards.open(), await cards.open(n=2)
    asked: dict[str, Any] = {"expects": expects, "window_days": 3, "deadline": NOW, "phone": "+77010000001"}
    said = IncomingMessage(message_id="op:1", phone=f"+7701000000{phone}", text="Иә", received_at=NOW)
    yes: dict[str, Any] = {"given": True, "question_key": "offer", "message_id": "op:1", "received_at": NOW}
    async with cards.card.transaction() as session:
        await messages.ask(session, key="offer", case_ref=case.ref, **asked)
        await messages.store_incoming(session, said)
    with pytest.raises(DatabaseRefused):
        async with cards.card.transaction() as session:
            session.add(Consent(key="yes", case_ref=case.ref if of_the_asked else other.ref, applied_on=ON, **yes))
    with pytest.raises(DatabaseRefused):
        await _execute(cards.card, text("UPDATE questions SET phone = '+77010000002'"), {})


ENTRY = (
    "INSERT INTO ledger (key, case_ref, debit, credit, amount, payer, period, value_date) "
    "SELECT {key}, case_ref, {debit}, {credit}, {amount}, {payer}, {period}, value_date "
    "FROM ledger WHERE key = 'assign'"
)
AS_ASSIGNED = {"amount": "amount", "payer": "payer", "period": "period"}
PAID = {"key": "'x'", "debit": "'payable'", "credit": "'paid'", **AS_ASSIGNED}
BACK = {"key": "'credit:returned'", "debit": "'paid'", "credit": "'payable'", **AS_ASSIGNED}
KEPT = {"key": "'x'", "debit": "'entitled'", "credit": "'withheld'", **AS_ASSIGNED}
FRESH = (
    "WITH fresh AS (INSERT INTO rights (id, service, state, since, offers, refusals) "
    "SELECT gen_random_uuid(), service, 'found', now(), 0, 0 FROM rights LIMIT 1 RETURNING id) "
)
OUT_OF_ORDER = {
    "an entry without a payment": ENTRY.format(**PAID),
    "withheld without bound": ENTRY.format(**{**KEPT, "amount": "9999999"}),
    "of the year 1500": ENTRY.format(**{**KEPT, "amount": "1", "period": "date '1500-01-01'"}),
    "an unbooked return": ENTRY.format(**BACK),
    "settled at once": "INSERT INTO payments SELECT 'x', case_ref, account_id, 1, 'settled', NULL, NULL, now(), NULL "
    "FROM payments",
    "without a yes": "INSERT INTO payments SELECT 'x', (SELECT ref FROM cases WHERE ref <> case_ref), account_id, 1, "
    "'intended', NULL, NULL, now(), NULL FROM payments",
    "back by nobody": "UPDATE payments SET state = 'returned'",
    "refused afterwards": "UPDATE assignments SET state = 'refused'",
    "another's case": "UPDATE cases SET person_id = (SELECT id FROM persons WHERE id <> person_id LIMIT 1)",
    "another number": "UPDATE persons SET iin = '000000000000'",
    "another ending": "UPDATE cases SET outcome = 'lapsed' WHERE outcome = 'credited'",
    "open again by nobody": "UPDATE cases SET outcome = NULL WHERE outcome = 'credited'",
    "to be had again": "UPDATE rights SET state = 'found'",
    "what was said": "DELETE FROM incoming",
    "to another question": "UPDATE incoming SET question_key = NULL",
    "what was found": "DELETE FROM facts_snapshots",
    "its names": "DELETE FROM right_names",
    "a ruling on no application": "INSERT INTO assignments "
    "(key, case_ref, application_number, computed, amount, state) "
    "SELECT 'x', ref, 'none', 9999999, 9999999, 'assigned' FROM cases WHERE outcome IS NULL",
    "applied for without a yes": "INSERT INTO applications (key, case_ref, applied_on, state) "
    "SELECT 'x', ref, now(), 'intended' FROM cases WHERE outcome IS NULL",
    "an application under another number": "UPDATE applications SET number = 'EM-9'",
    "an application that lacked something": "UPDATE applications SET state = 'missing_document', number = NULL",
    "of another day": "UPDATE applications SET applied_on = '1990-01-01'",
    "no application": "DELETE FROM applications",
    "what was sent": "DELETE FROM messages",
    "what was delivered": "DELETE FROM receipts",
    "in which parts": "DELETE FROM message_parts",
    "granted by hand": "INSERT INTO decisions (key, case_ref, action, why, by, note, at) "
    "SELECT 'x', ref, 'granted-unasked', '', 'somebody', '', now() FROM cases WHERE outcome IS NULL",
    "its other name": "UPDATE right_names SET name = 'x'",
    "its name for a fresh one": f"{FRESH} UPDATE right_names SET right_id = (SELECT id FROM fresh)",  # noqa: S608
    "one with a fresh one": f"{FRESH} UPDATE rights SET same_as = (SELECT id FROM fresh)",  # noqa: S608
    "about nothing": "UPDATE cases SET right_id = NULL WHERE outcome = 'credited'",
    "what became of it": "UPDATE payments SET bank_reference = 'x'",
    "paid by nobody": "UPDATE cases SET outcome = 'credited' WHERE outcome IS NULL",
    "refused by nobody": "UPDATE cases SET outcome = 'refused_by_person' WHERE outcome IS NULL",
    "served by nobody": "UPDATE rights SET state = 'settled' WHERE state = 'found'",
    "served from the first": "INSERT INTO rights (id, service, state, offers, refusals) "
    "VALUES (gen_random_uuid(), 'childbirth', 'entitled', 0, 0)",
    "decided by other facts": "UPDATE facts_snapshots SET facts = '{}'",
    "never sent": "UPDATE messages SET state = 'intended'",
    "on its way again": "UPDATE messages SET state = 'sent'",
    "heard of it otherwise": "UPDATE events SET on_day = '1990-01-01'",
    "heard of it never": "DELETE FROM events",
    "did not arrive": "UPDATE receipts SET delivered = false",
    "another part": "UPDATE message_parts SET message_key = 'x'",
    "a difference to nothing": "INSERT INTO assignments (key, case_ref, application_number, computed, amount, state, "
    "was) SELECT 'x', case_ref, number, 100, 100, 'assigned', 0 FROM applications WHERE state = 'registered'",
    "money of no right": "UPDATE cases SET right_id = (SELECT id FROM rights WHERE state = 'found') "
    "WHERE outcome = 'credited'",
    "another name at the bank": "UPDATE payments SET end_to_end_id = 'x'",
    "come back from nowhere": "INSERT INTO decisions (key, case_ref, action, why, by, note, at) "
    "SELECT 'x', ref, 'returned', '', 'somebody', '', now() FROM cases WHERE outcome = 'credited'",
    "asked before": "UPDATE questions SET opened_at = opened_at - interval '1 day'",
    "brought again": "UPDATE incoming SET relayed_at = NULL",
    "another amount of what is over": "UPDATE cases SET amount = 1 WHERE outcome = 'credited'",
    "over on another day": "UPDATE cases SET closed_at = closed_at - interval '40 days' WHERE outcome = 'credited'",
    "decided anew after the end": "INSERT INTO facts_snapshots (key, case_ref, facts, decision) "
    "SELECT 'x', ref, '{}', '{}' FROM cases WHERE outcome = 'credited'",
    "decided at another time": "UPDATE facts_snapshots SET taken_at = taken_at + interval '1 day'",
    "one with a right of another service": "WITH fresh AS (INSERT INTO rights (id, service, state, offers, refusals) "
    "VALUES (gen_random_uuid(), 'burial', 'found', 0, 0) RETURNING id) "
    "UPDATE rights SET same_as = (SELECT id FROM fresh) WHERE state = 'found'",
    "another amount that runs": "UPDATE rights SET amount = 1 WHERE state = 'entitled'",
    "withheld of nothing": ENTRY.format(**{**KEPT, "amount": "1"}),
}


@pytest.mark.parametrize("deed", OUT_OF_ORDER.values(), ids=OUT_OF_ORDER)
async def test_money_goes_in_its_order_alone(cards: Cards, deed: str) -> None:
    """Each was taken from the program's own role, and several of them in a row paid a right a second time."""
    case = await cards.open()
    await cards.open(n=2)
    async with cards.card.transaction() as session:
        right = await rights.known_as(session, case.service, {"mother"})
        await rights.take(session, case.ref, right, basis="mother", amount=AMOUNT, ground=None)
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
        incoming = await session.get_one(IncomingMessage, f"said/{case.ref}")
        incoming.question_key = f"asked/{case.ref}"
        await paid(session, "credit", case, AMOUNT, IBAN, ON)
        await snapshots.keep(session, "detect", case.ref, {}, {"amount": "78798"})
        await cases.close(session, case.ref, "credited", None)
        await rights.known_as(session, case.service, {"another"})
        await cases.heard_of(session, "registry:1", "birth", "850312450017", ON)
        said: dict[str, Any] = {"language": "kk", "kind": "offer", "text": "?", "parts": 1, "paid_by": "budget"}
        await messages.intend(session, OutgoingMessage(key="m", case_ref=case.ref, phone="+77010000001", **said))
        await messages.mark_sent(session, "m", ["1a"], NOW)
        await messages.mark_failed(session, "m")
        await parts.store_receipts(session, [parts.Received("1a", delivered=True, at=NOW)])
    with pytest.raises(DatabaseError, match=r"CheckViolation|RestrictViolation"):
        await _execute(cards.card, text(deed), {})


async def test_rights_that_are_one_stay_so_and_point_at_the_one_that_counts(cards: Cards) -> None:
    """A second payment of the month was booked under a right that was taken apart for as long as that took."""
    async with cards.card.transaction() as session:
        for name in ("a", "b", "c"):
            await rights.known_as(session, "childbirth", {name})
        await rights.known_as(session, "childbirth", {"a", "b"})
    for deed in (
        "UPDATE rights SET same_as = NULL",
        "UPDATE rights SET same_as = (SELECT id FROM rights WHERE same_as IS NOT NULL) WHERE same_as IS NULL",
        "UPDATE rights r SET same_as = (SELECT id FROM rights WHERE same_as IS NULL AND id <> r.id LIMIT 1) "
        "WHERE id IN (SELECT same_as FROM rights)",
    ):
        with pytest.raises(DatabaseError, match=r"CheckViolation|RestrictViolation"):
            await _execute(cards.card, text(deed), {})


async def test_nobody_answers_what_was_not_asked_before(cards: Cards) -> None:
    """She had written "Иә" before anything was asked; it was tied to the question, and credited."""
    case = await cards.open()
    phone, at = "+77010000001", datetime.now(UTC)

    async def written(message_id: str, **members: Any) -> None:
        sms: dict[str, Any] = {"message_id": message_id, "phone": phone, "text": "Иә", "received_at": at}
        async with cards.card.transaction() as session:
            await messages.store_incoming(session, IncomingMessage(**sms | members))

    async def agrees(message_id: str, **members: Any) -> None:
        yes: dict[str, Any] = {"given": True, "question_key": "offer", "message_id": message_id, "received_at": at}
        async with cards.card.transaction() as session:
            session.add(Consent(key="yes", case_ref=case.ref, **yes | {"applied_on": at.date()} | members))

    await written("early")
    async with cards.card.transaction() as session:
        asked: dict[str, Any] = {"expects": "consent", "window_days": 3, "deadline": at + timedelta(days=3)}
        await messages.ask(session, key="offer", case_ref=case.ref, phone=phone, **asked)
        await sent(session, "offer", case.ref, phone)
    late, long_ago = at + timedelta(days=90), at - timedelta(days=90)
    await written("good")
    await written("no", meaning="no")
    await written("part", complete=False)
    await written("late", received_at=late)
    await written("of before", received_at=long_ago)
    for wrong in (
        {"message_id": "early"},
        {"message_id": "no"},
        {"message_id": "part"},
        {"message_id": "late", "received_at": late, "applied_on": late.date()},
        {"message_id": "of before", "received_at": long_ago, "applied_on": long_ago.date()},
        {"message_id": "good", "received_at": at + timedelta(days=1)},
        {"message_id": "good", "applied_on": date(1990, 1, 1)},
    ):
        with pytest.raises(DatabaseRefused):
            await agrees(**wrong)
    with pytest.raises(DatabaseRefused):
        await _execute(cards.card, text("UPDATE incoming SET question_key = 'offer' WHERE message_id = 'early'"), {})
    await agrees("good")


async def test_another_amount_is_accepted_by_somebody_and_a_payment_made_is_booked(cards: Cards) -> None:
    case = await cards.open()
    async with cards.card.transaction() as session:
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
        to = await accounts.know(session, case.person_id, IBAN, "bank")
        session.add(Payment(key="credit", case_ref=case.ref, account_id=to.id, amount=AMOUNT))
        await session.execute(BY_FORCE)
        (await session.get_one(Assignment, "assign")).state = "contested"
    other = await cards.open(n=2)
    async with cards.card.transaction() as session:
        await applied(session, other.ref, "EM-2")
    forged = "INSERT INTO assignments (key, case_ref, application_number, computed, amount, state) VALUES "
    for deed in (
        f"{forged} ('x', '{other.ref}', 'EM-2', 100, 999999, 'assigned')",
        f"{forged} ('x', '{other.ref}', 'EM-2', 100, 999999, 'accepted')",
        "UPDATE assignments SET state = 'accepted'",
        "UPDATE payments SET state = 'settled'",
    ):
        with pytest.raises(DatabaseError, match=r"CheckViolation|RestrictViolation"):
            await _execute(cards.card, text(deed), {})
    async with cards.card.transaction() as session:
        by: dict[str, Any] = {"action": "accept-amount", "why": "amounts_differ", "by": "a.omarova", "note": ""}
        await decisions.write(session, key="d", case_ref=case.ref, at=NOW, **by)
    await _execute(cards.card, text("UPDATE assignments SET state = 'accepted'"), {})


async def test_a_decision_under_the_key_of_another_is_a_row_of_its_own(cards: Cards) -> None:
    """A close under the id of a note that somebody else had made left nothing of who closed."""
    case = await cards.open()
    for _ in range(2):
        for action, by in (("note", "a.omarova"), ("close", "mallory")):
            async with cards.card.transaction() as session:
                said = {"action": action, "why": "overdue", "by": by, "note": ""}
                await decisions.write(session, key="d", case_ref=case.ref, at=NOW, **said)
    async with cards.card.statements() as session:
        made = await decisions.of_case(session, case.ref)
    assert sorted((one.action, one.by) for one in made) == [("close", "mallory"), ("note", "a.omarova")]


async def _credit_in(card: Card, isolation: str, ref: str) -> None:
    async with card.transaction() as session:
        await session.execute(text(f"SET TRANSACTION ISOLATION LEVEL {isolation}"))
        await money.book_credited(session, "credit", ref, AMOUNT, ON)


async def _add(card: Card, row: Payment) -> None:
    async with card.transaction() as session:
        session.add(row)


async def test_a_body_rules_on_what_was_reckoned_for_an_open_case(cards: Cards) -> None:
    """A case that was over, or another sum than was reckoned: a hundred millions were assigned."""
    case = await cards.open()
    async with cards.card.transaction() as session:
        await of_a_right(session, case.ref)
        (await cases.find(session, case.ref)).amount = AMOUNT
    with pytest.raises(DatabaseRefused, match="what was reckoned"):
        await _assigned(cards, case.ref, computed=AMOUNT + 1, amount=AMOUNT + 1)
    over = await cards.open(n=2)
    async with cards.card.transaction() as session:
        await of_a_right(session, over.ref)
        await cases.close(session, over.ref, "no_right", None)
    with pytest.raises(DatabaseRefused, match="for a case that is open"):
        await _assigned(cards, over.ref)
    await _assigned(cards, case.ref)


async def test_a_yes_is_not_written_long_before_it_came(cards: Cards) -> None:
    """A row that said it had come weeks ago was a yes in time."""
    case = await cards.open()
    now = datetime.now(UTC)
    early = now - timedelta(days=9)
    async with cards.card.transaction() as session:
        await session.execute(BY_FORCE)
        asked: dict[str, Any] = {"expects": "consent", "window_days": 3, "deadline": now, "phone": "+77010000001"}
        question = await messages.ask(session, key="offer", case_ref=case.ref, **asked)
        question.opened_at = now - timedelta(days=10)
        session.add(question)
    async with cards.card.transaction() as session:
        sms: dict[str, Any] = {"message_id": "op:1", "phone": "+77010000001", "text": "Иә"}
        await messages.store_incoming(session, IncomingMessage(**sms, received_at=early, stored_at=early))
    async with cards.card.transaction() as session:
        assert (await session.get_one(IncomingMessage, "op:1")).stored_at >= now, "the database knows when it came"
    yes: dict[str, Any] = {"given": True, "question_key": "offer", "message_id": "op:1", "received_at": early}
    with pytest.raises(DatabaseRefused, match="no SMS centre keeps a message so long"):
        async with cards.card.transaction() as session:
            session.add(Consent(key="yes", case_ref=case.ref, applied_on=early.date(), **yes))


async def test_a_bank_has_a_number_for_what_it_has_paid(cards: Cards) -> None:
    case = await cards.open()
    async with cards.card.transaction() as session:
        await owed(session, "assign", case.ref, AMOUNT, ABOUT)
        to = await accounts.know(session, case.person_id, IBAN, "bank")
        session.add(Payment(key="credit", case_ref=case.ref, account_id=to.id, amount=AMOUNT))
    with pytest.raises(DatabaseRefused, match="under which number it has paid"):
        await _execute(cards.card, text("UPDATE payments SET state = 'settled'"), {})


async def test_a_number_that_e_maket_gives_twice_is_told_in_words(cards: Cards) -> None:
    """An operator read "UniqueViolation 23505 applications_number_key", and nothing of what to do."""
    mine, other = await cards.open(), await cards.open(n=2)
    async with cards.card.transaction() as session:
        await owed(session, "assign", mine.ref, AMOUNT, ABOUT)
        await answered(session, other.ref)
        await applications.intend(session, "apply", other.ref, ON)
    same = {"number": f"EM-{mine.ref}"}
    with pytest.raises(DatabaseRefused, match=r"the number of another person's or case's: ask E-Maket.*`retry`"):
        await _execute(cards.card, text("UPDATE applications SET number = :number WHERE key = 'apply'"), same)


async def test_each_rule_that_is_told_in_words_is_there(cards: Cards) -> None:
    async with cards.card.transaction() as session:
        kept = set(await session.scalars(text("SELECT indexname FROM pg_indexes")))
    assert set(MEANS) <= kept


@pytest.mark.parametrize("table_", ["payments", "ledger", "applications", "decisions"])
async def test_nothing_is_written_under_the_key_of_another_case(cards: Cards, table_: str) -> None:
    """A step finds what stands under its key: a stranger's payment there was paid, and then her own."""
    mine, other = await cards.open(), await cards.open(n=2)
    key = f"multi-child/{other.ref}:credit"
    values = {
        "payments": "(key, case_ref, account_id, amount, state) VALUES (:key, :ref, gen_random_uuid(), 1, 'intended')",
        "ledger": (
            "(key, case_ref, debit, credit, amount, payer, period, value_date) "
            "VALUES (:key, :ref, 'payable', 'paid', 1, 'budget', '2025-03-01', '2025-03-01')"
        ),
        "applications": "(key, case_ref, applied_on, state) VALUES (:key, :ref, '2025-03-01', 'intended')",
        "decisions": (
            "(key, case_ref, action, why, by, note, at) VALUES (:key, :ref, 'retry', 'x', 'a.omarova', '', now())"
        ),
    }
    with pytest.raises(DBAPIError, match="a key of its case"):
        async with cards.card.engine.begin() as connection:
            await connection.execute(text(f"INSERT INTO {table_} {values[table_]}"), {"key": key, "ref": mine.ref})


async def test_a_case_that_is_over_pays_nothing(cards: Cards) -> None:
    case = await cards.open()
    async with cards.card.transaction() as session:
        await ends_as(session, case.ref, Outcome.CREDITED)
        await cases.close(session, case.ref, Outcome.CREDITED, None)
        account = (await session.scalars(text("SELECT id FROM accounts"))).first()
    with pytest.raises(DBAPIError, match="a case that is over pays nothing"):
        async with cards.card.engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO payments (key, case_ref, account_id, amount, state) VALUES ('k', :ref, :id, 1, :s)"),
                {"ref": case.ref, "id": account, "s": "intended"},
            )


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (
            "UPDATE applications SET state = 'rejected'",
            "UPDATE applications SET state = 'registered'",
        ),
        ("UPDATE incoming SET meaning = 'no'", "UPDATE incoming SET meaning = 'yes'"),
    ],
    ids=["application", "meaning"],
)
async def test_what_was_turned_down_or_understood_stays(cards: Cards, first: str, then: str) -> None:
    case = await cards.open()
    async with cards.card.transaction() as session:
        await ends_as(session, case.ref, Outcome.CREDITED)
        await session.execute(BY_FORCE)
        await session.execute(text(first))
    with pytest.raises(DBAPIError):
        async with cards.card.engine.begin() as connection:
            await connection.execute(text(then))
