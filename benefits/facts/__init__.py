"""What is known of a family: the records (`records`), how they are read (`reader`, `checks`), and what of them was
known on a day (`known`). What could not be read is an `unreadable` of its own.
"""

from benefits.facts.household import Household, HouseholdIncome
from benefits.facts.known import known_on, stood_on, turns
from benefits.facts.reader import read_facts, read_facts_file
from benefits.facts.records import (
    READABLE,
    Adult,
    Award,
    BadFacts,
    Breadwinner,
    Burial,
    CapacityLoss,
    Child,
    Dependant,
    Disability,
    Facts,
    Income,
    Insurance,
    KandasStatus,
    Payment,
    Pension,
    Unemployment,
)

__all__ = [
    "READABLE",
    "Adult",
    "Award",
    "BadFacts",
    "Breadwinner",
    "Burial",
    "CapacityLoss",
    "Child",
    "Dependant",
    "Disability",
    "Facts",
    "Household",
    "HouseholdIncome",
    "Income",
    "Insurance",
    "KandasStatus",
    "Payment",
    "Pension",
    "Unemployment",
    "known_on",
    "read_facts",
    "read_facts_file",
    "stood_on",
    "turns",
]
