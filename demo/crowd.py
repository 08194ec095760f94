"""Invented families in any number, for the system tests and the bench: mothers of four to six, each with an account."""

from datetime import date, timedelta
from typing import Any

from schwifty import IBAN

from benefits import make_iin

BANK = "125"


def crowd(size: int) -> list[dict[str, Any]]:
    """`size` person documents with a right to `multi-child` on 20.11.2026, always the same for the same size."""
    return [_mother(n) for n in range(size)]


def iban(number: int) -> str:
    """A well-formed Kazakh account number."""
    return str(IBAN.generate("KZ", BANK, f"CRD{number:010d}"))


def _mother(n: int) -> dict[str, Any]:
    born = date(1980, 1, 1) + timedelta(days=n % 4000)
    return {
        "iin": make_iin(born, "female", n // 4000 + 1),
        "person": {
            "family_name": "Үлгі",
            "given_name": f"Ана{n}",
            "birth_date": born.isoformat(),
            "sex": "female",
            "language": "kk" if n % 2 else "ru",
        },
        "children": [_child(n, k) for k in range(4 + n % 3)],
        "phone": f"+7702{n:07d}",
        "accounts": [{"iban": iban(n)}],
    }


def _child(n: int, k: int) -> dict[str, Any]:
    born = date(2012, 1, 1) + timedelta(days=(n % 300) + 500 * k)
    sex = "female" if (n + k) % 2 else "male"
    return {
        "iin": make_iin(born, "female" if sex == "female" else "male", 1 + n // 300 * 6 + k),
        "birth_date": born.isoformat(),
        "sex": sex,
        "birth_order": k + 1,
    }
