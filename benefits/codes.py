"""The closed sets of codes in the facts, as the registries write them. No code has a meaning of its own here."""

from enum import StrEnum


class Citizenship(StrEnum):
    CITIZEN = "citizen"
    KANDAS = "kandas"
    FOREIGNER = "foreigner"
    STATELESS = "stateless"


class Relation(StrEnum):
    """How a child belongs to the family."""

    BORN = "born"
    ADOPTED = "adopted"
    GUARDIANSHIP = "guardianship"
    STEP = "step"


class Group(StrEnum):
    """The group in a disability decision; `child` is a child with disability without a group."""

    I = "I"  # noqa: E741 - the law's own name
    II = "II"
    III = "III"
    CHILD = "child"


class Cause(StrEnum):
    GENERAL = "general"
    CHILDHOOD = "childhood"
    MILITARY = "military"
    RADIATION = "radiation"
    OTHER = "other"


class PaymentState(StrEnum):
    PAYING = "paying"
    PAID = "paid"


class DependantRelation(StrEnum):
    """What a dependant is to the deceased breadwinner."""

    CHILD = "child"
    SIBLING = "sibling"
    GRANDCHILD = "grandchild"
    PARENT = "parent"
    SPOUSE = "spouse"
    GRANDPARENT = "grandparent"


class DeceasedStatus(StrEnum):
    """What the deceased received, for the payment for burial."""

    PENSION = "pension"
    STATE_BENEFIT = "state_benefit"
    WAR_PARTICIPANT = "war_participant"
    NONE = "none"
