"""The books: whatever is booked in whatever order and however often, assigned = credited + pending, to the tiyn."""

from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from card import money
from card.store import DatabaseRefused
from card.tables import Assignment, LedgerEntry
from tests.activities.database import applied, of_a_right
from tests.card.conftest import ON, Cards

ABOUT = money.About("fund", ON, ON)

_runs = count(1)
amounts = st.decimals(min_value="0.01", max_value="9999999.99", places=2)
bookings = st.lists(
    st.tuples(st.sampled_from(["assigned", "credited"]), st.integers(0, 2), st.integers(0, 3), amounts), max_size=12
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bookings)
async def test_the_books_balance(cards: Cards, done: list[tuple[str, int, int, Decimal]]) -> None:
    """What is beyond what was assigned, or another sum under a known key, is refused and changes nothing."""
    run = next(_runs)
    await cards.without_payments()
    refs = [(await cards.open(opened_by=f"{run}: case {n}")).ref for n in range(3)]
    async with cards.card.transaction() as session:
        for ref in refs:
            much: dict[str, Any] = {"computed": 10**8, "amount": 10**8, "state": "assigned"}
            await applied(session, ref, f"EM-{ref}")
            await of_a_right(session, ref)
            session.add(Assignment(key=f"{ref}:assign", case_ref=ref, application_number=f"EM-{ref}", **much))
    want: dict[str, tuple[str, int, Decimal]] = {}

    def left(case: int) -> Decimal:
        mine = [(what, amount) for what, number, amount in want.values() if number == case]
        return sum((amount if what == "assigned" else -amount for what, amount in mine), Decimal(0))

    for what, case, n, amount in done:
        key = f"{run}/{refs[case]}:{what}:{n}"
        known = want.get(key)
        other = known is not None and known[2] != amount
        beyond = known is None and what == "credited" and amount > left(case)
        try:
            async with cards.card.transaction() as session:
                if what == "assigned":
                    await money.book_assigned(session, key, refs[case], amount, ABOUT)
                else:
                    await money.book_credited(session, key, refs[case], amount, ON)
        except (DatabaseRefused, money.OtherEntry):
            # A repetition is refused too where nothing is left: the guard comes before the key.
            assert other or beyond or (what == "credited" and amount > left(case))
        else:
            assert not other
            assert not beyond
            want.setdefault(key, (what, case, amount))
    async with cards.card.transaction() as session:
        of_cases = [await money.money(session, ref) for ref in refs]
        entries = (await session.scalars(select(LedgerEntry).where(col(LedgerEntry.case_ref).in_(refs)))).all()
    assert {entry.payer for entry in entries} <= {"fund"}
    for number, sums in enumerate(of_cases):
        mine = [(what, amount) for what, case, amount in want.values() if number == case]
        assert sums.assigned == sum(amount for what, amount in mine if what == "assigned")
        assert sums.credited == sum(amount for what, amount in mine if what == "credited")
        assert sums.assigned == sums.credited + sums.pending
        assert sums.pending >= 0


async def test_nothing_booked_is_nought(cards: Cards) -> None:
    async with cards.card.transaction() as session:
        assert await money.money(session) == money.Money(Decimal(0), Decimal(0), Decimal(0))
        assert await money.money(session, "no such case") == money.Money(Decimal(0), Decimal(0), Decimal(0))
