"""Social payment for loss of the capacity to work, from the Fund, whether or not the person works.

One right for each decision of the medical board; it comes in addition to the disability benefit and ends with the
board's period or the pension age.
"""

from collections.abc import Sequence

from benefits.assessment import Assessment, Finding, Rule
from benefits.facts import CapacityLoss
from benefits.medical_board import newest_first
from benefits.pension_age import ENDS_AT_IT, last_day_before, pension_day
from benefits.social_insurance import (
    CONTRIBUTION,
    EARNINGS,
    INDEXED,
    PARTICIPATION,
    earnings,
    indexed,
    less_pension_contribution,
    participation,
)
from benefits.suspension import RE_EXAMINED, term_over
from benefits.takes import Takes
from benefits.terms import ONE_DAY, earlier


def decisions(assessment: Assessment) -> Sequence[CapacityLoss]:
    """The board's decisions about the applicant, the newest first."""
    facts = assessment.facts
    own = [one for one in facts.capacity_losses if one.iin == facts.applicant.iin]
    return sorted(own, key=newest_first)


def decide(assessment: Assessment, loss: CapacityLoss) -> Finding:
    """(average income - 0.5 MZP) x 0.6 x degree of loss x participation."""
    basis, on = loss.number, assessment.on
    if on < loss.from_date:
        return assessment.no("not_yet_in_force", basis, from_day=loss.from_date)
    newer = [one.from_date for one in decisions(assessment) if loss.from_date < one.from_date <= on]
    if newer:
        return assessment.no("newer_decision", basis, since=min(newer))
    if loss.degree < assessment.number("least_degree"):
        return assessment.no("degree_too_low", basis)
    last = last_day_before(assessment, pension_day(assessment))
    if on > last:
        return assessment.no("pension_age_reached", basis, since=last + ONE_DAY)
    if loss.until is not None and on > loss.until:
        return term_over(assessment, basis, loss.until)
    finding = _amount(assessment, loss)
    finding.until = earlier(loss.until, last)
    return finding


def _amount(assessment: Assessment, loss: CapacityLoss) -> Finding:
    basis, arose = loss.number, loss.from_date
    insurance = assessment.facts.insurance(loss.iin)
    if insurance is None or insurance.contribution_months == 0:
        return assessment.no("not_insured", basis)
    if insurance.contribution_months is None:
        return assessment.ask("contribution_months_unknown", basis)
    wage = assessment.number_on("mzp", arose)
    earned = earnings(assessment, insurance, arose)
    if earned is None or wage is None:
        return assessment.ask("income_months_missing", basis)
    deducted, replaced = assessment.number("wage_deducted"), assessment.number("replacement")
    coefficient = participation(assessment, insurance.contribution_months)
    assessment.figure("degree", loss.degree, "ratio")
    exact = earned.replaced(deducted * wage, replaced * loss.degree * coefficient)
    if exact <= 0:
        return assessment.ask("income_below_the_deduction", basis)
    if assessment.trace is not None:
        average = earned.total / earned.months
        how = f"( {average:f} - {deducted:f} × {wage:f} ) × {replaced:f} × {loss.degree:f} × {coefficient:f}"
        assessment.figure("exact", exact, how=how)
    gross = indexed(assessment, assessment.rounded(exact))
    money = less_pension_contribution(assessment, gross)
    return assessment.yes(basis, money, start=assessment.paid_from(arose))


RULE = Rule(
    code="capacity-loss",
    subjects=decisions,
    decide=decide,
    nothing="no_decision_of_the_board",
    arose=lambda loss: loss.from_date,
    reads=frozenset({"capacity_losses", "insurances"}),
    takes=Takes(
        ("least_degree:ratio mzp:tenge paid_from:choice replacement:ratio rounding:choice wage_deducted:MZP"),
        says=(
            "contribution_months_unknown degree degree_too_low exact income_below_the_deduction "
            "income_months_missing newer_decision no_decision_of_the_board not_insured not_yet_in_force "
            "pension_age_reached"
        ),
    )
    | RE_EXAMINED
    | ENDS_AT_IT
    | EARNINGS
    | PARTICIPATION
    | INDEXED
    | CONTRIBUTION,
)
