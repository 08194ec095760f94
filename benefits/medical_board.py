"""The decisions of the medical and social board about one person: which is the newest, and which one it replaced."""

from datetime import date

from benefits.facts import CapacityLoss, Disability, Facts


def newest_first(decision: Disability | CapacityLoss) -> tuple[int, int]:
    """The key that sorts decisions from the newest to the oldest."""
    return -decision.from_date.toordinal(), -decision.decided_on.toordinal()


def is_superseded(facts: Facts, disability: Disability, on: date) -> bool:
    """Whether a newer decision on disability about the same person is already in force."""
    for other in facts.disabilities:
        newer = (other.from_date, other.decided_on) > (disability.from_date, disability.decided_on)
        if other.iin == disability.iin and newer and other.from_date <= on:
            return True
    return False
