"""A family on the Card is the family as the registries last described it."""

import asyncio
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from benefits import make_iin
from card import people
from card.tables import Family, Member, Person
from tests.card.conftest import Cards

CHILDREN = [
    {"iin": make_iin(date(2015 + n, 5, 4), "male", 1), "birth_date": date(2015 + n, 5, 4), "sex": "male"}
    for n in range(4)
]


async def remember(cards: Cards, head: Any, *children: dict[str, Any], relation: str = "born") -> None:
    async with cards.card.transaction() as session:
        await people.remember_family(session, head, [child | {"relation": relation} for child in children])


async def members(cards: Cards, head: Any) -> dict[str, str]:
    async with cards.card.transaction() as session:
        found = await session.execute(
            select(col(Person.iin), col(Member.relation))
            .join(Member, col(Member.person_id) == col(Person.id))
            .join(Family, col(Family.id) == col(Member.family_id))
            .where(col(Family.head_id) == head)
        )
        return dict(found.all())


async def test_a_family_follows_the_registries(cards: Cards) -> None:
    head = (await cards.open()).person_id
    await remember(cards, head, *CHILDREN[:2])
    assert await members(cards, head) == {CHILDREN[0]["iin"]: "born", CHILDREN[1]["iin"]: "born"}
    await remember(cards, head, *CHILDREN[1:3], relation="adopted")
    assert await members(cards, head) == {CHILDREN[1]["iin"]: "adopted", CHILDREN[2]["iin"]: "adopted"}
    await remember(cards, head)
    assert await members(cards, head) == {}


async def test_both_parents_cases_at_once_describe_the_same_children(cards: Cards) -> None:
    """In whatever order each of them heard of the children."""
    mother, father = (await cards.open()).person_id, (await cards.open(n=2)).person_id
    for _ in range(5):
        await asyncio.gather(
            *(remember(cards, mother, *CHILDREN) for _ in range(3)),
            *(remember(cards, father, *reversed(CHILDREN)) for _ in range(3)),
        )
    assert len(await members(cards, mother)) == len(await members(cards, father)) == 4
