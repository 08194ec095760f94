"""Allowance to mothers with a state award for many children, for life.

One right, on the award with the highest rate. A mother who is paid for a lower award is not paid a second time
beside it: whether and from when the higher one takes its place, a person decides.
"""

from collections.abc import Sequence

from benefits.assessment import Assessment, Finding, Money, Rule
from benefits.codes import PaymentState
from benefits.decision import ZERO
from benefits.facts import Award
from benefits.takes import Takes


def highest(assessment: Assessment) -> Sequence[Award]:
    """The applicant's award with the highest rate, the earlier of two alike."""
    facts = assessment.facts
    rates = assessment.in_force.tables["rate"]
    own = [one for one in facts.awards if one.iin == facts.applicant.iin]
    own.sort(key=lambda one: (-rates[one.kind].value if one.kind in rates else ZERO, one.awarded_on, one.number))
    return own[:1]


def decide(assessment: Assessment, award: Award) -> Finding:
    """A multiple of MRP by the award."""
    basis = award.number
    if assessment.facts.applicant.sex != "female":
        return assessment.ask("award_of_a_man", basis)
    for payment in assessment.facts.payments:
        other = payment.service == RULE.code and payment.basis != basis
        if other and payment.until is None and payment.state is PaymentState.PAYING:
            return assessment.ask("paid_for_another_award", basis)
    rates = assessment.in_force.tables["rate"]
    if award.kind not in rates:
        return assessment.ask("award_not_named", basis)
    money = Money(assessment.times(assessment.row("rate", award.kind), "mrp"))
    finding = assessment.yes(basis, money, start=assessment.paid_from(award.awarded_on))
    if any(one.iin == award.iin and one.kind not in rates for one in assessment.facts.awards):
        # What is certain is granted; whether the other award gives more, a person finds out.
        finding.condition = "award_not_named"
    return finding


RULE = Rule(
    code="awarded-mother",
    subjects=highest,
    decide=decide,
    nothing="no_award",
    arose=lambda award: award.awarded_on,
    reads=frozenset({"awards"}),
    takes=Takes(
        "mrp:tenge paid_from:choice rounding:choice",
        tables="rate:MRP",
        says="award_not_named award_of_a_man no_award paid_for_another_award",
    ),
)
