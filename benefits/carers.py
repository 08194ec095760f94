"""With whom a child lives and who cares for it, as far as the register can still be right.

Nobody lives with, or is cared for by, somebody who has died, is missing, serves a sentence or has left the country:
where the register still says so, it is not known, and a person finds out.
"""

from benefits.assessment import Assessment
from benefits.facts import Child
from benefits.takes import Takes
from benefits.terms import next_month

HOME = Takes(says="where_does_the_child_live")
CARER = HOME | Takes(says="who_cares_for_the_child")
"""What whoever asks for the home, or the carer, of a child takes of the law."""


def home(assessment: Assessment, child: Child) -> str | None:
    """The IIN of the adult with whom the child lives; None where it is not known."""
    return None if _is_gone(assessment, child.lives_with) else child.lives_with


def may_be_cared_for(assessment: Assessment, child: Child) -> bool:
    """Whether the applicant cares for the child, or nobody knows who does: then whoever asks may."""
    return _carer(assessment, child) in (None, assessment.facts.applicant.iin)


def carer_unknown(assessment: Assessment, child: Child) -> str | None:
    """The question to ask where it is not known who cares for the child."""
    if _carer(assessment, child) is not None:
        return None
    return "where_does_the_child_live" if child.carer_iin is None else "who_cares_for_the_child"


def may_represent(assessment: Assessment, child: Child) -> bool:
    """Whether the applicant is a parent or lives with the child, or nobody knows with whom the child lives."""
    return home(assessment, child) is None or represents(child, assessment.facts.applicant.iin)


def represents(child: Child, applicant: str) -> bool:
    """Whether the applicant is known to be a parent, or to live with the child."""
    return applicant in (child.lives_with, child.mother_iin, child.father_iin)


def _carer(assessment: Assessment, child: Child) -> str | None:
    """The carer that the register names, else the adult with whom the child lives."""
    named = child.lives_with if child.carer_iin is None else child.carer_iin
    return None if _is_gone(assessment, named) else named


def _is_gone(assessment: Assessment, iin: str | None) -> bool:
    """Whether this adult can be nobody's home any more. What becomes of the applicant is judged for itself."""
    facts, on = assessment.facts, assessment.on
    if iin is None or iin == facts.applicant.iin:
        return False
    adult = facts.adult(iin)
    if adult is None:
        return False
    at_once, from_the_next_month = (adult.died_on, adult.missing_since), (adult.imprisoned_since, adult.left_country_on)
    return any(day is not None and day <= on for day in at_once) or any(
        day is not None and next_month(day) <= on for day in from_the_next_month
    )
