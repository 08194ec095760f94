"""The facts of a family on an earlier day: as they were known then, without what happened or was decided after it; or
as things stood, whenever it became known.
"""

from dataclasses import replace
from datetime import date

from benefits.codes import DependantRelation
from benefits.facts.household import Household
from benefits.facts.records import Adult, Breadwinner, Child, Facts, Insurance
from benefits.facts.unreadable import is_known
from benefits.terms import ONE_DAY, end_of_month, month_of


def known_on(facts: Facts, day: date) -> Facts:
    """The facts without what happened or was decided after the day. A decision on a day rests on nothing later."""
    if day >= facts.as_at:
        return facts
    adults = tuple(_living_on(adult, day) for adult in facts.adults)
    return replace(
        facts,
        as_at=day,
        applicant=_living_on(facts.applicant, day),
        adults=adults,
        children=tuple(_kept_on(_child_on(child, day), day) for child in facts.children if _had_come(child, day)),
        disabilities=tuple(one for one in facts.disabilities if _by(one.decided_on, day)),
        payments=tuple(one for one in facts.payments if _by(one.from_date, day)),
        awards=tuple(one for one in facts.awards if _by(one.awarded_on, day)),
        insurances=tuple(_insurance_on(one, day) for one in facts.insurances),
        capacity_losses=tuple(one for one in facts.capacity_losses if _by(one.decided_on, day)),
        unemployments=tuple(
            replace(one, deregistered_on=_known(one.deregistered_on, day))
            for one in facts.unemployments
            if _by(one.registered_on, day)
        ),
        breadwinners=tuple(one for one in facts.breadwinners if _by(one.died_on, day)),
        burials=tuple(one for one in facts.burials if _by(one.died_on, day)),
        household=_household_on(facts.household, day),
        pensions=tuple(one for one in facts.pensions if _by(one.decided_on, day)),
        kandas_statuses=tuple(one for one in facts.kandas_statuses if _by(one.decided_on, day)),
    )


def stood_on(facts: Facts, day: date) -> Facts:
    """The facts as things stood on the day, also those decided later for it: what came into force later is not there.

    On the first day of a month who died on that very day lives: the month is paid through. A breadwinner's death
    counts from the first day of its month, so that what it gives is paid in one month by one death. The insurance
    is left as it was counted.
    """
    return replace(
        facts,
        applicant=_living_adult(facts.applicant, day),
        adults=tuple(_living_adult(adult, day) for adult in facts.adults),
        children=tuple(_living_child(child, day) for child in facts.children if _had_come(child, day)),
        disabilities=tuple(one for one in facts.disabilities if _by(one.from_date, day)),
        payments=tuple(one for one in facts.payments if _by(one.from_date, day)),
        awards=tuple(one for one in facts.awards if _by(one.awarded_on, day)),
        capacity_losses=tuple(one for one in facts.capacity_losses if _by(one.from_date, day)),
        unemployments=tuple(
            replace(one, deregistered_on=_known(one.deregistered_on, day))
            for one in facts.unemployments
            if _by(one.registered_on, day)
        ),
        breadwinners=_deaths_by(facts.breadwinners, end_of_month(day)),
        household=_unbreached_on(facts.household, day),
        pensions=tuple(one for one in facts.pensions if _by(one.from_date, day)),
        kandas_statuses=tuple(one for one in facts.kandas_statuses if _by(one.from_date, day)),
    )


def turns(facts: Facts) -> list[date]:
    """The days on which `stood_on` may give something else than on the day before, the earliest first."""
    days: list[date | None] = []
    for adult in (facts.applicant, *facts.adults):
        days += [adult.imprisoned_since, adult.left_country_on, adult.missing_since, adult.citizenship_lost_on]
        days += [adult.died_on, _after(adult.died_on), adult.released_on, adult.returned_on, adult.found_on]
    for child in facts.children:
        days += [child.birth_date, child.taken_on, child.died_on, _after(child.died_on)]
        days += [child.state_care_since, child.left_state_care_on]
    for in_force in (facts.disabilities, facts.payments, facts.capacity_losses, facts.pensions, facts.kandas_statuses):
        days += [one.from_date for one in in_force]
    days += [one.awarded_on for one in facts.awards]
    for registration in facts.unemployments:
        days += [registration.registered_on, registration.deregistered_on]
    days += [month_of(one.died_on) if is_known(one.died_on) else None for one in facts.breadwinners]
    if facts.household is not None and is_known(facts.household):
        days.append(facts.household.contract_breached_on)
    return sorted({day for day in days if day is not None and is_known(day)})


def _after(died_on: date | None) -> date | None:
    return died_on + ONE_DAY if died_on is not None and is_known(died_on) else None


def _deaths_by(breadwinners: tuple[Breadwinner, ...], day: date) -> tuple[Breadwinner, ...]:
    """The deaths by the day. A child that lost the other parent only later was no full orphan yet."""
    died = tuple(one for one in breadwinners if _by(one.died_on, day))
    later = (one for one in breadwinners if not _by(one.died_on, day))
    had_a_parent = {one.iin for death in later for one in death.dependants if one.relation is DependantRelation.CHILD}
    if not had_a_parent:
        return died
    return tuple(
        replace(
            death,
            dependants=tuple(
                replace(one, full_orphan=False)
                if one.full_orphan and one.iin in had_a_parent and one.relation is DependantRelation.CHILD
                else one
                for one in death.dependants
            ),
        )
        for death in died
    )


def _living_adult(adult: Adult, day: date) -> Adult:
    then = _living_on(adult, day)
    return replace(then, died_on=None) if _lived(adult.died_on, day) else then


def _living_child(child: Child, day: date) -> Child:
    then = _child_on(child, day)
    return replace(then, died_on=None) if _lived(child.died_on, day) else then


def _lived(died_on: date | None, day: date) -> bool:
    return died_on is not None and is_known(died_on) and died_on == day and day.day == 1


def _unbreached_on(household: Household | None, day: date) -> Household | None:
    if household is None or not is_known(household):
        return household
    return replace(household, contract_breached_on=_known(household.contract_breached_on, day))


def _by(happened: date, day: date) -> bool:
    """Whether it had happened by the day; a date that cannot be read stays, for the rules that look at it to see."""
    return not is_known(happened) or happened <= day


def _known(happened: date | None, day: date) -> date | None:
    return happened if happened is not None and _by(happened, day) else None


def _living_on(adult: Adult, day: date) -> Adult:
    lost = _known(adult.citizenship_lost_on, day)
    return replace(
        adult,
        # Until the citizenship was lost no permit to live here was needed.
        permanent_resident=adult.permanent_resident or (adult.citizenship_lost_on is not None and lost is None),
        died_on=_known(adult.died_on, day),
        imprisoned_since=_known(adult.imprisoned_since, day),
        left_country_on=_known(adult.left_country_on, day),
        missing_since=_known(adult.missing_since, day),
        released_on=_known(adult.released_on, day),
        returned_on=_known(adult.returned_on, day),
        found_on=_known(adult.found_on, day),
        citizenship_lost_on=lost,
    )


def _had_come(child: Child, day: date) -> bool:
    """Whether the child was born by the day, and in the family: one that was taken in later was not yet."""
    return _by(child.birth_date, day) and (child.taken_on is None or _by(child.taken_on, day))


def _child_on(child: Child, day: date) -> Child:
    return replace(
        child,
        died_on=_known(child.died_on, day),
        state_care_since=_known(child.state_care_since, day),
        left_state_care_on=_known(child.left_state_care_on, day),
    )


def _kept_on(child: Child, day: date) -> Child:
    """The child with the home and the carer that it had on the day, as if there had been no other since."""
    if child.lives_with_since is not None and not _by(child.lives_with_since, day):
        child = replace(child, lives_with=child.lived_with_before, lives_with_since=None, lived_with_before=None)
    if child.carer_since is not None and not _by(child.carer_since, day):
        child = replace(child, carer_iin=None, carer_since=None)
    return child


def _insurance_on(insurance: Insurance, day: date) -> Insurance:
    """The same without a count of months that was made later, and without later income."""
    counted = insurance.counted_on <= day
    return replace(
        insurance,
        counted_on=min(insurance.counted_on, day),
        contribution_months=insurance.contribution_months if counted else None,
        incomes=tuple(
            replace(income, until_month=min(income.until_month, day.replace(day=1)))
            for income in insurance.incomes
            if income.from_month <= day
        ),
    )


def _household_on(household: Household | None, day: date) -> Household | None:
    if household is None or not is_known(household):
        return household
    if not _by(household.quarter, day):
        return None
    return replace(
        household,
        contract_signed_on=_known(household.contract_signed_on, day),
        contract_breached_on=_known(household.contract_breached_on, day),
    )
