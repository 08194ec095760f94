"""With whom a child lives and who cares for it, as far as the register can still be right.

Nobody lives with, or is cared for by, somebody who has died, is missing, serves a sentence or has left the country:
where the register still says so, it is not known, and a person finds out.
"""

from collections.abc import Sequence
from datetime import date

from benefits.assessment import Assessment
from benefits.facts import Adult, Child
from benefits.takes import Takes
from benefits.terms import next_month

HOME = Takes(says="where_does_the_child_live")
CARER = HOME | Takes(says="who_cares_for_the_child")
"""What whoever asks for the home, or the carer, of a child takes of the law."""

STATE_CARE = Takes(says="is_it_due_in_state_care")
"""What whoever asks where the state keeps a child takes of it."""


def home(assessment: Assessment, child: Child) -> str | None:
    """The IIN of the adult with whom the child lives; None where it is not known."""
    lives_with = _lived_with(assessment, child)
    return None if _is_gone(assessment, lives_with) else lives_with


def in_state_care(assessment: Assessment, child: Child) -> date | None:
    """The first day of the month after the state began to keep the child fully, if it does so on the day: through that
    month the child belongs to the family (Law 286-VI, art. 28 p. 5 (2), of care; elsewhere no text was found, and a
    person is asked).
    """
    over = child.left_state_care_on
    if child.state_care_since is None or (over is not None and over <= assessment.on):
        return None
    since = next_month(child.state_care_since)
    return since if since <= assessment.on else None


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


def last_change(assessment: Assessment, child: Child) -> date | None:
    """The day on which home or carer of the child changed last, as far as it is known: until then it was another's."""
    days = (child.carer_since, child.lives_with_since)
    return max((day for day in days if day is not None and day <= assessment.on), default=None)


def ever_cared_for(assessment: Assessment, child: Child) -> bool:
    """Whether the applicant cares for the child on this day, may do so, or is known to have done so, or to do so from a
    later day.
    """
    applicant = assessment.facts.applicant.iin
    dated: set[str | None] = {child.carer_iin, child.lives_with} if child.carer_since else set()
    if child.lives_with_since:
        dated |= {child.lives_with, child.lived_with_before}
    if None in dated and represents(child, applicant):
        return True  # a parent, of whom nobody knows whether the child was with them
    return applicant in dated or may_be_cared_for(assessment, child)


def cared_since(child: Child, applicant: str) -> tuple[date | None, bool]:
    """The first day on which the applicant, who cares for the child, does so, None for always; and whether it is known:
    a carer who is named beside the home, and not since when.
    """
    if child.carer_iin == applicant and child.lives_with != applicant:
        return child.carer_since, child.carer_since is not None
    return child.lives_with_since if child.lives_with == applicant else None, True


def _lived_with(assessment: Assessment, child: Child) -> str | None:
    since = child.lives_with_since
    return child.lives_with if since is None or since <= assessment.on else child.lived_with_before


def _carer(assessment: Assessment, child: Child) -> str | None:
    """The carer that the register names, else the adult with whom the child lives."""
    since, named = child.carer_since, child.carer_iin
    if named is None or (since is not None and assessment.on < since):
        named = _lived_with(assessment, child)
    return None if _is_gone(assessment, named) else named


def _is_gone(assessment: Assessment, iin: str | None) -> bool:
    """Whether this adult can be nobody's home any more. What becomes of the applicant is judged for itself."""
    facts, on = assessment.facts, assessment.on
    adult = None if iin is None or iin == facts.applicant.iin else facts.adult(iin)
    if adult is None:
        return False
    if adult.died_on is not None and adult.died_on <= on:
        return True
    return any(
        # Who is missing cares for nobody from that very day.
        (since if condition == "missing" else next_month(since)) <= on
        for condition, since, over in absences(adult)
        if over is None or on < over
    )


def absences(adult: Adult) -> Sequence[tuple[str, date, date | None]]:
    """What keeps an adult away: its condition, the day on which it began, and the first on which it was over."""
    days = (
        ("imprisoned", adult.imprisoned_since, adult.released_on),
        ("left_country", adult.left_country_on, adult.returned_on),
        ("missing", adult.missing_since, adult.found_on),
    )
    return [(condition, since, over) for condition, since, over in days if since is not None]
