"""Disability, awards, targeted assistance and burial."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from benefits.codes import Cause, DeceasedStatus, Group
from benefits.facts.records import Adult, Child, Disability, Facts
from tests.law.oracle.answer import ANY, NO, PERSON, YES, Amounts, Answer, either, near, up
from tests.law.oracle.calendar import DAY, Days, month_end, quarter_before, quarter_of
from tests.law.oracle.figures import (
    ADULT_AT,
    ASSISTED_CHILD_MRP,
    ASSISTED_FROM,
    ASSISTED_TO,
    AWARD_MRP,
    BREACH_BARS_MONTHS,
    BURIAL_MRP,
    BURIAL_OLD_MRP,
    BURIAL_WAR_MRP,
    CODE_BEGINS,
    CONSTANTS_END,
    DISABILITY_CHILDHOOD_PM,
    DISABILITY_PM,
    DISABILITY_SMALL_CHILD_PM,
    LINES,
    MRP,
    PM,
    SMALL_CHILD_TO,
)
from tests.law.oracle.known import age_below, alive, barred, unchecked
from tests.law.oracle.law_of_months import from_application

BURIAL_RATE_SURE_FROM = date(2025, 1, 1)


def disability(facts: Facts, on: date, days: Days) -> list[Answer]:
    people: dict[str, Adult | Child] = {child.iin: child for child in facts.children if child.iin}
    people[facts.applicant.iin] = facts.applicant
    return [_allowance(facts, one, people[one.iin], on, days) for one in facts.disabilities if one.iin in people]


def _allowance(facts: Facts, decision: Disability, person: Adult | Child, on: date, days: Days) -> Answer:
    answer = Answer("disability", decision.number, frozenset({NO}), withheld=Fraction(0))
    child = isinstance(person, Child)
    if isinstance(person, Child) and not alive(person, on):
        in_month = person.died_on is not None and on <= month_end(person.died_on)
        return answer.allowing(ANY, "claim-term") if in_month else answer.allowing(PERSON)
    if on < decision.from_date:
        return answer
    if decision.until is not None and on > decision.until:
        return answer.allowing(PERSON, "re-examined")
    grown = days.turns(person.birth_date, ADULT_AT)
    answer = replace(answer, rights=frozenset({YES}), last=frozenset({decision.until}))

    def amount_on(day: date) -> Amounts:
        multiple = _multiple(decision, person, day, days)
        return None if multiple is None or day.year not in PM else up(multiple * PM[day.year])

    paid_to = min(decision.until or date.max, grown - DAY) if child else decision.until
    answer = from_application(answer, amount_on, on, paid_to)
    if decision.group is Group.CHILD:
        unnamed = days.turns(person.birth_date, SMALL_CHILD_TO) - DAY
        answer = replace(answer, last=answer.last | {unnamed}, silent=answer.silent | {"board-child"})
    if _multiple(decision, person, on, days) is None:
        answer = replace(answer, rights=frozenset({PERSON}))
    if decision.cause not in (Cause.GENERAL, Cause.CHILDHOOD) and on < grown:
        answer = unchecked(answer.allowing(frozenset({YES, PERSON}), "board-child"))
    if child and (decision.until is None or decision.until >= grown):
        answer = replace(answer, last=frozenset({decision.until, grown - DAY}), silent=answer.silent | {"board-child"})
        if on >= grown:
            answer = unchecked(answer.allowing(ANY, "board-child"))
    elif not child and decision.from_date < grown:
        answer = unchecked(answer.allowing(ANY, "board-child"))
    if any(one.iin == decision.iin and (one.until is None or on <= one.until) for one in facts.pensions):
        answer = replace(answer, rights=frozenset({NO, PERSON}))
    elif days.pension(person.birth_date, person.sex) <= on:
        answer = unchecked(answer.allowing(ANY, "no-pension-known"))
    else:
        pension = days.pension(person.birth_date, person.sex)
        if answer.last and (decision.until is None or decision.until >= pension):
            answer = replace(answer, last=frozenset(), months={}, silent=answer.silent | {"no-pension-known"})
    return barred(facts, answer, on, own=not child)


def _multiple(decision: Disability, person: Adult | Child, day: date, days: Days) -> Fraction | None:
    if age_below(days, person.birth_date, SMALL_CHILD_TO, day):
        return DISABILITY_SMALL_CHILD_PM
    if decision.group is Group.CHILD:
        return None
    if age_below(days, person.birth_date, ADULT_AT, day) or decision.cause is Cause.CHILDHOOD:
        return DISABILITY_CHILDHOOD_PM[decision.group.value]
    return DISABILITY_PM[decision.group.value] if decision.cause is Cause.GENERAL else None


def awarded_mother(facts: Facts, on: date, days: Days) -> list[Answer]:
    answers = []
    for award in facts.awards:
        if award.iin != facts.applicant.iin:
            continue
        answer = Answer("awarded-mother", award.number, frozenset({YES}), withheld=Fraction(0), last=frozenset({None}))
        rate = AWARD_MRP.get(award.kind)

        def amount_on(day: date, rate: Fraction | None = rate) -> Amounts:
            return None if rate is None or day.year not in MRP else up(rate * MRP[day.year])

        answer = from_application(answer, amount_on, on, None)
        if rate is None:
            answer = replace(answer, rights=frozenset({NO, PERSON}), silent=frozenset({"award-of-a-man"}))
        if facts.applicant.sex != "female":
            answer = answer.allowing(ANY, "award-of-a-man")
        answers.append(barred(facts, answer, on))
    return answers


def targeted_assistance(facts: Facts, on: date, days: Days) -> list[Answer]:
    answer = Answer("targeted-assistance", None, frozenset({PERSON}), withheld=Fraction(0))
    household = facts.household
    if household is None:
        return [barred(facts, answer.allowing(NO, "household-unknown"), on)]
    if household.contract_breached_on is not None:
        again = days.after(household.contract_breached_on, BREACH_BARS_MONTHS)
        if on < again:
            return [replace(answer, rights=frozenset({NO}))]
        answer = answer.allowing(ANY, "breach-day")
    if household.able_bodied and household.contract_signed_on is None:
        return [barred(facts, answer.allowing(NO), on)]
    line = LINES.get((facts.applicant.region or "", quarter_of(on)))
    if line is None or household.income is None or household.quarter != quarter_before(on) or not household.members:
        return [barred(facts, answer, on)]
    average = Fraction(household.income) / 3 / len(household.members)
    if average >= line:
        refused = replace(answer, rights=frozenset({NO}))
        return [barred(facts, refused if average > line else refused.allowing(PERSON, "at-the-line"), on)]

    def assisted(day: date) -> int:
        return sum(
            child.iin in household.members
            and alive(child, day)
            and age_below(days, child.birth_date, ASSISTED_TO, day)
            and not age_below(days, child.birth_date, ASSISTED_FROM, day)
            for child in facts.children
        )

    quarter_end = month_end(days.after(quarter_of(on), 2))
    counts = {assisted(day) for day in (on, quarter_of(on), quarter_end)}
    base = (line - average) * len(household.members)
    sums = either(*(near(base + count * ASSISTED_CHILD_MRP * MRP[on.year], Fraction(1)) for count in counts))
    silent = frozenset({"assisted-age-day"} if len(counts) > 1 else ())
    answer = replace(
        answer,
        rights=answer.rights - {PERSON} | {YES},
        gross=sums,
        parts={"budget": sums},
        last=frozenset({quarter_end}),
        silent=answer.silent | silent,
    )
    members = {facts.applicant.iin, *(child.iin for child in facts.children if alive(child, on))}
    if not members <= set(household.members):
        answer = unchecked(answer.allowing(ANY, "household-unknown"))
    return [barred(facts, answer, on)]


def burial(facts: Facts, on: date, days: Days) -> list[Answer]:
    answers = []
    for one in facts.burials:
        answer = Answer("burial", one.death_record, frozenset({NO}), withheld=Fraction(0))
        if one.status is DeceasedStatus.NONE or one.buried_by != facts.applicant.iin:
            answers.append(answer)
            continue
        rate = BURIAL_WAR_MRP if one.status is DeceasedStatus.WAR_PARTICIPANT else BURIAL_MRP
        dates = [day for day in (one.died_on, on) if CODE_BEGINS.year <= day.year <= CONSTANTS_END.year]
        amounts = either(*(up(rate * MRP[day.year]) for day in dates))
        answer = replace(answer, rights=frozenset({YES}), gross=amounts, parts={"budget": amounts})
        if on > CONSTANTS_END:
            answer = replace(answer, rights=frozenset({PERSON}))
            if one.died_on <= CONSTANTS_END:
                answer = answer.allowing(YES, "after-2026")
        elif one.died_on < BURIAL_RATE_SURE_FROM and rate == BURIAL_MRP:
            old = either(amounts, *(up(BURIAL_OLD_MRP * MRP[day.year]) for day in dates))
            answer = replace(answer, gross=old, parts={"budget": old}).allowing(PERSON, "burial-rate")
        if one.died_on < CODE_BEGINS:
            answer = answer.allowing(PERSON, "old-right")
        if on > days.after(one.died_on, 12):
            answer = answer.allowing(ANY, "claim-term")
        answers.append(barred(facts, answer, on))
    return answers
