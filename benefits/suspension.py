"""Suspension: a right that exists and is not paid for a time, until what stands in its way is gone.

Law 286-VI, art. 27 p. 1 (3)-(5), on the Fund's payments; what holds for the budget's was not found, so which
suspensions a service has is a dated parameter of it, and unverified. It begins with the month after. The end of a term
set by the medical board is a suspension for the rules that rest on such a term (p. 2), for as long as a re-examination
is awaited.
"""

from datetime import date

from benefits.assessment import Assessment, Finding
from benefits.carers import absences
from benefits.codes import Citizenship
from benefits.decision import Right
from benefits.facts import Facts
from benefits.takes import Takes
from benefits.terms import ONE_DAY, add_months, next_month

RE_EXAMINED = Takes("re_examination_awaited:months", says="term_over")
"""What `term_over` takes of the law."""


def term_over(assessment: Assessment, basis: str, until: date) -> Finding:
    """What becomes of a right whose term, set by the board, has ended and was followed by no other."""
    if assessment.on >= add_months(until + ONE_DAY, assessment.whole("re_examination_awaited")):
        return assessment.no("term_over", basis, since=until + ONE_DAY)
    return assessment.suspended("term_over", basis, since=until + ONE_DAY)


def unless_suspended(assessment: Assessment, finding: Finding) -> Finding:
    """The finding; of a right, that it is suspended, if the applicant's own circumstances say so."""
    if finding.right is not Right.YES or finding.basis is None:
        return finding
    for condition, since in _reasons(assessment):
        if since <= assessment.on and condition in assessment.in_force.single["suspended_by"].codes:
            # Nothing of the amount matters now, not even that its law is not entered.
            assessment.unsettled.clear()
            assessment.holds("suspended_by", condition)
            return assessment.suspended(condition, finding.basis, since=since)
    return finding


def unless_term_unknown(assessment: Assessment, finding: Finding) -> Finding:
    """The finding; of a right, a question if it may be suspended and nobody knows. It is asked of the claim alone: in a
    month before the certificate the register had none.
    """
    if finding.right is not Right.YES or finding.basis is None or not _is_kandas_without_a_term(assessment.facts):
        return finding
    suspends = assessment.holds("suspended_by", "kandas_expired")
    return assessment.ask("kandas_term_unknown", finding.basis) if suspends else finding


def _is_kandas_without_a_term(facts: Facts) -> bool:
    """Whether the applicant is a kandas of whose certificate the register holds nothing."""
    applicant = facts.applicant
    if applicant.citizenship is not Citizenship.KANDAS:
        return False
    return not any(one.iin == applicant.iin for one in facts.kandas_statuses)


def _reasons(assessment: Assessment) -> list[tuple[str, date]]:
    """What may suspend, each with the first day of the month after it happened."""
    facts, applicant = assessment.facts, assessment.facts.applicant
    found = [
        (condition, next_month(since))
        for condition, since, over in absences(applicant)
        if condition == "missing" and (over is None or assessment.on < over)
    ]
    if applicant.citizenship_lost_on is not None and not applicant.permanent_resident:
        found.append(("citizenship_lost", next_month(applicant.citizenship_lost_on)))
    if applicant.citizenship is Citizenship.KANDAS:
        ends = [one.until for one in facts.kandas_statuses if one.iin == applicant.iin]
        if ends:
            # It expires with its last day, in that month, also where this is the last day of the month.
            found.append(("kandas_expired", next_month(max(ends))))
    return found
