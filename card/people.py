"""People and families as the registries describe them; written by the step that asked."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from card.tables import Family, Member, Person, table


async def find(session: AsyncSession, person_id: UUID) -> Person:
    """The person with this id, who is there. Raises NoResultFound."""
    return await session.get_one(Person, person_id)


async def heads_of(session: AsyncSession, children: Collection[str]) -> set[str]:
    """The IINs of the adults in whose families these children (by IIN) were last listed."""
    if not children:
        return set()
    child, head = aliased(Person), aliased(Person)
    listed = (
        select(col(head.iin))
        .join(Family, col(Family.head_id) == col(head.id))
        .join(Member, col(Member.family_id) == col(Family.id))
        .join(child, col(child.id) == col(Member.person_id))
        .where(col(child.iin).in_(children))
    )
    return set(await session.scalars(listed))


async def remember_person(session: AsyncSession, person_id: UUID, described: Mapping[str, Any]) -> None:
    """Bring a known person up to date; `described` has the columns of `persons` as the registry gave them."""
    person = await find(session, person_id)
    for column, value in described.items():
        setattr(person, column, value)


async def remember_family(session: AsyncSession, head_id: UUID, members: Sequence[Mapping[str, Any]]) -> None:
    """The family of an adult: each member with `iin`, `birth_date`, `sex` and `relation`. Who is not named left it."""
    row = insert(table(Family)).values(id=uuid4(), head_id=head_id)
    row = row.on_conflict_do_update(index_elements=["head_id"], set_={"seen_at": func.now()})
    family_id = (await session.scalars(row.returning(col(Family.id)))).one()
    if not members:
        await session.execute(delete(table(Member)).where(col(Member.family_id) == family_id))
        return
    # In one order, so that the cases of both parents do not wait for each other's children.
    members = sorted({member["iin"]: member for member in members}.values(), key=lambda member: str(member["iin"]))
    relation_of = {member["iin"]: member["relation"] for member in members}
    people = insert(table(Person))
    # A register may have mistyped a child's number, which is then somebody else's: what is known of her stays.
    born = func.coalesce(col(Person.birth_date), people.excluded.birth_date)
    people = people.on_conflict_do_update(index_elements=["iin"], set_={"birth_date": born})
    described = [{"id": uuid4(), **{name: m[name] for name in ("iin", "birth_date", "sex")}} for m in members]
    known = (await session.execute(people.returning(col(Person.id), col(Person.iin)), described)).all()
    await session.execute(
        delete(table(Member)).where(
            col(Member.family_id) == family_id, col(Member.person_id).not_in([id_ for id_, _ in known])
        )
    )
    links = insert(table(Member))
    await session.execute(
        links.on_conflict_do_update(
            index_elements=["family_id", "person_id"], set_={"relation": links.excluded.relation}
        ),
        [{"family_id": family_id, "person_id": id_, "relation": relation_of[iin]} for id_, iin in known],
    )
