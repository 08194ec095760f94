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
    RELATIVE = "relative"


class DeceasedStatus(StrEnum):
    """What the deceased received, for the payment for burial."""

    PENSION = "pension"
    STATE_BENEFIT = "state_benefit"
    WAR_PARTICIPANT = "war_participant"
    NONE = "none"


class IncomeKind(StrEnum):
    """What a household's income is; which kinds do not count is a dated parameter."""

    WAGE = "wage"
    BUSINESS = "business"
    PENSION = "pension"
    SOCIAL_PAYMENT = "social_payment"
    ALIMONY = "alimony"
    MULTI_CHILD_ALLOWANCE = "multi_child_allowance"
    AWARD_ALLOWANCE = "award_allowance"
    CHILD_DISABILITY = "child_disability"
    SCHOLARSHIP = "scholarship"
    OTHER = "other"


class Region(StrEnum):
    """The regions of Kazakhstan, ISO 3166-2: 17 oblasts and the cities Astana, Almaty and Shymkent."""

    ABAI = "KZ-10"
    AKMOLA = "KZ-11"
    AKTOBE = "KZ-15"
    ALMATY_REGION = "KZ-19"
    ATYRAU = "KZ-23"
    WEST_KAZAKHSTAN = "KZ-27"
    ZHAMBYL = "KZ-31"
    ZHETISU = "KZ-33"
    KARAGANDA = "KZ-35"
    KOSTANAY = "KZ-39"
    KYZYLORDA = "KZ-43"
    MANGYSTAU = "KZ-47"
    PAVLODAR = "KZ-55"
    NORTH_KAZAKHSTAN = "KZ-59"
    TURKISTAN = "KZ-61"
    ULYTAU = "KZ-62"
    EAST_KAZAKHSTAN = "KZ-63"
    ASTANA = "KZ-71"
    ALMATY = "KZ-75"
    SHYMKENT = "KZ-79"
