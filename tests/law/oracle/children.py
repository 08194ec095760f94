"""Birth, care, four children, and the carer of a child with disability."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from benefits.codes import Relation
from benefits.facts.records import Child, Facts
from tests.law.oracle.answer import (
    ANY,
    NO,
    PERSON,
    YES,
    Amounts,
    Answer,
    either,
    half_up,
    near,
    up,
)
from tests.law.oracle.calendar import DAY, Days, month_end
from tests.law.oracle.figures import (
    ADULT_AT,
    BIRTH_LATER_FROM,
    BIRTH_LATER_MRP,
    BIRTH_MRP,
    CARE_MONTHS,
    CARE_MRP,
    CARE_SHARE,
    CARER_PM,
    CODE_BEGINS,
    CONSTANTS_END,
    FAMILY_EACH_FROM,
    FAMILY_EACH_MRP,
    FAMILY_MRP,
    INDEXED,
    MRP,
    PENSION_CONTRIBUTION,
    PM,
    STUDENT_TO,
    of_number,
)
from tests.law.oracle.known import age_below, alive, average_income, barred, unchecked
from tests.law.oracle.law_of_months import AmountOn, from_application, months_of

PAID_ONCE_FOR_MONTHS = 12
"""Within this time a birth is surely claimed in time; of later the sources say nothing."""


def childbirth(facts: Facts, on: date, days: Days) -> list[Answer]:
    return [_birth(facts, child, on, days) for child in facts.children]


def _birth(facts: Facts, child: Child, on: date, days: Days) -> Answer:
    answer = Answer("childbirth", child.known_as, frozenset({NO}), withheld=Fraction(0))
    if not child.born_alive:
        return answer
    arose = child.taken_on or child.birth_date
    rate = BIRTH_LATER_MRP if (child.birth_order or 0) >= BIRTH_LATER_FROM else BIRTH_MRP
    dates = {arose, on, child.birth_date}
    amounts = either(*(up(rate * MRP[day.year]) for day in dates if CODE_BEGINS.year <= day.year <= CONSTANTS_END.year))
    silent = {"one-off-day"} if len({day.year for day in dates}) > 1 else set()
    answer = replace(
        answer, rights=frozenset({YES}), gross=amounts, parts={"budget": amounts}, silent=frozenset(silent)
    )
    if on > CONSTANTS_END:
        answer = replace(answer, rights=frozenset({PERSON}))
        if arose <= CONSTANTS_END:
            answer = answer.allowing(YES, "after-2026")
    elif arose < CODE_BEGINS:
        answer = answer.allowing(PERSON, "old-right")
    if child.birth_order is None:
        answer = replace(answer, rights=frozenset({PERSON}))
    if child.relation is Relation.STEP:
        answer = replace(answer, rights=frozenset({NO, PERSON}), silent=answer.silent | {"step-child"})
    if child.relation in (Relation.ADOPTED, Relation.GUARDIANSHIP):
        answer = answer.allowing(PERSON, "adoption")
    if on > days.after(arose, PAID_ONCE_FOR_MONTHS) - DAY:
        answer = answer.allowing(ANY, "claim-term")
    if child.mother_iin != facts.applicant.iin or child.lives_with not in (facts.applicant.iin, None):
        answer = answer.allowing(ANY, "other-parent")
    return barred(facts, answer, on)


def childcare(facts: Facts, on: date, days: Days) -> list[Answer]:
    return [_care(facts, child, on, days) for child in facts.children]


def _care(facts: Facts, child: Child, on: date, days: Days) -> Answer:
    answer = Answer("childcare", child.known_as, frozenset({NO}))
    carer = child.carer_iin or child.lives_with
    end = days.after(child.birth_date, CARE_MONTHS)
    if not child.born_alive or (carer is not None and carer != facts.applicant.iin):
        return answer
    if on > end:
        adopted_late = child.taken_on is not None and on <= days.after(child.taken_on, CARE_MONTHS)
        return answer.allowing(ANY, "adoption") if adopted_late else answer
    last = end if child.died_on is None else min(end, month_end(child.died_on))
    first = child.birth_date
    answer = replace(answer, rights=frozenset({YES}), first=frozenset({first}), last=frozenset({last}))
    if on > CONSTANTS_END:
        answer = replace(answer, rights=frozenset({PERSON})).allowing(YES, "after-2026")
    elif first < CODE_BEGINS:
        answer = answer.allowing(PERSON, "old-right")
    if carer is None:
        answer = replace(answer, rights=frozenset({PERSON}))
    answer = _care_money(facts, child, answer, on, first, last)
    if child.relation is Relation.STEP:
        answer = answer.allowing(ANY, "step-child")
    if child.carer_iin not in (None, child.lives_with):
        # since when this one cares, and not who the child lives with, the register does not say
        answer = unchecked(answer.allowing(PERSON))
    if child.taken_on is not None:
        answer = unchecked(answer.allowing(ANY, "adoption"))
    return barred(facts, answer, on, arrears_from=first)


def _care_money(facts: Facts, child: Child, answer: Answer, on: date, first: date, last: date) -> Answer:
    # whichever child it is, so much is certain
    rate = of_number(CARE_MRP, child.birth_order or min(CARE_MRP))

    def of_budget(day: date) -> Amounts:
        return half_up(rate * MRP[day.year]) if day.year in MRP else None

    insurance = facts.insurance(facts.applicant.iin)
    if insurance is None:
        return _monthly(answer, "budget", Fraction(0), of_budget, on, first, last)
    average = average_income(insurance, first)
    if insurance.contribution_months == 0 or average == 0:
        return unchecked(answer.allowing(ANY, "insured"))
    if insurance.contribution_months is None:
        return unchecked(answer.allowing(ANY, "insured"))
    if average is None:
        return unchecked(answer)

    def of_fund(day: date) -> Amounts:
        if day.year not in MRP:
            return None
        least = rate * MRP[day.year] / (1 - PENSION_CONTRIBUTION)
        amounts = near(max(average * CARE_SHARE, least), Fraction(2 if average * CARE_SHARE < least else 1))
        grown = Fraction(1)
        for since, factor in INDEXED.items():
            if first < since <= day:
                grown *= factor
                amounts = either(amounts, near(max(average * CARE_SHARE * grown, least), Fraction(2)))
        return amounts

    return _monthly(answer, "fund", PENSION_CONTRIBUTION, of_fund, on, first, last)


def _monthly(
    answer: Answer, payer: str, withheld: Fraction, amount_on: AmountOn, on: date, first: date, last: date
) -> Answer:
    gross = amount_on(on) if on <= last else either(amount_on(last), amount_on(first), amount_on(on))
    if on > last:
        answer = replace(answer, silent=answer.silent | {"months-past"})
    months = months_of(on, first, last, amount_on, owed_from=first)
    return replace(
        answer, gross=gross, withheld=withheld, parts={payer: gross}, months=months, forecast_after=CONSTANTS_END
    )


def disabled_child_carer(facts: Facts, on: date, days: Days) -> list[Answer]:
    found = []
    for child in facts.children:
        for decision in facts.disabilities:
            if decision.iin == child.iin:
                answer = Answer("disabled-child-carer", decision.number, frozenset({NO}), withheld=Fraction(0))
                grown = days.turns(child.birth_date, ADULT_AT)
                end = min(decision.until or date.max, grown - DAY)
                if not alive(child, on) or not decision.from_date <= on <= end:
                    if alive(child, on) and on < grown and decision.until is not None and on > decision.until:
                        answer = answer.allowing(PERSON, "re-examined")
                    elif child.died_on is not None and on <= month_end(child.died_on):
                        answer = answer.allowing(ANY, "claim-term")
                    found.append(answer)
                    continue
                answer = replace(answer, rights=frozenset({YES}), last=frozenset({end}))

                def amount_on(day: date) -> Amounts:
                    return up(CARER_PM * PM[day.year]) if day.year in PM else None

                answer = from_application(answer, amount_on, on, end)
                if child.lives_with is None:
                    answer = replace(answer, rights=frozenset({PERSON}))
                elif child.lives_with != facts.applicant.iin:
                    answer = replace(answer, rights=frozenset({NO, PERSON}), silent=frozenset({"other-parent"}))
                if facts.applicant.iin not in (child.mother_iin, child.father_iin):
                    answer = answer.allowing(ANY, "other-parent")
                found.append(barred(facts, answer, on))
    return found


def multi_child(facts: Facts, on: date, days: Days) -> list[Answer]:
    answer = Answer("multi-child", facts.applicant.iin, frozenset({NO}), withheld=Fraction(0))
    certain = [child for child in facts.children if child.lives_with == facts.applicant.iin]
    certain = [child for child in certain if child.relation is not Relation.STEP]
    homes = {adult.iin for adult in facts.adults} | {None}
    steps = [child for child in facts.children if child.relation is Relation.STEP and not child.counted_elsewhere]
    maybe = [
        child for child in facts.children if child not in certain and child not in steps and child.lives_with in homes
    ]
    maybe += [child for child in steps if child.lives_with in homes]

    def counted(children: list[Child], day: date) -> int:
        return sum(alive(child, day) and _counts(child, day, days) for child in children)

    def least(day: date) -> int:
        return counted(certain, day)

    sure, possible = least(on), least(on) + counted(maybe, on)
    if possible < min(FAMILY_MRP):
        return [barred(facts, answer, on)]
    if sure < min(FAMILY_MRP):
        named = {
            child.lives_with is None and child.relation is not Relation.STEP for child in maybe if counted([child], on)
        }
        if True in named:
            answer = replace(answer, rights=frozenset({PERSON}))
        answer = answer if named == {True} else answer.allowing(ANY, "two-homes", "step-child")
        return [barred(facts, answer, on)]

    def amount_on(day: date) -> Amounts:
        if day.year not in MRP:
            return None
        number = least(day)
        return _family(number, MRP[day.year]) if number >= min(FAMILY_MRP) else up(Fraction(0))

    changes = sorted(
        {days.turns(child.birth_date, age) for child in certain for age in (ADULT_AT, STUDENT_TO)}
        | {child.full_time_student_until + DAY for child in certain if child.full_time_student_until}
    )
    last = next(day for day in changes if day > on and least(day) < min(FAMILY_MRP)) - DAY
    answer = from_application(replace(answer, rights=frozenset({YES})), amount_on, on, last)
    if possible == sure:
        answer = replace(answer, last=frozenset({last}))
    else:
        answer = unchecked(answer.allowing(PERSON, "two-homes", "step-child"))
        answer = replace(
            answer, gross=either(*(_family(n, MRP.get(on.year, Fraction(0))) for n in range(sure, possible + 1)))
        )
    return [barred(facts, answer, on)]


def _family(number: int, mrp: Fraction) -> Amounts:
    return up(FAMILY_EACH_MRP * mrp * number) if number >= FAMILY_EACH_FROM else up(FAMILY_MRP[number] * mrp)


def _counts(child: Child, day: date, days: Days) -> bool:
    if age_below(days, child.birth_date, ADULT_AT, day):
        return True
    studies = child.full_time_student_until is not None and day <= child.full_time_student_until
    return studies and age_below(days, child.birth_date, STUDENT_TO, day)
