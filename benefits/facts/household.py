"""The household of targeted assistance and its income, as facts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from benefits.codes import IncomeKind


@dataclass(frozen=True, slots=True)
class HouseholdIncome:
    """What the members of a household had of one kind in the quarter, tenge."""

    kind: IncomeKind
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Household:
    """The household for targeted assistance, with what all members had in the quarter before the quarter asked about.

    `quarter` is the first day of the quarter of the income. `incomes` are its kinds, none where they are not known;
    `income` is their sum, alone where the kinds are not known, and None where it is not known itself. `members` are the
    IINs that count. `able_bodied` is the number of members able to work, None where it is not known,
    `contract_signed_on` the day of the social contract, `contract_breached_on` the day of its breach.
    `imputed_spending` and `consumer_credits` (mortgages apart) are those of the quarter in tenge; 0 is none, None is
    not known.
    """

    quarter: date
    income: Decimal | None
    members: tuple[str, ...]
    able_bodied: int | None = None
    contract_signed_on: date | None = None
    contract_breached_on: date | None = None
    incomes: tuple[HouseholdIncome, ...] = ()
    imputed_spending: Decimal | None = None
    consumer_credits: Decimal | None = None
