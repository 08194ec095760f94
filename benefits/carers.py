"""Who cares for a child: the carer that the register names, else whom it lives with; unknown where it says neither."""

from benefits.facts import Child


def may_be_cared_for(child: Child, applicant: str) -> bool:
    """Whether the applicant cares for the child, or is its parent and the register does not say who does."""
    carer = child.carer_iin or child.lives_with
    return carer == applicant if carer is not None else applicant in (child.mother_iin, child.father_iin)
