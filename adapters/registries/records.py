"""What the registries say: of people, families, disability, work, insurance, awards, deaths, assistance and pensions.

On the terms of `adapters.records`: members that nobody reads are ignored, what is read is checked, and personal data
stays out of `repr`. No rules of law.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from adapters.records import Day, DeathDay, Iin, Money, Name, OptionalIin, OptionalPrivate, Record, RegisterRecord


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


class Citizenship(StrEnum):
    CITIZEN = "citizen"
    KANDAS = "kandas"
    FOREIGNER = "foreigner"
    STATELESS = "stateless"


class Language(StrEnum):
    KAZAKH = "kk"
    RUSSIAN = "ru"


class Relation(StrEnum):
    """What a child is to the adult whose family was asked for."""

    BORN = "born"
    ADOPTED = "adopted"
    GUARDIANSHIP = "guardianship"
    STEP = "step"


class DisabilityGroup(StrEnum):
    FIRST = "I"
    SECOND = "II"
    THIRD = "III"
    CHILD = "child"


class DisabilityCause(StrEnum):
    GENERAL = "general"
    CHILDHOOD = "childhood"
    MILITARY = "military"
    RADIATION = "radiation"
    OTHER = "other"


class AdultRecord(RegisterRecord):
    """An adult in the persons registry (ГБД ФЛ), without the name: all that is told of those who live with somebody."""

    iin: OptionalIin
    birth_date: Annotated[Day | None, Field(repr=False)]
    sex: Sex | None
    citizenship: Citizenship | None
    permanent_resident: bool | None
    region: Annotated[str, Field(pattern=r"^KZ-[0-9A-Z]{1,3}$")] | None
    """ISO 3166-2."""
    died_on: DeathDay | None = None
    imprisoned_since: Day | None = None
    left_country_on: Day | None = None
    missing_since: Day | None = None
    citizenship_lost_on: Day | None = None
    released_on: Day | None = None
    """The first day after the sentence; null while it is served."""
    returned_on: Day | None = None
    """Of who had left: the first day of living here again."""
    found_on: Day | None = None
    """Of who was missing."""


class PersonRecord(AdultRecord):
    """A person in the persons registry (ГБД ФЛ), who is asked for by the IIN."""

    iin: Iin
    family_name: OptionalPrivate
    given_name: OptionalPrivate
    patronymic: Annotated[str | None, Field(repr=False)] = None
    language: Language | None


class ChildRecord(RegisterRecord):
    """A child of an adult in the civil registry (ЗАГС); stillborn, or born abroad, perhaps without an IIN."""

    iin: OptionalIin = None
    birth_date: Annotated[Day | None, Field(repr=False)]
    sex: Sex | None
    mother_iin: OptionalIin = None
    father_iin: OptionalIin = None
    born_alive: bool | None
    birth_order: Annotated[int, Field(ge=1)] | None = None
    """Which child of the mother; None where the registry does not know."""
    relation: Relation | None
    lives_with: OptionalIin = None
    """IIN of the adult with whom the child lives."""
    died_on: DeathDay | None = None
    full_time_student_until: Day | None = None
    birth_record: Name | None
    """Number of the civil record; carries no personal data and may identify a right."""
    taken_on: Day | None = None
    """Day of adoption or guardianship."""
    carer_iin: OptionalIin = None
    """Who cares for the child, where that is another than the adult with whom it lives."""
    counted_elsewhere: bool | None = None
    """Whether a stepchild counts in the family of another parent; null where it is not known."""
    carer_since: Day | None = None
    """The first day of the carer who is named; null where it is not known."""
    lives_with_since: Day | None = None
    """The first day of the home, where the child had another before; null if always."""
    lived_with_before: OptionalIin = None
    """IIN of the adult with whom the child lived before that day; null where it is not known."""
    state_care_since: Day | None = None
    """The first day on which the state keeps the child fully."""
    left_state_care_on: Day | None = None
    """The first day on which it does so no more."""


class FamilyRecord(Record):
    """The children of one adult; an empty tuple if there are none."""

    iin: Iin
    children: tuple[ChildRecord, ...]


class DisabilityRecord(RegisterRecord):
    """One decision in the disability database (ЦБДИ)."""

    number: Name | None
    group: DisabilityGroup | None
    cause: DisabilityCause | None
    from_date: Day | None
    until: Day | None = None
    decided_on: Day | None


Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=6)]
"""From 0 to 1: 0.30 is 30 %. A string on the wire."""

Count = Annotated[int, Field(ge=0, strict=True)]

PrivateDay = Annotated[Day | None, Field(repr=False)]


class DependantRelation(StrEnum):
    """What a dependant was to the deceased."""

    CHILD = "child"
    SIBLING = "sibling"
    GRANDCHILD = "grandchild"
    PARENT = "parent"
    SPOUSE = "spouse"
    GRANDPARENT = "grandparent"
    RELATIVE = "relative"
    """Another relative, as an aunt."""


class DeceasedStatus(StrEnum):
    """What the deceased received."""

    PENSION = "pension"
    STATE_BENEFIT = "state_benefit"
    WAR_PARTICIPANT = "war_participant"
    NONE = "none"


class UnemploymentRecord(RegisterRecord):
    """A registration as unemployed at the Labour Market (Еңбек нарығы)."""

    number: Name | None
    registered_on: Day | None
    deregistered_on: Day | None = None


class IncomeRecord(RegisterRecord):
    """Income from which contributions were paid: tenge a month, the same in each month of the period."""

    from_month: Day | None
    until_month: Day | None
    """The first day of the last month; it counts."""
    amount: Annotated[Money | None, Field(repr=False)]


class InsuranceRecord(RegisterRecord):
    """A person's part in the compulsory social insurance, as the Fund (ГФСС) counts it on a day."""

    iin: Iin
    contribution_months: Count | None
    """None where the Fund cannot count as at the day asked about."""
    counted_on: Day | None
    incomes: tuple[IncomeRecord, ...] | None = ()
    job_loss_months_paid: Count | None = None
    """Months of payment for loss of job received before; null where the Fund does not count them."""


class CapacityLossRecord(RegisterRecord):
    """A decision on the loss of the capacity to work, as the Fund holds it."""

    number: Name | None
    degree: Share | None
    from_date: Day | None
    until: Day | None = None
    decided_on: Day | None


class AwardRecord(RegisterRecord):
    """A state award of a mother."""

    number: Name | None
    kind: Name | None
    """As `altyn_alka`; the law knows which kinds give a right."""
    awarded_on: Day | None


class DependantRecord(RegisterRecord):
    """Somebody whom the deceased kept."""

    iin: OptionalIin
    birth_date: PrivateDay
    relation: DependantRelation | None
    full_time_student_until: Day | None = None
    disabled_before_18: bool | None = None
    full_orphan: bool | None = None
    cares_for: Annotated[Day | None, Field(repr=False)] = None
    """Birth date of the deceased's child whom this dependant cares for."""
    sex: Sex | None = None
    disabled: bool | None = None
    disabled_until: Day | None = None
    """The last day of a disability; null for life."""
    able_bodied_parents: bool | None = None
    gets_alimony: bool | None = None
    works: bool | None = None


class BreadwinnerRecord(RegisterRecord):
    """A death that left dependants."""

    iin: OptionalIin
    died_on: Day | None
    death_record: Name | None
    """Number of the civil record; carries no personal data and may identify a right."""
    dependants: tuple[DependantRecord, ...] | None


class BurialRecord(RegisterRecord):
    """A burial and who arranged it."""

    death_record: Name | None
    died_on: Day | None
    status: DeceasedStatus | None
    buried_by: OptionalIin


class PensionRecord(RegisterRecord):
    """A decision on a pension: tenge a month from a day on. A change is a decision of its own."""

    number: Name | None
    amount: Annotated[Money | None, Field(repr=False)]
    from_date: Day | None
    until: Day | None = None
    decided_on: Day | None


class KandasStatusRecord(RegisterRecord):
    """A decision that gives the status of a kandas to its last day. An extension is a decision of its own."""

    number: Name | None
    from_date: Day | None
    until: Day | None
    decided_on: Day | None


class IncomeKind(StrEnum):
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


class HouseholdIncome(RegisterRecord):
    """What the members of a household had of one kind in the quarter, tenge."""

    kind: IncomeKind | None
    amount: Annotated[Money | None, Field(repr=False)]


class AssistanceHousehold(RegisterRecord):
    """A household as the local body keeps it for targeted assistance, with its income in one quarter."""

    iin: Iin
    """The member who was asked about."""
    quarter: Day
    """The first day of the quarter of the income."""
    income: Annotated[Money | None, Field(repr=False)] = None
    """Of all members in the quarter, tenge; None where it is not known."""
    incomes: Annotated[tuple[HouseholdIncome, ...] | None, Field(repr=False)] = ()
    """The same by kind, for some kinds do not count; empty where the kinds are not known. Their sum is `income`."""
    members: Annotated[tuple[Annotated[str, Field(pattern=r"^[0-9]{12}$")], ...], Field(repr=False)]
    able_bodied: Count | None = None
    """How many members are able to work; null where it is not known."""
    contract_signed_on: Day | None = None
    contract_breached_on: Day | None = None
    imputed_spending: Annotated[Money | None, Field(repr=False)] = None
    """Of all members in the quarter, tenge: 0 is none, None is not known."""
    consumer_credits: Annotated[Money | None, Field(repr=False)] = None
    """Likewise; mortgages apart."""
