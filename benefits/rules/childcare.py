"""Benefit for the care of a child up to a year and a half: from the Fund if the carer is insured, otherwise the budget.

One right for each child, of the one person who cares for it. The Fund's payment is never below what the budget
would pay for that child, nor above the cap.
"""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal

from benefits.assessment import ROUNDINGS, WHOLE, Assessment, Finding, Money, Rule
from benefits.birth_order import is_contested
from benefits.carers import (
    CARER,
    cared_since,
    carer_unknown,
    ever_cared_for,
    in_state_care,
    last_change,
    may_be_cared_for,
)
from benefits.codes import Relation
from benefits.decision import ZERO
from benefits.facts import Child, Insurance
from benefits.running_terms import last_day
from benefits.social_insurance import (
    CONTRIBUTION,
    EARNINGS,
    INDEXED,
    indexed,
    known_earnings,
    less_pension_contribution,
)
from benefits.takes import Takes
from benefits.terms import end_of_month


def children(assessment: Assessment) -> Sequence[Child]:
    """The children whom the applicant cares for, or did, the youngest first."""
    cared = [one for one in assessment.facts.children if ever_cared_for(assessment, one)]
    return sorted(cared, key=lambda one: (-one.birth_date.toordinal(), one.birth_order or 0, one.known_as))


def decide(assessment: Assessment, child: Child) -> Finding:
    """Who pays, how much, and until when: through the day on which the child is a year and a half, or the month of its
    death (Law 286-VI, art. 24 p. 3; unverified for the Code). Both are owed within the term for the claim.
    """
    basis = child.known_as
    if not child.born_alive:
        return assessment.no("not_born_alive", basis)
    if child.relation is Relation.STEP and child.counted_elsewhere:
        return assessment.no("counted_in_another_family", basis)
    arose = child.taken_on or child.birth_date
    last = last_day(assessment, "child_months", child.birth_date)
    too_late = assessment.claimed_too_late(arose)
    taken_in = child.relation in (Relation.ADOPTED, Relation.GUARDIANSHIP)
    if taken_in and child.taken_on is None and not assessment.claimed_too_late(last):
        return assessment.ask("when_was_the_child_taken", basis)
    if arose > last:
        return assessment.no("child_too_old", basis)
    if too_late:
        # Of a child who was born to the family the term ends with its age, unless the law says otherwise.
        return assessment.no("claimed_too_late" if taken_in or assessment.on <= last else "child_too_old", basis)
    if child.died_on is not None:
        if child.died_on < arose:
            return assessment.no("child_died", basis)
        last = min(last, end_of_month(child.died_on))
    if kept_since := in_state_care(assessment, child):
        return assessment.no("kept_by_the_state", basis, since=kept_since)
    if unknown := carer_unknown(assessment, child):
        return assessment.ask(unknown, basis)
    if not may_be_cared_for(assessment, child):
        return assessment.no("another_cares_for_the_child", basis, since=last_change(assessment, child))
    if child.relation is Relation.STEP and child.counted_elsewhere is None:
        return assessment.ask("is_the_stepchild_counted_elsewhere", basis)
    began, known = cared_since(child, assessment.facts.applicant.iin)
    first = assessment.paid_from(arose)
    if not known and assessment.on < assessment.applied_on:
        return assessment.ask("since_when_is_the_child_cared_for", basis)
    finding = _amount(assessment, child, arose)
    finding.start, finding.until = max(first, began or first), last
    if not known and first < assessment.applied_on:
        # From the claim on it is certain; in the months before another may have cared.
        finding.start = assessment.applied_on
        finding.condition = finding.condition or "since_when_is_the_child_cared_for"
    return finding


def _amount(assessment: Assessment, child: Child, arose: date) -> Finding:
    """What is certain of the amount is granted, and what is open of it asked: in doubt about the birth order the least
    that it can come to.
    """
    orders, doubt = _orders(assessment, child)
    rates = [entry.value for entry in (assessment.in_force.bracket("rate", order) for order in orders) if entry]
    least, most = orders[rates.index(min(rates))], orders[rates.index(max(rates))]
    insurance = assessment.facts.insurance(assessment.facts.applicant.iin)
    if insurance is not None and insurance.contribution_months != 0:
        return _from_fund(assessment, child, insurance, arose, least, most, doubt)
    if doubt is None:
        assessment.figure("birth_order", least, "children")
    finding = assessment.yes(child.known_as, Money(_from_budget(assessment, least), code="budget"))
    finding.condition = doubt
    return finding


def _orders(assessment: Assessment, child: Child) -> tuple[Sequence[int], str | None]:
    """The places among the mother's children that this one may have, and the question where it may be any: then the
    first of each rate.
    """
    begins, _ = assessment.in_force.brackets["rate"]
    if child.birth_order is None:
        return begins, "which_child_of_the_mother"
    if is_contested(assessment.facts, child, child.birth_order):
        return begins, "birth_order_contested"
    return (child.birth_order,), None


def _from_budget(assessment: Assessment, order: int) -> Decimal:
    """The rate by the birth order in MRP; published rounded half-up, unlike the other benefits."""
    rate, mrp = assessment.bracket("rate", order), assessment.number("mrp")
    amount = (rate * mrp).quantize(WHOLE, ROUNDINGS[assessment.word("rounding_budget")])
    if assessment.trace is not None:
        assessment.figure("exact_budget", rate * mrp, how=f"{rate:f} × {mrp:f}")
        assessment.figure("amount_budget", amount)
    return amount


def _from_fund(
    assessment: Assessment,
    child: Child,
    insurance: Insurance,
    arose: date,
    order: int,
    highest: int,
    doubt: str | None,
) -> Finding:
    """0.4 of the average income, at most 0.4 x 7 MZP, and net of the pension contribution no less than the budget
    pays. In doubt about months of income that of the others is certain; how long somebody has contributed changes
    nothing, as long as they have.
    """
    basis = child.known_as
    if insurance.contribution_months is None and not any(income.amount > 0 for income in insurance.incomes):
        return assessment.ask("contribution_months_unknown", basis)
    earned, wage = known_earnings(assessment, insurance, arose), assessment.number_on("mzp", arose)
    whole = earned.complete and wage is not None
    if whole and doubt is None:
        # Without it, what is granted of a part has another ground than the whole, and the rest is offered.
        assessment.figure("birth_order", order, "children")
    replacement = assessment.number("replacement")
    exact = earned.replaced(ZERO, replacement)
    if assessment.trace is not None:
        assessment.figure("exact", exact, how=f"{earned.total / earned.months:f} × {replacement:f}")
    cap = assessment.number_then("income_cap", arose)
    most = replacement * cap * (wage or ZERO)
    if assessment.trace is not None:
        assessment.figure("most", most, how=f"{replacement:f} × {cap:f} × {wage or ZERO:f}")
    gross = indexed(assessment, assessment.rounded(min(exact, most)))
    kept = 1 - assessment.number("pension_contribution")
    budget = _from_budget(assessment, order)
    least = (budget / kept).quantize(WHOLE, ROUND_CEILING)
    if assessment.trace is not None:
        assessment.figure("least", least, how=f"{budget:f} ÷ {kept:f}")
    # What no place among the mother's children would raise hangs on none; it is reckoned without a note of it.
    aside = Assessment(assessment.facts, assessment.on, assessment.applied_on, assessment.legislation, None)
    if doubt is not None and gross * kept >= _from_budget(aside, highest):
        doubt = None
    money = less_pension_contribution(assessment, max(gross, least), "fund")
    finding = assessment.yes(basis, money)
    finding.decider = "fund"
    finding.condition = doubt if whole else "income_months_missing"
    return finding


RULE = Rule(
    code="childcare",
    subjects=children,
    decide=decide,
    nothing="no_child_cared_for",
    arose=lambda child: child.taken_on or child.birth_date,
    reads=frozenset({"adults", "children", "insurances"}),
    takes=Takes(
        (
            "child_months:months claim_months:months income_cap:MZP mrp:tenge mzp:tenge paid_from:choice "
            "pension_contribution:ratio replacement:ratio rounding:choice rounding_budget:choice"
        ),
        brackets="rate:MRP",
        says=(
            "amount_budget another_cares_for_the_child birth_order birth_order_contested child_died child_too_old "
            "claimed_too_late contribution_months_unknown counted_in_another_family exact exact_budget "
            "income_months_missing is_the_stepchild_counted_elsewhere least most no_child_cared_for not_born_alive "
            "kept_by_the_state since_when_is_the_child_cared_for when_was_the_child_taken which_child_of_the_mother"
        ),
    )
    | CARER
    | EARNINGS
    | INDEXED
    | CONTRIBUTION,
)
