"""Loss of the breadwinner: a payment of the Fund and an allowance of the budget, two parts of one case.

One right for each deceased, for all dependants together; it is reckoned anew when their number changes. The Fund's
part is due if the deceased was insured, the budget's part in any case. Where both parents of the same dependants
died, only the later death is decided here; what the earlier one adds is for a person.
"""

from collections.abc import Sequence
from datetime import date

from benefits.assessment import Assessment, Finding, Money, Rule
from benefits.codes import DependantRelation
from benefits.decision import ZERO
from benefits.facts import Breadwinner, Dependant
from benefits.social_insurance import EARNINGS, INDEXED, PARTICIPATION, earnings, indexed, participation
from benefits.takes import Takes
from benefits.terms import ONE_DAY, birthday, day_before

_YOUNG = (DependantRelation.CHILD, DependantRelation.SIBLING, DependantRelation.GRANDCHILD)
_NEVER = date.max


def breadwinners(assessment: Assessment) -> Sequence[Breadwinner]:
    """The family's deceased breadwinners, the latest first."""
    return sorted(assessment.facts.breadwinners, key=lambda one: (-one.died_on.toordinal(), one.death_record))


def decide(assessment: Assessment, breadwinner: Breadwinner) -> Finding:
    """The two parts for the dependants that count on the day."""
    basis = breadwinner.death_record
    kept = _kept(assessment, breadwinner)
    assessment.figure("dependants", len(kept), "people")
    if not kept:
        return assessment.no("no_dependants", basis)
    if _died_before_another(assessment, breadwinner):
        return assessment.ask("both_parents_died", basis)
    orphans = sum(1 for one, _ in kept if one.full_orphan)
    if orphans not in (0, len(kept)):
        return assessment.ask("some_are_full_orphans", basis)
    fund = _fund_part(assessment, breadwinner, len(kept))
    open_ = fund if isinstance(fund, str) else None
    # What the budget pays hangs on nothing that the Fund still has to say: it is granted, and the rest is asked.
    money = (*(() if isinstance(fund, str) else fund), _budget_part(assessment, len(kept), orphans))
    last = max(end for _, end in kept)
    until = None if last == _NEVER else day_before(last)
    finding = assessment.yes(basis, money, until=until, start=assessment.paid_from(breadwinner.died_on))
    finding.condition = open_
    if fund:
        finding.decider = "fund"
    return finding


def _fund_part(assessment: Assessment, breadwinner: Breadwinner, number: int) -> tuple[Money, ...] | str:
    """(average income - 0.5 MZP) x 0.6 x coefficient of dependants x participation; a question's code if it is open."""
    insurance = assessment.facts.insurance(breadwinner.iin)
    if insurance is None or insurance.contribution_months == 0:
        return ()
    if insurance.contribution_months is None:
        return "contribution_months_unknown"
    wage = assessment.number_on("mzp", breadwinner.died_on)
    earned = earnings(assessment, insurance, breadwinner.died_on)
    if earned is None or wage is None:
        return "income_months_missing"
    deducted, replaced = assessment.number("wage_deducted"), assessment.number("replacement")
    dependants = assessment.bracket("dependants_coefficient", number)
    coefficient = participation(assessment, insurance.contribution_months)
    exact = earned.replaced(deducted * wage, replaced * dependants * coefficient)
    if exact <= 0:
        return "income_below_the_deduction"
    if assessment.trace is not None:
        average = earned.total / earned.months
        how = f"( {average:f} - {deducted:f} × {wage:f} ) × {replaced:f} × {dependants:f} × {coefficient:f}"
        assessment.figure("exact_fund", exact, how=how)
    return (Money(indexed(assessment, assessment.rounded(exact)), "fund", ZERO, "fund"),)


def _budget_part(assessment: Assessment, number: int, orphans: int) -> Money:
    """A multiple of PM for all dependants together; for full orphans one for each, rounded as it is published."""
    if not orphans:
        return Money(assessment.times(assessment.bracket("rate", number), "pm"), "budget", ZERO, "budget")
    each = assessment.times(assessment.number("rate_full_orphan"), "pm")
    if assessment.trace is not None:
        assessment.figure("for_all_orphans", each * orphans, how=f"{each:f} × {orphans}")
    return Money(each * orphans, "budget", ZERO, "budget")


def _kept(assessment: Assessment, breadwinner: Breadwinner) -> list[tuple[Dependant, date]]:
    """The dependants that count on the day, each with the first day on which they no longer count; one carer at
    most.
    """
    on = assessment.on
    adult_age, student_age = assessment.whole("adult_age"), assessment.whole("student_age")
    kept: list[tuple[Dependant, date]] = []
    carers: list[tuple[Dependant, date]] = []
    for dependant in breadwinner.dependants:
        if dependant.relation in _YOUNG:
            end = _grown_up(dependant, adult_age, student_age)
            if end > on:
                kept.append((dependant, end))
        elif dependant.cares_for is not None:
            end = birthday(dependant.cares_for, assessment.whole("cared_child_age"))
            if end > on:
                carers.append((dependant, end))
    carers.sort(key=lambda carer: (-carer[1].toordinal(), carer[0].iin))
    return kept + carers[:1]


def _grown_up(dependant: Dependant, adult_age: int, student_age: int) -> date:
    """The first day on which a child, sibling or grandchild no longer counts."""
    if dependant.disabled_before_18:
        return _NEVER
    grown_up = birthday(dependant.birth_date, adult_age)
    study = dependant.full_time_student_until
    if study is None or study < grown_up:
        return grown_up
    return min(study + ONE_DAY, birthday(dependant.birth_date, student_age))


def _died_before_another(assessment: Assessment, breadwinner: Breadwinner) -> bool:
    """Whether somebody who kept the same dependants died later."""
    own = {one.iin for one in breadwinner.dependants}
    for other in assessment.facts.breadwinners:
        later = (other.died_on, breadwinner.death_record) > (breadwinner.died_on, other.death_record)
        if other is not breadwinner and later and any(one.iin in own for one in other.dependants):
            return True
    return False


RULE = Rule(
    code="breadwinner-loss",
    subjects=breadwinners,
    decide=decide,
    nothing="no_breadwinner_died",
    reads=frozenset({"breadwinners", "insurances"}),
    takes=Takes(
        (
            "adult_age:years cared_child_age:years mzp:tenge paid_from:choice pm:tenge rate_full_orphan:PM "
            "replacement:ratio rounding:choice student_age:years wage_deducted:MZP"
        ),
        brackets="dependants_coefficient:ratio rate:PM",
        says=(
            "both_parents_died contribution_months_unknown dependants exact_fund for_all_orphans "
            "income_below_the_deduction income_months_missing no_breadwinner_died no_dependants "
            "some_are_full_orphans"
        ),
    )
    | EARNINGS
    | PARTICIPATION
    | INDEXED,
)
