"""The person document: everything the stubs know about one person, and how they shall behave towards that person.

One list of these documents is the cast of a demo or a test. Every stub takes the whole list and keeps its own part.
Unknown members are errors, so that a misspelt wish is not silently ignored; `stubs/README.md` shows an example.
"""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from stubs.faults import Rule

Iin = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
Amount = Annotated[Decimal, Field(gt=0, max_digits=16, decimal_places=2)]
NotNegative = Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=2)]
Seconds = Annotated[float, Field(ge=0)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]


class Section(BaseModel):
    """Base of the document's parts: frozen, no unknown members, no input echoed in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PersonSection(Section):
    """The persons registry's entry; without it the registry does not know the person."""

    family_name: str
    given_name: str
    patronymic: str | None = None
    birth_date: date
    sex: Literal["female", "male"]
    citizenship: Literal["citizen", "kandas", "foreigner", "stateless"] = "citizen"
    permanent_resident: bool = True
    language: Literal["kk", "ru"] = "kk"
    region: str = "KZ-71"
    died_on: date | None = None
    imprisoned_since: date | None = None
    left_country_on: date | None = None
    missing_since: date | None = None
    citizenship_lost_on: date | None = None
    released_on: date | None = None
    returned_on: date | None = None
    found_on: date | None = None
    wrongly: dict[str, Any] = {}
    """Members as the register has them in its answers, whatever is true: a typing error, an unknown code, null."""


class Child(Section):
    """A child as the civil registry knows it, written once, in the document of one parent.

    Where it says nothing, the parent of the document is the mother or the father by sex (for `born` and `adopted`) and
    the child lives with that parent. One without an IIN (stillborn, born abroad) is known by its birth record.
    """

    iin: Iin | None = None
    birth_date: date
    sex: Literal["female", "male"]
    mother_iin: Iin | None = None
    father_iin: Iin | None = None
    born_alive: bool = True
    birth_order: Annotated[int, Field(ge=1)] | None = None
    relation: Literal["born", "adopted", "guardianship", "step"] = "born"
    lives_with: Iin | None = None
    died_on: date | None = None
    full_time_student_until: date | None = None
    birth_record: str = ""
    taken_on: date | None = None
    carer_iin: Iin | None = None
    counted_elsewhere: bool = False
    carer_since: date | None = None
    lives_with_since: date | None = None
    lived_with_before: Iin | None = None
    state_care_since: date | None = None
    left_state_care_on: date | None = None
    wrongly: dict[str, Any] = {}
    """As `PersonSection.wrongly`."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.iin is None and not self.birth_record:
            raise ValueError("a child has an iin or a birth_record")
        return self

    def in_family_of(self, parent: "Person") -> "Child":
        """The same child with the document's defaults filled in."""
        known: dict[str, Any] = {}
        if parent.person and self.relation in ("born", "adopted"):
            role = "mother_iin" if parent.person.sex == "female" else "father_iin"
            if role not in self.model_fields_set:
                known[role] = parent.iin
        if "lives_with" not in self.model_fields_set:
            known["lives_with"] = parent.iin
        if self.iin is not None and not self.birth_record:
            known["birth_record"] = "ACT-" + hashlib.sha256(self.iin.encode()).hexdigest()[:10]
        return self.model_copy(update=known)


class Decision(Section):
    """A decision in the disability database."""

    number: str
    group: Literal["I", "II", "III", "child"]
    cause: Literal["general", "childhood", "military", "radiation", "other"] = "general"
    from_date: date
    until: date | None = None
    decided_on: date


class Unemployment(Section):
    """A registration as unemployed at the Labour Market."""

    number: str
    registered_on: date
    deregistered_on: date | None = None


class Income(Section):
    """Income with contributions, tenge a month: the same in each month from the first to the last (first days)."""

    from_month: date
    until_month: date
    amount: NotNegative


class Insurance(Section):
    """The person's part in the social insurance: `contribution_months` as the Fund counted them on `counted_on`."""

    contribution_months: Annotated[int, Field(ge=0)] | None
    counted_on: date
    incomes: tuple[Income, ...] = ()
    job_loss_months_paid: Annotated[int, Field(ge=0)] = 0


class CapacityLoss(Section):
    """A decision on the loss of the capacity to work; `degree` from 0 to 1."""

    number: str
    degree: Annotated[Decimal, Field(ge=0, le=1)]
    from_date: date
    until: date | None = None
    decided_on: date


class Award(Section):
    """A state award of a mother."""

    number: str
    kind: str
    awarded_on: date


class Dependant(Section):
    """Somebody whom the deceased kept; `cares_for` is the birth date of the deceased's child in this one's care."""

    iin: Iin
    birth_date: date
    relation: Literal["child", "sibling", "grandchild", "parent", "spouse", "grandparent", "relative"] = "child"
    full_time_student_until: date | None = None
    disabled_before_18: bool | None = False
    full_orphan: bool | None = False
    cares_for: date | None = None
    sex: Literal["female", "male"] | None = None
    disabled: bool | None = None
    disabled_until: date | None = None
    able_bodied_parents: bool | None = None
    gets_alimony: bool | None = None
    works: bool | None = None


class Breadwinner(Section):
    """A death that left dependants, written once, in the document of one survivor; each of them sees it."""

    iin: Iin
    died_on: date
    death_record: str
    dependants: tuple[Dependant, ...]


class Burial(Section):
    """A burial that the person of the document arranged; `status` is what the deceased received."""

    death_record: str
    died_on: date
    status: Literal["pension", "state_benefit", "war_participant", "none"]


IncomeKind = Literal[
    "wage", "business", "pension", "social_payment", "alimony", "multi_child_allowance", "award_allowance",
    "child_disability", "scholarship", "other",
]  # fmt: skip


class Assistance(Section):
    """The household as the local body keeps it for targeted assistance, written once; each member sees it.

    `incomes` is the income of all members by quarter, under the quarter's first day, in tenge: the sum alone, or each
    kind with its amount.
    """

    members: tuple[Iin, ...]
    able_bodied: Annotated[int, Field(ge=0)] = 0
    contract_signed_on: date | None = None
    contract_breached_on: date | None = None
    incomes: dict[date, NotNegative | dict[IncomeKind, NotNegative]] = {}
    imputed_spending: NotNegative | None = None
    consumer_credits: NotNegative | None = None


class Pension(Section):
    """A decision on a pension, tenge a month; a change is a decision of its own."""

    number: str
    amount: Amount
    from_date: date
    until: date | None = None
    decided_on: date


class KandasStatus(Section):
    """A decision that gives the status of a kandas to its last day; an extension is a decision of its own."""

    number: str
    from_date: date
    until: date
    decided_on: date


class Account(Section):
    """A bank account of the person. `at_transfer`: what becomes of it at the moment when the first money arrives."""

    iban: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$")]
    bank: str = "Bank"
    currency: str = "KZT"
    state: Literal["open", "blocked", "closed"] = "open"
    at_transfer: Literal["blocked", "closed"] | None = None


class Payment(Section):
    """A payment that E-Maket already makes or has made."""

    service: str
    basis: str
    from_date: date
    until: date | None = None
    state: Literal["paid", "paying"] = "paying"


class Reason(Section):
    """A no with its code and its words."""

    code: Code
    reason: str


class RegistriesBehaviour(Section):
    faults: tuple[Rule, ...] = ()


class EMaketBehaviour(Section):
    """`missing_document` names the document that E-Maket misses; `reject` is the reason for which it rejects."""

    missing_document: str | None = None
    reject: str | None = None
    faults: tuple[Rule, ...] = ()


class BodyBehaviour(Section):
    """Refuse, or assign another amount (tenge) than was computed; `delay_seconds` until it decides."""

    refuse: Reason | None = None
    assign: Amount | None = None
    delay_seconds: Seconds | None = None
    faults: tuple[Rule, ...] = ()


class Return(Section):
    """What was credited comes back so many days later, with a reason code of ISO 20022."""

    code: str
    after_days: Annotated[int, Field(ge=0)] = 21
    earlier_too: bool = False
    """Also what was credited before this was wished."""


class BankBehaviour(Section):
    """Reject every transfer to this person, or settle only after `settle_seconds` (pending until then), or return
    what was credited."""

    reject: Reason | None = None
    returns: Return | None = None
    settle_seconds: Seconds | None = None
    faults: tuple[Rule, ...] = ()


class Behaviour(Section):
    """How each body behaves towards this person. `sms` belongs to the SMS centre, which checks it itself.

    `faults` are rules as in PUT /admin/faults, for calls about this person only.
    """

    registries: RegistriesBehaviour = RegistriesBehaviour()
    emaket: EMaketBehaviour = EMaketBehaviour()
    body: BodyBehaviour = BodyBehaviour()
    bank: BankBehaviour = BankBehaviour()
    sms: dict[str, Any] = {}


class Person(Section):
    """One person of the cast. `household` are the adults who live with this one, said once, by one of them.

    `demo` is for whoever wrote the cast (story, expected outcome); no stub reads it.
    """

    iin: Iin
    person: PersonSection | None = None
    children: tuple[Child, ...] = ()
    disability: tuple[Decision, ...] = ()
    household: tuple[Iin, ...] = ()
    unemployment: tuple[Unemployment, ...] = ()
    insurance: Insurance | None = None
    capacity_losses: tuple[CapacityLoss, ...] = ()
    awards: tuple[Award, ...] = ()
    breadwinners: tuple[Breadwinner, ...] = ()
    burials: tuple[Burial, ...] = ()
    assistance: Assistance | None = None
    pensions: tuple[Pension, ...] = ()
    kandas: tuple[KandasStatus, ...] = ()
    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")] | None = None
    accounts: tuple[Account, ...] = ()
    payments: tuple[Payment, ...] = ()
    behaviour: Behaviour = Behaviour()
    demo: dict[str, Any] = {}

    @model_validator(mode="after")
    def _once(self) -> Self:
        for name, seen in (
            ("children", [child.iin or child.birth_record for child in self.children]),
            ("accounts", [account.iban for account in self.accounts]),
        ):
            if len(seen) != len(set(seen)):
                raise ValueError(f"{name}: the same one twice")
        return self


CAST = TypeAdapter(tuple[Person, ...])
"""Checks a whole list of person documents."""
