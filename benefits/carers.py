"""Who cares for a child: the carer that the register names, else whom it lives with; unknown where it says neither."""

from benefits.facts import Child


def may_be_cared_for(child: Child, applicant: str) -> bool:
    """Whether the applicant cares for the child, or the register does not say who does: then whoever asks may."""
    carer = child.carer_iin or child.lives_with
    return carer is None or carer == applicant


def may_represent(child: Child, applicant: str) -> bool:
    """Whether the applicant is a parent or lives with the child, or nobody knows with whom the child lives."""
    return child.lives_with is None or applicant in (child.lives_with, child.mother_iin, child.father_iin)


def represents(child: Child, applicant: str) -> bool:
    """Whether the applicant is known to be a parent, or to live with the child."""
    return applicant in (child.lives_with, child.mother_iin, child.father_iin)
