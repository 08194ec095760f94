"""An invented benefit that shows how a twelfth joins: a bicycle for a child of seven, in a directory of its own."""

from collections.abc import Sequence

from benefits.assessment import Assessment, Finding, Money, Rule
from benefits.facts import Child
from benefits.takes import Takes
from benefits.terms import age


def children(assessment: Assessment) -> Sequence[Child]:
    """The children that live with the applicant."""
    return [one for one in assessment.facts.children if one.lives_with == assessment.facts.applicant.iin]


def decide(assessment: Assessment, child: Child) -> Finding:
    """Ten MRP for a child from six to ten years old."""
    basis = child.known_as
    if not assessment.whole("age_from") <= age(child.birth_date, assessment.on) <= assessment.whole("age_to"):
        return assessment.no("wrong_age", basis)
    return assessment.yes(basis, Money(assessment.times(assessment.number("rate"), "mrp")))


RULE = Rule(
    code="first-bicycle",
    subjects=children,
    decide=decide,
    nothing="wrong_age",
    reads=frozenset({"children"}),
    takes=Takes("age_from:years age_to:years mrp:tenge rate:MRP rounding:choice", says="wrong_age"),
)
