"""What runs of monthly rights: their months and amounts, what was paid of them, and when they are looked at again."""

from collections.abc import Sequence
from typing import Any

from activities.entitle import with_arrears
from benefits import read_iin
from card import Card, entitlements
from card.entitlements import Entitled, Months
from desk.looking import record_of


async def of_case(card: Card, ref: str) -> Sequence[Entitled]:
    """The entitlement of the right that this case is about; empty if it runs not. Raises BadInput."""
    record = await record_of(card, ref)
    async with card.statements() as session:
        return await with_arrears(session, await entitlements.of_case(session, record.ref))


async def of_person(card: Card, iin: str) -> Sequence[Entitled]:
    """All that runs, or ran, for the person with this IIN, the newest first. Raises BadIin."""
    read_iin(iin)
    async with card.statements() as session:
        return await with_arrears(session, await entitlements.of_person(session, iin))


def to_dict(one: Entitled) -> dict[str, Any]:
    """For programs: days in ISO 8601, months by their first days, sums as strings. Tenge."""
    return {
        "service": one.service,
        "case": one.case_ref,
        "state": str(one.state),
        "since": one.since,
        "until": one.until,
        "next_review": one.next_review,
        "months": [_months(row) for row in one.months],
        "paid": [
            {
                "month": row.month,
                "case": row.case_ref,
                "run": None if row.run is None else f"{row.run:%Y-%m}",
                "gross": str(row.gross),
                "withheld": str(row.withheld),
            }
            for row in one.paid
        ],
        "owed": [_months(row) for row in one.owed],
    }


def _months(row: Months) -> dict[str, Any]:
    return {
        "first": row.first,
        "last": row.last,
        "gross": str(row.gross),
        "withheld": str(row.withheld),
        "net": str(row.net),
    }
