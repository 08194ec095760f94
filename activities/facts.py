"""Facts from the registries: asks only those that a service reads, and writes what they said as the law reads it.

Two rounds, each asked at once: who belongs to the case, then what is known of each. Nothing is decided here and nothing
is guessed: what a register holds wrongly is passed on as it is, for the law to read (`benefits.readings`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeGuard, TypeVar

from activities.world import World
from adapters.records import Record
from adapters.registries.records import (
    AdultRecord,
    AssistanceHousehold,
    ChildRecord,
    Citizenship,
    FamilyRecord,
    PersonRecord,
)
from benefits.days import day_of
from benefits.iin import is_iin, read_iin
from benefits.readings import UNREAD
from benefits.terms import quarter_before

T = TypeVar("T")
Json = dict[str, Any]

NO_FACTS = {"family_name", "given_name", "patronymic", "language"}
"""What the persons registry says of a person and no law asks."""

OLDEST = 70
"""A child of an adult who applies is hardly older: such a year is an error."""

GROWN_UP = 18
"""Years from which nobody is asked about as somebody's child. It only spares asking; the law looks at ages itself."""


@dataclass(frozen=True)
class Asked:
    """What the registries said. `family` is None if the civil registry was not asked."""

    person: PersonRecord
    family: FamilyRecord | None
    mapping: Json
    """In the shape of `benefits.Facts`; names stay behind."""


async def ask_registries(world: World, iin: str, reads: frozenset[str], on: date, service: str = "") -> Asked:
    """What the registries know of the person `iin` now, as far as `reads` (names of fields of Facts) goes.

    `service` says which payments are looked for. The facts are as at today in Asia/Almaty, or `on` if that is later: a
    case for a past day may hold later events, which the law leaves aside. Raises AdapterError.
    """
    person, lives_with, family, breadwinners, household = await asyncio.gather(
        world.registries.persons.person(iin),
        _if("adults" in reads, lambda: world.registries.persons.household(iin)),
        _if("children" in reads, lambda: world.registries.civil.family(iin)),
        _if("breadwinners" in reads, lambda: world.registries.deaths.breadwinners(iin)),
        _if("household" in reads, lambda: world.registries.assistance.household(iin, quarter_before(on))),
    )
    own = family.children if family is not None else ()
    adults = _others(iin, lives_with or (), own)
    # In the Fund the breadwinner is insured; what the survivors earned is none of this case's business.
    insured = [iin] if breadwinners is None else [one.iin for one in breadwinners if _can_be_asked_about(one.iin)]
    may_be_kandas = person.citizenship in (Citizenship.KANDAS, None)
    asking: dict[str, Callable[[], Awaitable[list[Json]]]] = {
        "children": lambda: _children(world, iin, own, adults, household),
        "disabilities": lambda: _about_each([iin, *_minors(own, on)], world.registries.disability.decisions),
        "payments": lambda: _payments(world, _who_may_be_paid(iin, adults, own, on), service),
        "awards": lambda: _about_each([iin], world.registries.awards.awards),
        "insurances": lambda: _insurances(world, insured, on),
        "capacity_losses": lambda: _about_each([iin], world.registries.fund.capacity_losses),
        "unemployments": lambda: _about_each([iin], world.registries.labour.registrations),
        "burials": lambda: _burials(world, iin),
        "pensions": lambda: _about_each([iin], world.registries.pensions.pensions),
        "kandas_statuses": lambda: _about_each([iin] if may_be_kandas else [], world.registries.kandas.statuses),
    }
    wanted = [name for name in asking if name in reads]
    answers = await asyncio.gather(*(asking[name]() for name in wanted))
    mapping: Json = {
        "as_at": max(day_of(datetime.now(UTC)), on).isoformat(),
        "applicant": iin,
        "adults": [_written(adult, NO_FACTS) for adult in (person, *adults)],
        **dict(zip(wanted, answers, strict=True)),
    }
    unasked = []
    if "insurances" in reads and any(not _can_be_asked_about(one.iin) for one in breadwinners or ()):
        unasked.append("insurances")
    if "disabilities" in reads and any(_may_be_minor(one, on) and not _can_be_asked_about(one.iin) for one in own):
        unasked.append("disabilities")
    if unasked:
        mapping[UNREAD] = unasked
    if breadwinners:
        mapping["breadwinners"] = [_written(one) for one in breadwinners]
    if household is not None:
        mapping["household"] = _written(household, {"iin"})
    return Asked(person, family, mapping)


async def _if(wanted: bool, ask: Callable[[], Awaitable[T]]) -> T | None:
    return await ask() if wanted else None


def _written(record: Record, without: set[str] | None = None) -> Json:
    return record.model_dump(mode="json", exclude=without)


def _others(iin: str, lives_with: Iterable[AdultRecord], own: Sequence[ChildRecord]) -> list[AdultRecord]:
    """The other adults of the household; a grown-up child is listed among the children already.

    Not so somebody whom the children name as parent or carer: who is listed as both, the law must see.
    """
    named = {name for one in own for name in (one.mother_iin, one.father_iin, one.lives_with, one.carer_iin)}
    listed = {iin, *(child.iin for child in own if child.iin not in named)}
    return [adult for adult in lives_with if adult.iin is None or adult.iin not in listed]


def _can_be_asked_about(iin: str | None) -> TypeGuard[str]:
    """Whether a register can be asked about this number: under one that is none it knows of nobody."""
    return iin is not None and is_iin(iin)


def _minors(children: Iterable[ChildRecord], on: date) -> list[str]:
    """The children who live on the day and may still be under age, as far as they can be asked about."""
    return [one.iin for one in children if _can_be_asked_about(one.iin) and _may_be_minor(one, on)]


def _may_be_minor(child: ChildRecord, on: date) -> bool:
    """Whether the child may live and be under age. Its own dates may be the error: only likely ones say no."""
    if child.born_alive is False:
        return False
    held = read_iin(child.iin).birth_date if _can_be_asked_about(child.iin) else None
    births = [born for born in (child.birth_date, held) if born is not None]
    died = child.died_on
    if died is not None and died <= on and all(died >= born for born in births):
        return False
    years = [on.year - born.year for born in births]
    grown = all(GROWN_UP < age <= OLDEST for age in years)
    not_yet_born = all(on < born <= day_of(datetime.now(UTC)) for born in births)
    return not births or not (grown or not_yet_born)


async def _children(
    world: World,
    iin: str,
    own: Sequence[ChildRecord],
    adults: Sequence[AdultRecord],
    household: AssistanceHousehold | None,
) -> list[Json]:
    """The person's children, and for targeted assistance those of the household's other members, each once.

    The person's own are passed on as the registry lists them: what is wrong with them the law's reader must see.
    """
    families = await asyncio.gather(
        *(world.registries.civil.family(adult.iin) for adult in adults if household and adult.iin in household.members)
    )
    # Each once, as already listed: a grandmother's child may be the person, a spouse's a grown-up of the household. The
    # person's own children are left as they are: what is wrong with them the law's reader must see.
    listed = {iin, *(name for child in own for name in (child.iin, child.birth_record)), *(one.iin for one in adults)}
    listed.discard(None)
    others: dict[str, ChildRecord] = {}
    for child in (child for family in families for child in family.children):
        if not listed & {child.iin, child.birth_record}:
            others.setdefault(child.iin or child.birth_record or "", child)
    return [_written(child) for child in (*own, *others.values())]


async def _about_each(people: Sequence[str], ask: Callable[[str], Awaitable[Sequence[Record]]]) -> list[Json]:
    """What a registry has on each of the people, with whom it is about."""
    answers = await asyncio.gather(*(ask(person) for person in people))
    return [
        {"iin": person, **_written(record)}
        for person, records in zip(people, answers, strict=True)
        for record in records
    ]


def _who_may_be_paid(iin: str, adults: Sequence[AdultRecord], own: Sequence[ChildRecord], on: date) -> list[str]:
    """The person, the other adults of the household, and the other parent of a child, who may live elsewhere."""
    minors = [one for one in own if _may_be_minor(one, on)]
    parents = {name for one in minors for name in (one.mother_iin, one.father_iin) if _can_be_asked_about(name)}
    here = [iin, *(adult.iin for adult in adults if adult.iin)]
    return [*here, *sorted(parents - {*here})]


async def _payments(world: World, people: Sequence[str], service: str) -> list[Json]:
    """What E-Maket pays for this service to the person or to another adult of the family."""
    answers = await asyncio.gather(*(world.emaket.payments(person, service) for person in people))
    return [
        {"iin": person, **_written(payment)}
        for person, payments in zip(people, answers, strict=True)
        for payment in payments
    ]


async def _insurances(world: World, people: Sequence[str], on: date) -> list[Json]:
    """The part of each in the social insurance, counted as at the day; who is not insured has none."""
    answers = await asyncio.gather(*(world.registries.fund.insurance(person, on) for person in people))
    return [_written(insurance) for insurance in answers if insurance is not None]


async def _burials(world: World, iin: str) -> list[Json]:
    return [_written(burial) for burial in await world.registries.deaths.burials(iin)]
