"""What must hold between the fields of a family's facts: no future events, no member twice, periods the right way
round.

Only called while facts are built. It names the field and the rule and never the value.
"""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from benefits.facts import Adult, BadFacts, Child, Facts
from benefits.iin import read_iin

EARLIEST_BIRTH = date(1900, 1, 1)
EARLIEST_AS_AT = date(2023, 1, 1)
"""The first day for which the parameters hold values; facts as at an earlier day could not be assessed."""


def check_between_fields(family: Facts) -> None:
    """Raises BadFacts for the first rule that does not hold."""
    if family.as_at < EARLIEST_AS_AT:
        raise BadFacts("as_at", "not before the first parameter", f"{EARLIEST_AS_AT} or later")
    _check_persons(family)
    _check_events(family)
    _check_members(family)


def _check_persons(family: Facts) -> None:
    seen: set[str] = set()
    for path, person in _persons(family):
        if person.iin in seen:
            raise BadFacts(f"{path}.iin", "a member only once")
        seen.add(person.iin)
        _check_birth(path, person.iin, person.birth_date, family.as_at)
        if read_iin(person.iin).sex != person.sex:
            raise BadFacts(f"{path}.sex", "the sex that the IIN holds")
        if person.died_on is not None and person.died_on < person.birth_date:
            raise BadFacts(f"{path}.died_on", "not before the birth")
    for index, child in enumerate(family.children):
        if child.iin in (child.mother_iin, child.father_iin, child.lives_with, child.carer_iin):
            raise BadFacts(f"children[{index}]", "a parent or carer is another person")
        if child.taken_on is not None and child.taken_on < child.birth_date:
            raise BadFacts(f"children[{index}].taken_on", "not before the birth")
    for number, breadwinner in enumerate(family.breadwinners):
        for index, dependant in enumerate(breadwinner.dependants):
            path = f"breadwinners[{number}].dependants[{index}]"
            _check_birth(path, dependant.iin, dependant.birth_date, family.as_at)
        _check_once(f"breadwinners[{number}].dependants", (one.iin for one in breadwinner.dependants))
    records = [(index, child.birth_record) for index, child in enumerate(family.children) if child.birth_record]
    if len({record for _, record in records}) != len(records):
        raise BadFacts("children.birth_record", "a birth record only once")


def _check_birth(path: str, iin: str, birth_date: date, as_at: date) -> None:
    if birth_date > as_at:
        raise BadFacts(f"{path}.birth_date", "not in the future", "not after as_at")
    if birth_date < EARLIEST_BIRTH:
        raise BadFacts(f"{path}.birth_date", "not before 1900")
    if read_iin(iin).birth_date != birth_date:
        raise BadFacts(f"{path}.birth_date", "the birth date that the IIN holds")


def _check_events(family: Facts) -> None:
    """What happened or was decided has a day that is not after as_at; a period does not end before it begins."""
    happened: list[tuple[str, date | None]] = []
    periods: list[tuple[str, date, date | None]] = []
    for path, person in _persons(family):
        happened.append((f"{path}.died_on", person.died_on))
    for index, adult in enumerate(family.adults):
        happened.append((f"adults[{index}].imprisoned_since", adult.imprisoned_since))
        happened.append((f"adults[{index}].left_country_on", adult.left_country_on))
    for index, child in enumerate(family.children):
        happened.append((f"children[{index}].taken_on", child.taken_on))
    for index, disability in enumerate(family.disabilities):
        happened.append((f"disabilities[{index}].decided_on", disability.decided_on))
        periods.append((f"disabilities[{index}].until", disability.from_date, disability.until))
    for index, payment in enumerate(family.payments):
        periods.append((f"payments[{index}].until", payment.from_date, payment.until))
    for index, award in enumerate(family.awards):
        happened.append((f"awards[{index}].awarded_on", award.awarded_on))
    for index, insurance in enumerate(family.insurances):
        happened.append((f"insurances[{index}].counted_on", insurance.counted_on))
        for number, income in enumerate(insurance.incomes):
            path = f"insurances[{index}].incomes[{number}]"
            happened.append((f"{path}.until_month", income.until_month))
            periods.append((f"{path}.until_month", income.from_month, income.until_month))
    for index, loss in enumerate(family.capacity_losses):
        happened.append((f"capacity_losses[{index}].decided_on", loss.decided_on))
        periods.append((f"capacity_losses[{index}].until", loss.from_date, loss.until))
    for index, registration in enumerate(family.unemployments):
        path = f"unemployments[{index}]"
        happened.append((f"{path}.registered_on", registration.registered_on))
        happened.append((f"{path}.deregistered_on", registration.deregistered_on))
        periods.append((f"{path}.deregistered_on", registration.registered_on, registration.deregistered_on))
    for index, breadwinner in enumerate(family.breadwinners):
        happened.append((f"breadwinners[{index}].died_on", breadwinner.died_on))
    for index, burial in enumerate(family.burials):
        happened.append((f"burials[{index}].died_on", burial.died_on))
    for index, pension in enumerate(family.pensions):
        happened.append((f"pensions[{index}].decided_on", pension.decided_on))
        periods.append((f"pensions[{index}].until", pension.from_date, pension.until))
    for index, status in enumerate(family.kandas_statuses):
        happened.append((f"kandas_statuses[{index}].decided_on", status.decided_on))
        periods.append((f"kandas_statuses[{index}].until", status.from_date, status.until))
    if family.household is not None:
        happened.append(("household.quarter", family.household.quarter))
        happened.append(("household.contract_signed_on", family.household.contract_signed_on))
        happened.append(("household.contract_breached_on", family.household.contract_breached_on))
    for path, day in happened:
        if day is not None and day > family.as_at:
            raise BadFacts(path, "not in the future", "not after as_at")
    for path, first, last in periods:
        if last is not None and last < first:
            raise BadFacts(path, "not before the beginning of the period")


def _check_members(family: Facts) -> None:
    """Decisions and awards are about members of the family; a decision, and a month of income, is given once."""
    births = {person.iin: person.birth_date for _, person in _persons(family)}
    members = set(births)
    for index, disability in enumerate(family.disabilities):
        _check_member(f"disabilities[{index}].iin", disability.iin, members)
        if disability.decided_on < births[disability.iin]:
            raise BadFacts(f"disabilities[{index}].decided_on", "not before the birth")
    for index, award in enumerate(family.awards):
        _check_member(f"awards[{index}].iin", award.iin, members)
    for index, loss in enumerate(family.capacity_losses):
        _check_member(f"capacity_losses[{index}].iin", loss.iin, members)
    for index, registration in enumerate(family.unemployments):
        _check_member(f"unemployments[{index}].iin", registration.iin, members)
    for index, pension in enumerate(family.pensions):
        _check_member(f"pensions[{index}].iin", pension.iin, members)
    for index, status in enumerate(family.kandas_statuses):
        _check_member(f"kandas_statuses[{index}].iin", status.iin, members)
    for index, burial in enumerate(family.burials):
        _check_member(f"burials[{index}].buried_by", burial.buried_by, members)
    for index, breadwinner in enumerate(family.breadwinners):
        deceased = family.adult(breadwinner.iin)
        if deceased is not None and deceased.died_on != breadwinner.died_on:
            raise BadFacts(f"breadwinners[{index}].died_on", "the same as died_on of the adult")
    if family.household is not None:
        for index, iin in enumerate(family.household.members):
            _check_member(f"household.members[{index}]", iin, members)
        _check_once("household.members", family.household.members)
        if family.household.quarter.month % 3 != 1:
            raise BadFacts("household.quarter", "the first month of a quarter")
        if family.household.able_bodied > len(family.household.members):
            raise BadFacts("household.able_bodied", "not more than the members")
    _check_once("disabilities.number", (one.number for one in family.disabilities))
    _check_once("awards.number", (one.number for one in family.awards))
    _check_once("capacity_losses.number", (one.number for one in family.capacity_losses))
    _check_once("unemployments.number", (one.number for one in family.unemployments))
    _check_once("pensions.number", (one.number for one in family.pensions))
    _check_once("kandas_statuses.number", (one.number for one in family.kandas_statuses))
    _check_once("breadwinners.iin", (one.iin for one in family.breadwinners))
    _check_once("breadwinners.death_record", (one.death_record for one in family.breadwinners))
    _check_once("burials.death_record", (one.death_record for one in family.burials))
    _check_once("insurances.iin", (one.iin for one in family.insurances))
    for index, insurance in enumerate(family.insurances):
        ordered = sorted(insurance.incomes, key=lambda income: income.from_month)
        for earlier, later in pairwise(ordered):
            if later.from_month <= earlier.until_month:
                raise BadFacts(f"insurances[{index}].incomes", "a month only once")


def _check_member(path: str, iin: str, members: set[str]) -> None:
    if iin not in members:
        raise BadFacts(path, "a member of the family", "one of the adults or children")


def _check_once(path: str, numbers: Iterable[str]) -> None:
    seen: set[str] = set()
    for number in numbers:
        if number in seen:
            raise BadFacts(path, "given only once")
        seen.add(number)


def _persons(family: Facts) -> Iterable[tuple[str, Adult | Child]]:
    for index, adult in enumerate(family.adults):
        yield f"adults[{index}]", adult
    for index, child in enumerate(family.children):
        yield f"children[{index}]", child
