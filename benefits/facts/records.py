"""What is known of one family as at a date: the only input of the law besides the date.

Facts are values: frozen, checked when they are read (`read_facts`, `read_facts_file`), and never changed. They
hold no names, phones or accounts, only what a right can hang on. They fetch nothing and read no clock.
"""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from benefits.codes import (
    Cause,
    Citizenship,
    DeceasedStatus,
    DependantRelation,
    Group,
    PaymentState,
    Relation,
)
from benefits.facts.household import Household


class BadFacts(ValueError):
    """Facts that cannot be: `field` is the path of the field, `rule` the broken rule, `hint` how to mend it.

    `places` are the paths one of which is wrong, where the rule is about several. The text never holds the value
    itself, because it may be personal data.
    """

    def __init__(self, field: str, rule: str, hint: str = "", *, places: tuple[str, ...] = ()) -> None:
        super().__init__(f"{field}: {rule}" + (f" ({hint})" if hint else ""))
        self.field = field
        self.rule = rule
        self.hint = hint
        self.places = places or (field,)


@dataclass(frozen=True, slots=True)
class Adult:
    """Somebody who may apply. `region` is an ISO 3166-2 code such as KZ-71.

    `missing_since` is the day from which the person is declared missing, `citizenship_lost_on` that on which the
    citizenship of Kazakhstan ended. `released_on`, `returned_on` (to live here again) and `found_on` are the first days
    on which it is over; None is not over.
    """

    iin: str
    birth_date: date
    sex: str
    citizenship: Citizenship = Citizenship.CITIZEN
    permanent_resident: bool = True
    region: str | None = None
    died_on: date | None = None
    imprisoned_since: date | None = None
    left_country_on: date | None = None
    missing_since: date | None = None
    citizenship_lost_on: date | None = None
    released_on: date | None = None
    returned_on: date | None = None
    found_on: date | None = None


@dataclass(frozen=True, slots=True)
class Child:
    """A child as in the civil registry, of any age: known by its IIN, its birth record, or both.

    `lives_with` is the IIN of the adult with whom the child lives; None means not known. `birth_order` counts the
    mother's children; None means not known. `taken_on` is the day of adoption or guardianship. `carer_iin` is the
    one person who cares for the child, None the adult with whom it lives. `counted_elsewhere` is true for a
    stepchild that is counted in the family of another parent, None where it is not known. `carer_since` is the first
    day of the carer who is named, None not known; `lives_with_since` that of the home, None always, and before it the
    child lived with `lived_with_before`, None not known. The state kept the child fully from `state_care_since` until
    the day before `left_state_care_on`.
    """

    iin: str | None
    birth_date: date
    sex: str
    mother_iin: str | None = None
    father_iin: str | None = None
    born_alive: bool = True
    birth_order: int | None = None
    relation: Relation = Relation.BORN
    lives_with: str | None = None
    died_on: date | None = None
    full_time_student_until: date | None = None
    birth_record: str | None = None
    taken_on: date | None = None
    carer_iin: str | None = None
    counted_elsewhere: bool | None = None
    carer_since: date | None = None
    lives_with_since: date | None = None
    lived_with_before: str | None = None
    state_care_since: date | None = None
    left_state_care_on: date | None = None

    @property
    def known_as(self) -> str:
        """What a right that rests on the child is called by: its birth record, without one its IIN."""
        return self.birth_record or self.iin or ""


@dataclass(frozen=True, slots=True)
class Disability:
    """A decision of the medical and social board about an adult or a child of the family; `until` None is for life."""

    iin: str
    number: str
    group: Group
    cause: Cause
    from_date: date
    until: date | None
    decided_on: date


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that the family receives or has received; `basis` as in the decision that it came from, `iin` the
    payee, None where it is not known who of the family.
    """

    service: str
    basis: str
    from_date: date
    until: date | None
    state: PaymentState
    iin: str | None = None


@dataclass(frozen=True, slots=True)
class Award:
    """A state award; which kinds give a right, and how much, are rows of the law."""

    iin: str
    kind: str
    awarded_on: date
    number: str


@dataclass(frozen=True, slots=True)
class Income:
    """Income in tenge for each month from `from_month` to `until_month` (first days of months, both included).

    A month without income is stated with amount 0; a month that no period covers is not known.
    """

    from_month: date
    until_month: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Insurance:
    """A person's part in the compulsory social insurance, also a deceased breadwinner's; who has none is not insured.

    `contribution_months` are the whole months of contributions as counted on `counted_on`, None if the count of the day
    asked about is not known; `incomes` those from which contributions were paid; `job_loss_months_paid` the months of
    job-loss payment already received, None where the Fund does not count them.
    """

    iin: str
    contribution_months: int | None
    counted_on: date
    incomes: tuple[Income, ...] = ()
    job_loss_months_paid: int | None = None


@dataclass(frozen=True, slots=True)
class CapacityLoss:
    """A decision on the loss of the capacity to work; `degree` from 0 to 1."""

    iin: str
    number: str
    degree: Decimal
    from_date: date
    until: date | None
    decided_on: date


@dataclass(frozen=True, slots=True)
class Unemployment:
    """A registration as unemployed at the employment service."""

    iin: str
    number: str
    registered_on: date
    deregistered_on: date | None = None


@dataclass(frozen=True, slots=True)
class Dependant:
    """Somebody who was kept by the deceased. `cares_for` is the birth date of the deceased's child whom the person
    cares for.

    `disabled_until` is the last day of a disability, None for life. What is else None is not known: whether the person
    is disabled (now, or before 18), a full orphan, has able-bodied parents, gets alimony from them, works.
    """

    iin: str
    birth_date: date
    relation: DependantRelation
    full_time_student_until: date | None = None
    disabled_before_18: bool | None = None
    full_orphan: bool | None = None
    cares_for: date | None = None
    sex: str | None = None
    disabled: bool | None = None
    disabled_until: date | None = None
    able_bodied_parents: bool | None = None
    gets_alimony: bool | None = None
    works: bool | None = None


@dataclass(frozen=True, slots=True)
class Breadwinner:
    """A deceased breadwinner of the family with the dependants left."""

    iin: str
    died_on: date
    death_record: str
    dependants: tuple[Dependant, ...]


@dataclass(frozen=True, slots=True)
class Burial:
    """A burial that somebody of the family arranged."""

    death_record: str
    died_on: date
    status: DeceasedStatus
    buried_by: str


@dataclass(frozen=True, slots=True)
class Pension:
    """A decision on a pension: `amount` in tenge a month from `from_date` on. A change is a decision of its own."""

    iin: str
    number: str
    amount: Decimal
    from_date: date
    until: date | None
    decided_on: date


@dataclass(frozen=True, slots=True)
class KandasStatus:
    """A decision that gives the status of a kandas to its last day `until`. An extension is a decision of its own."""

    iin: str
    number: str
    from_date: date
    until: date
    decided_on: date


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a family on the day `as_at`, seen from the `applicant` (an IIN among the adults)."""

    as_at: date
    applicant: Adult
    adults: tuple[Adult, ...]
    children: tuple[Child, ...] = ()
    disabilities: tuple[Disability, ...] = ()
    payments: tuple[Payment, ...] = ()
    awards: tuple[Award, ...] = ()
    insurances: tuple[Insurance, ...] = ()
    capacity_losses: tuple[CapacityLoss, ...] = ()
    unemployments: tuple[Unemployment, ...] = ()
    breadwinners: tuple[Breadwinner, ...] = ()
    burials: tuple[Burial, ...] = ()
    household: Household | None = None
    pensions: tuple[Pension, ...] = ()
    kandas_statuses: tuple[KandasStatus, ...] = ()

    def adult(self, iin: str) -> Adult | None:
        for adult in self.adults:
            if adult.iin == iin:
                return adult
        return None

    def child(self, iin: str) -> Child | None:
        for child in self.children:
            if child.iin == iin:
                return child
        return None

    def insurance(self, iin: str) -> Insurance | None:
        for insurance in self.insurances:
            if insurance.iin == iin:
                return insurance
        return None


READABLE = frozenset(field.name for field in fields(Facts)) - {"as_at", "applicant"}
"""The fields of Facts that a rule may or may not look into; `adults` means those besides the applicant."""
