"""The facts of a family as they were known on an earlier day: without what happened or was decided after it."""

from dataclasses import replace
from datetime import date

from benefits.facts.records import Adult, Child, Facts, Household, Insurance
from benefits.facts.unreadable import is_known


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
        children=tuple(_child_on(child, day) for child in facts.children if _had_come(child, day)),
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


def _by(happened: date, day: date) -> bool:
    """Whether it had happened by the day; a date that cannot be read stays, for the rules that look at it to see."""
    return not is_known(happened) or happened <= day


def _known(happened: date | None, day: date) -> date | None:
    return happened if happened is not None and _by(happened, day) else None


def _living_on(adult: Adult, day: date) -> Adult:
    return replace(
        adult,
        died_on=_known(adult.died_on, day),
        imprisoned_since=_known(adult.imprisoned_since, day),
        left_country_on=_known(adult.left_country_on, day),
        missing_since=_known(adult.missing_since, day),
        citizenship_lost_on=_known(adult.citizenship_lost_on, day),
    )


def _had_come(child: Child, day: date) -> bool:
    """Whether the child was born by the day, and in the family: one that was taken in later was not yet."""
    return _by(child.birth_date, day) and (child.taken_on is None or _by(child.taken_on, day))


def _child_on(child: Child, day: date) -> Child:
    return replace(child, died_on=_known(child.died_on, day))


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
