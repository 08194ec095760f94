"""What must hold between the fields of a family's facts: no future events, no member twice, periods the right way
round.

Only called while facts are built. It names the field and the rule and never the value. A value that cannot be read
breaks no rule here: it is for the law's rules to meet it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import TypeVar

from benefits.facts.household import Household
from benefits.facts.records import Adult, BadFacts, Child, Dependant, Facts, Insurance
from benefits.facts.unreadable import Unreadable, is_known
from benefits.iin import read_iin

T = TypeVar("T")

EARLIEST_BIRTH = date(1900, 1, 1)
LATEST = date(2200, 1, 1)
MOST_CONTRIBUTIONS = 12 * 60
"""Nobody has more months of contributions than a life of work has."""

_ENDED = {"imprisoned_since": "released_on", "left_country_on": "returned_on", "missing_since": "found_on"}
"""What happened to an adult on a day, with the day on which it ended."""

_OF_AN_ADULT = (*_ENDED, *_ENDED.values(), "citizenship_lost_on")
_OF_A_CHILD = ("taken_on", "carer_since", "lives_with_since", "state_care_since", "left_state_care_on")
"""What happened to somebody on a day."""

EARLIEST_AS_AT = date(2023, 7, 1)
"""The first day for which the parameters hold values; facts as at an earlier day could not be assessed."""


def check_between_fields(family: Facts) -> None:
    """Raises BadFacts for the first rule that does not hold."""
    if family.as_at < EARLIEST_AS_AT:
        raise BadFacts("as_at", "not before the first parameter", f"{EARLIEST_AS_AT} or later")
    _check_persons(family)
    _check_events(family)
    _check_members(family)


ONE_PLACE = "a place among its mother's children only once"
AN_IDENTIFIER = "an IIN or a birth record"
IN_THE_IIN = ("the birth date that the IIN holds", "the sex that the IIN holds")


def check_against_iin(family: Facts, *, but: Collection[str] = ()) -> None:
    """Raises BadFacts where a birth date or a sex, but at these paths, is another than the person's IIN holds.

    Apart from the other rules: registers do differ from the digits, and then a person has two birth dates to look at.
    """
    people: list[tuple[str, Adult | Child | Dependant]] = [*_persons(family)]
    for number, breadwinner in enumerate(_listed(family.breadwinners)):
        people += [
            (f"breadwinners[{number}].dependants[{n}]", one) for n, one in enumerate(_listed(breadwinner.dependants))
        ]
    for path, person in people:
        held = read_iin(person.iin) if is_known(person.iin) and person.iin is not None else None
        for name, rule in zip(("birth_date", "sex"), IN_THE_IIN, strict=True):
            said, digits = getattr(person, name, None), getattr(held, name, None)
            if f"{path}.{name}" not in but and is_known(said) and digits not in (said, None):
                raise BadFacts(f"{path}.{name}", rule)


def _check_persons(family: Facts) -> None:
    seen: dict[str, str] = {}
    for path, person in _persons(family):
        if person.iin is not None:
            if person.iin in seen:
                raise BadFacts(f"{path}.iin", "a member only once", places=(seen[person.iin], path))
            seen[person.iin] = path
        _check_birth(path, person.birth_date, family.as_at)
        for name in (*_OF_AN_ADULT, "died_on", "full_time_student_until"):
            if _before(getattr(person, name, None), person.birth_date):
                raise BadFacts(f"{path}.{name}", "not before the birth")
            if _before(LATEST, getattr(person, name, None)):
                raise BadFacts(f"{path}.{name}", "not after 2200")
    records: dict[str, str] = {}
    placed: dict[tuple[object, ...], tuple[str, str | None]] = {}
    for index, child in enumerate(_listed(family.children)):
        path = f"children[{index}]"
        place = (child.mother_iin, child.birth_order, child.birth_date)
        if child.birth_order is not None and all(map(is_known, place)):
            earlier, iin = placed.setdefault(place, (path, child.iin))
            if earlier != path and (iin is None or child.iin is None):
                # As a register lists a child once more that has got its number since.
                raise BadFacts("children.birth_order", ONE_PLACE, places=(earlier, path))
        if child.iin is None and child.birth_record is None:
            raise BadFacts(f"{path}.birth_record", AN_IDENTIFIER, "a child is known by one of them")
        for name in ("mother_iin", "father_iin", "lives_with", "carer_iin", "lived_with_before"):
            if child.iin is not None and is_known(getattr(child, name)) and getattr(child, name) == child.iin:
                raise BadFacts(path, "a parent or carer is another person", places=(f"{path}.{name}",))
        for name in _OF_A_CHILD:
            if _before(getattr(child, name), child.birth_date):
                raise BadFacts(f"{path}.{name}", "not before the birth")
        if child.birth_record is not None and is_known(child.birth_record):
            if child.birth_record in records:
                twice = (records[child.birth_record], path)
                raise BadFacts("children.birth_record", "a birth record only once", places=twice)
            records[child.birth_record] = path
    for number, breadwinner in enumerate(_listed(family.breadwinners)):
        for index, dependant in enumerate(_listed(breadwinner.dependants)):
            path = f"breadwinners[{number}].dependants[{index}]"
            _check_birth(path, dependant.birth_date, family.as_at)
            if _before(LATEST, dependant.full_time_student_until):
                raise BadFacts(f"{path}.full_time_student_until", "not after 2200")
            if _before(LATEST, dependant.disabled_until):
                raise BadFacts(f"{path}.disabled_until", "not after 2200")
            if _before(family.as_at, dependant.cares_for):
                raise BadFacts(f"{path}.cares_for", "not in the future", "not after as_at")
        _check_once(f"breadwinners[{number}].dependants", [one.iin for one in _listed(breadwinner.dependants)])


def _listed(records: Sequence[T]) -> Sequence[T]:
    """The records of a list; none of one that cannot be read."""
    return records if is_known(records) else ()


def _before(day: date | None, other: date | None) -> bool:
    return is_known(day) and is_known(other) and day < other  # type: ignore[operator]  # both are known


def _check_birth(path: str, birth_date: date, as_at: date) -> None:
    if _before(as_at, birth_date):
        raise BadFacts(f"{path}.birth_date", "not in the future", "not after as_at")
    if _before(birth_date, EARLIEST_BIRTH):
        raise BadFacts(f"{path}.birth_date", "not before 1900")


def _check_events(family: Facts) -> None:
    """What happened or was decided has a day that is not after as_at; a period does not end before it begins."""
    happened: list[tuple[str, date | None]] = []
    periods: list[tuple[str, date | None, date | None]] = []
    for path, person in _persons(family):
        happened.append((f"{path}.died_on", person.died_on))
    for index, adult in enumerate(_listed(family.adults)):
        happened += [(f"adults[{index}].{name}", getattr(adult, name)) for name in _OF_AN_ADULT]
        periods += [
            (f"adults[{index}].{end}", getattr(adult, name), getattr(adult, end)) for name, end in _ENDED.items()
        ]
    for index, child in enumerate(_listed(family.children)):
        happened += [(f"children[{index}].{name}", getattr(child, name)) for name in _OF_A_CHILD]
        periods.append((f"children[{index}].left_state_care_on", child.state_care_since, child.left_state_care_on))
    for index, disability in enumerate(_listed(family.disabilities)):
        happened.append((f"disabilities[{index}].decided_on", disability.decided_on))
        periods.append((f"disabilities[{index}].until", disability.from_date, disability.until))
    for index, payment in enumerate(_listed(family.payments)):
        periods.append((f"payments[{index}].until", payment.from_date, payment.until))
    for index, award in enumerate(_listed(family.awards)):
        happened.append((f"awards[{index}].awarded_on", award.awarded_on))
    for index, insurance in enumerate(_listed(family.insurances)):
        happened.append((f"insurances[{index}].counted_on", insurance.counted_on))
        for number, income in enumerate(_listed(insurance.incomes)):
            path = f"insurances[{index}].incomes[{number}]"
            happened.append((f"{path}.until_month", income.until_month))
            periods.append((f"{path}.until_month", income.from_month, income.until_month))
    for index, loss in enumerate(_listed(family.capacity_losses)):
        happened.append((f"capacity_losses[{index}].decided_on", loss.decided_on))
        periods.append((f"capacity_losses[{index}].until", loss.from_date, loss.until))
    for index, registration in enumerate(_listed(family.unemployments)):
        path = f"unemployments[{index}]"
        happened.append((f"{path}.registered_on", registration.registered_on))
        if _before(registration.registered_on, EARLIEST_BIRTH):
            raise BadFacts(f"{path}.registered_on", "not before 1900")
        happened.append((f"{path}.deregistered_on", registration.deregistered_on))
        periods.append((f"{path}.deregistered_on", registration.registered_on, registration.deregistered_on))
    for index, breadwinner in enumerate(_listed(family.breadwinners)):
        happened.append((f"breadwinners[{index}].died_on", breadwinner.died_on))
    for index, burial in enumerate(_listed(family.burials)):
        happened.append((f"burials[{index}].died_on", burial.died_on))
    for index, pension in enumerate(_listed(family.pensions)):
        happened.append((f"pensions[{index}].decided_on", pension.decided_on))
        periods.append((f"pensions[{index}].until", pension.from_date, pension.until))
    for index, status in enumerate(_listed(family.kandas_statuses)):
        happened.append((f"kandas_statuses[{index}].decided_on", status.decided_on))
        periods.append((f"kandas_statuses[{index}].until", status.from_date, status.until))
    if family.household is not None and is_known(family.household):
        happened.append(("household.quarter", family.household.quarter))
        happened.append(("household.contract_signed_on", family.household.contract_signed_on))
        happened.append(("household.contract_breached_on", family.household.contract_breached_on))
    for path, day in happened:
        if _before(family.as_at, day):
            raise BadFacts(path, "not in the future", "not after as_at")
    for path, first, last in periods:
        if _before(last, first):
            raise BadFacts(path, "not before the beginning of the period")


def _check_members(family: Facts) -> None:
    """Decisions and awards are about members of the family; a decision, and a month of income, is given once."""
    births = {person.iin: person.birth_date for _, person in _persons(family) if person.iin is not None}
    members = set(births)
    for index, disability in enumerate(_listed(family.disabilities)):
        _check_member(f"disabilities[{index}].iin", disability.iin, members)
        if is_known(disability.iin) and _before(disability.decided_on, births[disability.iin]):
            raise BadFacts(f"disabilities[{index}].decided_on", "not before the birth")
    for index, award in enumerate(_listed(family.awards)):
        _check_member(f"awards[{index}].iin", award.iin, members)
    for index, loss in enumerate(_listed(family.capacity_losses)):
        _check_member(f"capacity_losses[{index}].iin", loss.iin, members)
    for index, registration in enumerate(_listed(family.unemployments)):
        _check_member(f"unemployments[{index}].iin", registration.iin, members)
    for index, pension in enumerate(_listed(family.pensions)):
        _check_member(f"pensions[{index}].iin", pension.iin, members)
    for index, status in enumerate(_listed(family.kandas_statuses)):
        _check_member(f"kandas_statuses[{index}].iin", status.iin, members)
    for index, burial in enumerate(_listed(family.burials)):
        _check_member(f"burials[{index}].buried_by", burial.buried_by, members)
    for index, breadwinner in enumerate(_listed(family.breadwinners)):
        for number, adult in enumerate(_listed(family.adults)):
            if not is_known(breadwinner.iin) or adult.iin != breadwinner.iin:
                continue
            days = (breadwinner.died_on, adult.died_on)
            if not any(isinstance(day, Unreadable) for day in days) and days[0] != days[1]:
                path = f"breadwinners[{index}].died_on"
                raise BadFacts(path, "the same as died_on of the adult", places=(path, f"adults[{number}].died_on"))
    if family.household is not None and is_known(family.household):
        for index, iin in enumerate(_listed(family.household.members)):
            _check_member(f"household.members[{index}]", iin, members)
        _check_once("household.members", _listed(family.household.members))
        if is_known(family.household.quarter) and family.household.quarter.month % 3 != 1:
            raise BadFacts("household.quarter", "the first month of a quarter")
        counted = is_known(family.household.able_bodied) and is_known(family.household.members)
        if counted and (family.household.able_bodied or 0) > len(family.household.members):
            raise BadFacts("household.able_bodied", "not more than the members")
        _check_sum(family.household)
    _check_once("disabilities", [one.number for one in _listed(family.disabilities)], "number")
    _check_once("awards", [one.number for one in _listed(family.awards)], "number")
    _check_once("capacity_losses", [one.number for one in _listed(family.capacity_losses)], "number")
    _check_once("unemployments", [one.number for one in _listed(family.unemployments)], "number")
    _check_once("pensions", [one.number for one in _listed(family.pensions)], "number")
    _check_once("kandas_statuses", [one.number for one in _listed(family.kandas_statuses)], "number")
    _check_once("breadwinners", [one.iin for one in _listed(family.breadwinners)], "iin")
    _check_once("breadwinners", [one.death_record for one in _listed(family.breadwinners)], "death_record")
    _check_once("burials", [one.death_record for one in _listed(family.burials)], "death_record")
    _check_once("insurances", [one.iin for one in _listed(family.insurances)], "iin")
    for index, insurance in enumerate(_listed(family.insurances)):
        _check_contributions(f"insurances[{index}].contribution_months", insurance)
        known = [one for one in _listed(insurance.incomes) if is_known(one.from_month) and is_known(one.until_month)]
        ordered = sorted(known, key=lambda income: income.from_month)
        for earlier, later in pairwise(ordered):
            if later.from_month <= earlier.until_month:
                raise BadFacts(f"insurances[{index}].incomes", "a month only once")


def _check_sum(household: Household) -> None:
    """An income beside its kinds is their sum: whoever gives another has left one out."""
    amounts = [one.amount for one in _listed(household.incomes)]
    if amounts and is_known(household.income) and all(map(is_known, amounts)) and sum(amounts) != household.income:
        places = ("household.income", "household.incomes")
        raise BadFacts("household.income", "the sum of incomes", places=places)


def _check_contributions(path: str, insurance: Insurance) -> None:
    """No more months than anybody works, and not none where there are incomes that contributions were paid from.

    None would say that the Fund owes nothing, and nobody would ask.
    """
    months = insurance.contribution_months
    if months is None or not is_known(months):
        return
    if months > MOST_CONTRIBUTIONS:
        raise BadFacts(path, "not more months than sixty years have")
    if months == 0 and any(is_known(one.amount) and one.amount > 0 for one in _listed(insurance.incomes)):
        raise BadFacts(path, "not none where contributions were paid from incomes")


def _check_member(path: str, iin: str, members: set[str]) -> None:
    if is_known(iin) and iin not in members:
        raise BadFacts(path, "a member of the family", "one of the adults or children")


def _check_once(records: str, numbers: Sequence[str], field: str = "") -> None:
    """`records` is the path of the list, `field` what of each is given once."""
    seen: dict[str, int] = {}
    for index, number in enumerate(numbers):
        if not is_known(number):
            continue
        if number in seen:
            twice = (f"{records}[{seen[number]}]", f"{records}[{index}]")
            raise BadFacts(f"{records}.{field}" if field else records, "given only once", places=twice)
        seen[number] = index


def _persons(family: Facts) -> Iterable[tuple[str, Adult | Child]]:
    for index, adult in enumerate(_listed(family.adults)):
        yield f"adults[{index}]", adult
    for index, child in enumerate(_listed(family.children)):
        yield f"children[{index}]", child
