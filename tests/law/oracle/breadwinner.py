"""The loss of a breadwinner: a part of the Fund and a part of the budget in one case."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from benefits.codes import DependantRelation
from benefits.facts.records import Breadwinner, Facts
from tests.law.oracle.answer import ANY, NO, PERSON, YES, Amounts, Answer, either, near, plus, up
from tests.law.oracle.calendar import DAY, Days, month_end
from tests.law.oracle.dependants import Lists
from tests.law.oracle.figures import (
    BREADWINNER_PM,
    CODE_BEGINS,
    CONSTANTS_END,
    KKI,
    ORPHAN_PM,
    PM,
    of_number,
)
from tests.law.oracle.fund import counted, indexed, insured_loss
from tests.law.oracle.known import barred, unchecked
from tests.law.oracle.law_of_months import months_of


def breadwinner_loss(facts: Facts, on: date, days: Days) -> list[Answer]:
    return [_breadwinner(facts, one, on, days) for one in facts.breadwinners]


def _breadwinner(facts: Facts, lost: Breadwinner, on: date, days: Days) -> Answer:
    first = lost.died_on
    lists = Lists(facts, lost, days)
    answer = Answer("breadwinner-loss", lost.death_record, frozenset({NO}), withheld=Fraction(0))
    fund_sure, fund_most = lists.fund(on)
    budget_sure, budget_most = lists.budget(on)
    insurance = facts.insurance(lost.iin)
    if fund_most + budget_most == 0:
        return answer.allowing(ANY, "claim-term") if sum(lists.budget(first)) else answer
    alone = len(facts.breadwinners) == 1
    share = insured_loss(insurance, first, Fraction(1)) if insurance is not None else Fraction(0)
    told = "two-lists"
    if lists.kin_open(on):
        return barred(facts, answer.allowing(ANY, "kin-or"), on, arrears_from=first, own=False)
    if budget_sure == 0 and fund_sure == 0:
        # a carer whose work nobody knows, or kin whose parents nobody knows
        answer = replace(answer, rights=frozenset({PERSON}), silent=frozenset({told}))
        return barred(facts, answer.allowing(NO) if on > CONSTANTS_END else answer, on, arrears_from=first, own=False)
    exact = (fund_sure, budget_sure) == (fund_most, budget_most)
    answer = replace(answer, rights=frozenset({YES}), silent=frozenset(() if exact else {told}))

    def fund_on(day: date) -> Amounts:
        least = lists.fund(day)[0]
        if insurance is None or least == 0:
            return up(Fraction(0))
        if share is None or share <= 0:
            return up(Fraction(0))
        return indexed(near(share * of_number(KKI, least)), on, day)

    def budget_on(day: date) -> Amounts:
        if day.year not in PM:
            return None
        orphans, young = lists.orphans(day)
        least = lists.budget(day)[0]
        if orphans and orphans == young == least:
            return _orphans(orphans, day)
        if orphans:
            return None
        return up(of_number(BREADWINNER_PM, least) * PM[day.year]) if least else up(Fraction(0))

    fund, budget = fund_on(on), budget_on(on)
    nothing = up(Fraction(0))
    if not exact:
        fund, budget = either(fund, nothing), either(budget, nothing)
    if share is not None and share <= 0 and insurance is not None:
        answer = replace(answer, silent=answer.silent | {"nothing-left"})
    parts = {"fund": fund, "budget": budget}
    if not alone:
        parts["budget"] = None
    end = lists.ends(on)
    certain = insurance is None or (share is not None and share > 0 and counted(insurance, first))
    answer = replace(answer, gross=plus(fund, parts["budget"]), parts=parts)
    if exact and alone and certain and not any(one.disabled_before_18 for one in lost.dependants):
        sure = [one for one in lost.dependants if one.relation is DependantRelation.CHILD]
        months = months_of(on, first, end, lambda day: plus(fund_on(day), budget_on(day)), first)
        steady = {
            month: amounts
            for month, amounts in months.items()
            if lists.fund(month)[0] == lists.fund(month)[1]
            and lists.budget(month_end(month))[0] == lists.budget(month_end(month))[1]
        }
        answer = replace(answer, months=steady, forecast_after=CONSTANTS_END)
        if len(sure) == len(lost.dependants):
            answer = replace(answer, last=frozenset({end}))
        answer = replace(answer, first=frozenset({first, first + DAY, on}))
    if insurance is not None and not certain:
        answer = replace(answer, gross=None, parts={"budget": parts["budget"]}, months={})
        if fund_sure and not budget_sure:
            answer = answer.allowing(PERSON)
    answer = _late_or_early(answer, on, first)
    children_alone = all(one.relation is DependantRelation.CHILD for one in lost.dependants)
    if not alone and not (insurance is not None and certain and fund_sure and children_alone):
        # nothing that is this parent's alone is certain, and the budget pays in one of the cases
        answer = answer.allowing(ANY, "which-parent")
    if orphans_mixed(lists, on):
        answer = replace(answer.allowing(PERSON, "mixed-orphans"))
    return barred(facts, answer, on, arrears_from=first, own=False)


def orphans_mixed(lists: Lists, on: date) -> bool:
    orphans, young = lists.orphans(on)
    return orphans > 0 and (orphans < young or lists.budget(on)[0] != young)


def _orphans(number: int, day: date) -> Amounts:
    each = up(ORPHAN_PM * PM[day.year])
    total = each
    for _ in range(number - 1):
        total = plus(total, each)
    return total


def _late_or_early(answer: Answer, on: date, first: date) -> Answer:
    if on < CODE_BEGINS:
        return replace(unchecked(answer), rights=frozenset({PERSON}))
    if first < CODE_BEGINS:
        budget = answer.parts.get("budget")
        answer = unchecked(answer.allowing(PERSON, "old-right"))
        return replace(answer, parts={"budget": either(budget, up(Fraction(0)))})
    if on > CONSTANTS_END:
        answer = replace(unchecked(answer), rights=frozenset({PERSON}))
        return answer.allowing(YES, "after-2026") if first <= CONSTANTS_END else answer
    return answer
