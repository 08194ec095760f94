"""What is known of a family on a day, and what bars somebody from every service."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

from benefits.codes import Citizenship, PaymentState
from benefits.facts.records import Adult, Child, Facts, Insurance
from tests.law.oracle.answer import ANY, NO, PERSON, YES, Answer, Money
from tests.law.oracle.calendar import Days, month_end, month_of, months_between, next_month
from tests.law.oracle.figures import AVERAGED_MONTHS, CONSTANTS_END, INCOME_CAP_MZP, MZP

FUND = frozenset({"capacity-loss", "job-loss"})


def known_on(facts: Facts, on: date) -> Facts:
    """The same family without what came to pass after the day."""

    def past(day: date | None) -> date | None:
        return day if day is not None and day <= on else None

    def adult(one: Adult) -> Adult:
        return replace(
            one,
            died_on=past(one.died_on),
            imprisoned_since=past(one.imprisoned_since),
            left_country_on=past(one.left_country_on),
            missing_since=past(one.missing_since),
            citizenship_lost_on=past(one.citizenship_lost_on),
        )

    household = facts.household
    if household is not None:
        signed, breached = past(household.contract_signed_on), past(household.contract_breached_on)
        household = replace(household, contract_signed_on=signed, contract_breached_on=breached)
    return replace(
        facts,
        applicant=adult(facts.applicant),
        adults=tuple(adult(one) for one in facts.adults),
        children=tuple(
            replace(one, died_on=past(one.died_on))
            for one in facts.children
            if one.birth_date <= on and (one.taken_on is None or one.taken_on <= on)
        ),
        disabilities=tuple(one for one in facts.disabilities if one.decided_on <= on),
        payments=tuple(one for one in facts.payments if one.from_date <= on),
        awards=tuple(one for one in facts.awards if one.awarded_on <= on),
        capacity_losses=tuple(one for one in facts.capacity_losses if one.decided_on <= on),
        unemployments=tuple(
            replace(one, deregistered_on=past(one.deregistered_on))
            for one in facts.unemployments
            if one.registered_on <= on
        ),
        breadwinners=tuple(one for one in facts.breadwinners if one.died_on <= on),
        burials=tuple(one for one in facts.burials if one.died_on <= on),
        household=household,
        pensions=tuple(one for one in facts.pensions if one.decided_on <= on and one.from_date <= on),
        kandas_statuses=tuple(one for one in facts.kandas_statuses if one.decided_on <= on),
    )


def age_below(days: Days, born: date, years: int, on: date) -> bool:
    return on < days.turns(born, years)


def alive(child: Child, on: date) -> bool:
    return child.born_alive and (child.died_on is None or on < child.died_on)


def barred(facts: Facts, answer: Answer, on: date, *, arrears_from: date | None = None, own: bool = True) -> Answer:
    """The answer under what stops every service: death, prison, emigration; and under citizenship and payments.

    `arrears_from`: the first day that is owed, where it may lie before the application. `own`: the right is that of the
    applicant alone; of a child's or of dependants' the sources don't say whose prison stops it.
    """
    who = facts.applicant
    for since in (who.died_on, who.imprisoned_since, who.left_country_on):
        if since is None:
            continue
        if own and on >= next_month(since) and (arrears_from is None or arrears_from >= next_month(since)):
            # of what is paid once no text says that it is lost
            once = answer.service in ("childbirth", "burial") and answer.rights != {NO}
            return replace(answer, rights=frozenset({NO, PERSON} if once else {NO}))
        answer = unchecked(answer.allowing(ANY, "barred-month"))
    if answer.rights == frozenset({NO}):
        return answer
    return _paid(facts, _belongs(facts, answer, on, arrears_from or on), on)


def until_it_stops(facts: Facts, answer: Answer, on: date) -> Answer:
    """The Fund pays nothing while a kandas certificate has expired (L art. 27 p. 1 (3)), from the month after it; of
    the budget's the sources are silent. What is certain of a right that has been stopped, or whose next constants are
    not known, may be said to end there.
    """
    ends = {CONSTANTS_END} if on > CONSTANTS_END else set()
    months = answer.months
    terms = [one.until for one in facts.kandas_statuses if one.iin == facts.applicant.iin]
    if facts.applicant.citizenship is Citizenship.KANDAS and terms:
        expired = max(terms)
        stopped = frozenset({Money(Fraction(0), Fraction(0))}) if answer.service in FUND else None
        months = {month: stopped if month > expired else amounts for month, amounts in months.items()}
        ends |= {month_end(expired)} if month_end(expired) < on else set()
    last = answer.last | ends if answer.last else answer.last
    return replace(answer, months=months, last=last)


def unchecked(answer: Answer) -> Answer:
    return replace(answer, gross=None, parts={}, months={}, first=frozenset(), last=frozenset())


def _belongs(facts: Facts, answer: Answer, on: date, owed_from: date) -> Answer:
    who = facts.applicant
    if who.missing_since or who.citizenship_lost_on:
        stops = [day for day in (who.missing_since, who.citizenship_lost_on) if day is not None]
        if answer.service in FUND and min(stops) <= owed_from:
            return replace(answer, rights=answer.rights - {YES} | {NO, PERSON})
        return unchecked(answer.allowing(ANY, "suspended-budget"))
    if who.citizenship is Citizenship.KANDAS and who.permanent_resident:
        terms = [one for one in facts.kandas_statuses if one.iin == who.iin]
        if not terms:
            # for how long the status was given nobody knows
            return replace(answer, rights=answer.rights - {YES} | {PERSON}) if answer.rights != {NO} else answer
        if any(one.from_date <= on <= one.until for one in terms):
            return answer
        if answer.service in FUND and all(one.until < owed_from for one in terms):
            return replace(answer, rights=answer.rights - {YES} | {NO, PERSON})
        return answer.allowing(ANY, "suspended-budget")
    here = who.permanent_resident
    if who.citizenship is Citizenship.CITIZEN and here:
        return answer
    if answer.service == "childbirth" and who.citizenship is Citizenship.FOREIGNER:
        return answer if here else replace(answer, rights=frozenset({NO, PERSON}))
    return answer.allowing(ANY, "abroad")


def _paid(facts: Facts, answer: Answer, on: date) -> Answer:
    for payment in facts.payments:
        if (payment.service, payment.basis) != (answer.service, answer.basis):
            continue
        running = payment.state is PaymentState.PAYING and (payment.until is None or payment.until >= on)
        if answer.service in ("childbirth", "burial") or (running and answer.service != "multi-child"):
            answer = replace(answer, rights=answer.rights - {YES} | {NO, PERSON})
        else:
            answer = unchecked(answer.allowing(ANY, "paid-before"))
    return answer


def average_income(insurance: Insurance, arose: date) -> Fraction | None:
    """SMD: the 24 months before that of the right, each up to 7 MZP, divided by 24; None if a month is not known."""
    total = Fraction(0)
    for month in before(arose):
        amount = [one.amount for one in insurance.incomes if one.from_month <= month <= month_of(one.until_month)]
        if not amount or month.year not in MZP:
            return None
        total += min(Fraction(amount[0]), INCOME_CAP_MZP * MZP[month.year])
    return total / AVERAGED_MONTHS


def before(arose: date) -> Iterator[date]:
    first = Days(late=False).after(month_of(arose), -AVERAGED_MONTHS)
    return (month for month in months_between(first, month_of(arose)) if month < month_of(arose))
