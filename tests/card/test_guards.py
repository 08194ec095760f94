"""The promises that the database itself keeps, each tried by two transactions at once."""

import asyncio
import traceback
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from benefits import make_iin
from card import Card, money, rights
from card.store import DatabaseError
from card.tables import CaseRecord, LedgerAccount, LedgerEntry, Payment
from tests.card.conftest import ON, Cards

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
        account = await money.know_account(session, case.person_id, IBAN, "bank")

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


async def test_the_books_take_a_key_once_and_refuse_nonsense(cards: Cards) -> None:
    case = await cards.open()
    for amount in (AMOUNT, Decimal(5)):
        async with cards.card.transaction() as session:
            await money.book_assigned(session, "assign", case.ref, amount)
    async with cards.card.transaction() as session:
        assert (await session.get_one(LedgerEntry, "assign")).amount == AMOUNT, "the books never change a line"
    line: dict[str, Any] = {"debit": LedgerAccount.ENTITLED, "credit": LedgerAccount.PAYABLE, "amount": AMOUNT}
    wrong: list[dict[str, Any]] = [
        {"amount": Decimal(0)},
        {"amount": Decimal(-1)},
        {"debit": LedgerAccount.PAID, "credit": LedgerAccount.PAID},
    ]
    for bad in wrong:
        with pytest.raises(DatabaseError):
            async with cards.card.transaction() as session:
                session.add(LedgerEntry(key="other", case_ref=case.ref, **line | bad))


async def test_an_account_is_known_once_a_person(cards: Cards) -> None:
    case, other = await cards.open(), await cards.open(n=2)

    async def know(person: CaseRecord, iban: str) -> object:
        async with cards.card.transaction() as session:
            return (await money.know_account(session, person.person_id, iban, "bank")).id

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
