"""Invented mothers for the tests of the steps: well-formed IINs, own phone and accounts, any number of children."""

import json
from datetime import date, timedelta
from typing import Any

from benefits import make_iin
from demo.crowd import iban

ON = date(2025, 3, 1)
SOMEBODYS = iban(999_999)
"""An account that the bank has, in nobody's name of these tests."""


def iin_of(n: int) -> str:
    return make_iin(date(1985, 3, 12), "female", n)


def phone_of(n: int) -> str:
    return f"+7703{n:07d}"


def ibans_of(n: int) -> tuple[str, str]:
    return iban(10 * n), iban(10 * n + 1)


def child(n: int, k: int, **members: Any) -> dict[str, Any]:
    """The k-th child of the n-th mother, born from 2012 on, two years apart."""
    born = members.pop("born", date(2012, 1, 15) + timedelta(days=700 * k))
    sex = "female" if k % 2 else "male"
    iin = make_iin(born, "female" if k % 2 else "male", 1 + 20 * n + k)
    return {"iin": iin, "birth_date": born.isoformat(), "sex": sex, "birth_order": k + 1} | members


def mother(n: int = 1, children: int = 5, **sections: Any) -> dict[str, Any]:
    """The person document of the n-th mother; sections given here take the place of the usual ones."""
    first, second = ibans_of(n)
    return {
        "iin": iin_of(n),
        "person": {
            "family_name": "Үлгібаева",
            "given_name": "Айсұлу",
            "patronymic": "Мысалқызы",
            "birth_date": "1985-03-12",
            "sex": "female",
            "language": "kk",
            "region": "KZ-71",
        },
        "children": [child(n, k) for k in range(children)],
        "phone": phone_of(n),
        "accounts": [{"iban": first, "bank": "First Bank"}, {"iban": second, "bank": "Second Bank"}],
    } | sections


def kandas(n: int = 1) -> dict[str, Any]:
    """The n-th mother as a kandas whose status ends three weeks after `ON`: a notice is due to her."""
    until, since = ON + timedelta(days=21), ON - timedelta(days=344)
    status = {"number": f"K-{n}", "from_date": since.isoformat(), "until": until.isoformat()}
    status["decided_on"] = status["from_date"]
    usual = mother(n)
    return usual | {"person": usual["person"] | {"citizenship": "kandas"}, "kandas": [status]}


def private(*people: dict[str, Any]) -> set[str]:
    """Everything in these documents that may stand in no error, no result and no key."""
    found: set[str] = set()

    def look(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, entry in value.items():
                look(entry, key)
        elif isinstance(value, list | tuple):
            for entry in value:
                look(entry)
        elif isinstance(value, str) and name in ("iin", "phone", "iban", "family_name", "given_name", "patronymic"):
            found.update((value, value.removeprefix("+7"), json.dumps(value).strip('"')))

    look(people)
    return found
