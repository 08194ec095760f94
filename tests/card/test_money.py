"""The books: whatever is booked in whatever order and however often, assigned = credited + pending, to the tiyn."""

from decimal import Decimal
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from card import money
from card.tables import LedgerEntry
from tests.card.conftest import Cards

_runs = count(1)
amounts = st.decimals(min_value="0.01", max_value="999999999999.99", places=2)
bookings = st.lists(
    st.tuples(st.sampled_from(["assigned", "credited"]), st.integers(0, 2), st.integers(0, 3), amounts), max_size=12
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bookings)
async def test_the_books_balance(cards: Cards, done: list[tuple[str, int, int, Decimal]]) -> None:
    run = next(_runs)
    refs = [(await cards.open(opened_by=f"case {n}")).ref for n in range(3)]
    want: dict[str, tuple[str, int, Decimal]] = {}
    async with cards.card.transaction() as session:
        await session.execute(delete(LedgerEntry))
        for what, case, n, amount in done:
            key = f"{run}/{refs[case]}:{what}:{n}"
            want.setdefault(key, (what, case, amount))
            book = money.book_assigned if what == "assigned" else money.book_credited
            await book(session, key, refs[case], amount)
        of_cases = [await money.money(session, ref) for ref in refs]
        of_all = await money.money(session)
    for number, sums in enumerate([*of_cases, of_all]):
        mine = [(what, amount) for what, case, amount in want.values() if number in (case, len(refs))]
        assert sums.assigned == sum(amount for what, amount in mine if what == "assigned")
        assert sums.credited == sum(amount for what, amount in mine if what == "credited")
        assert sums.assigned == sums.credited + sums.pending
    assert all(isinstance(sum_, Decimal) for sum_ in (of_all.assigned, of_all.credited, of_all.pending))


async def test_nothing_booked_is_nought(cards: Cards) -> None:
    async with cards.card.transaction() as session:
        assert await money.money(session) == money.Money(Decimal(0), Decimal(0), Decimal(0))
        assert await money.money(session, "no such case") == money.Money(Decimal(0), Decimal(0), Decimal(0))
