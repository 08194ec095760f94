"""People to whom a monthly right runs, put into the Card as their credited cases have left it, to be paid on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from benefits import law_of, make_iin
from demo.crowd import iban
from tests.activities.database import BY_FORCE

SPACE = UUID("6b1f6c0e-0000-4000-8000-000000000000")
FIRST_MONTH = date(2025, 12, 1)
"""Which their cases have paid."""

REGIONS = ("KZ-71", "KZ-75", "KZ-47", "KZ-10", None)


@dataclass(frozen=True)
class Entitled:
    """The n-th of them, with an amount a month from January to December 2026. Tenge."""

    n: int
    gross: Decimal = Decimal("69330.00")
    withheld: Decimal = Decimal(0)
    service: str = "multi-child"
    first_month: date = FIRST_MONTH
    last_month: date = date(2026, 12, 1)

    @property
    def iin(self) -> str:
        return make_iin(date(1980, 1, 1) + timedelta(days=self.n % 7000), "female", 1 + self.n // 7000)

    @property
    def iban(self) -> str:
        return iban(500_000 + self.n)

    @property
    def ref(self) -> str:
        return f"{5000 + self.n // 10000:04d}-{self.n % 10000:04d}-0"

    @property
    def region(self) -> str | None:
        return REGIONS[self.n % len(REGIONS)]

    def id(self, what: str) -> UUID:
        return uuid5(SPACE, f"{what} {self.n}")

    def document(self, **sections: Any) -> dict[str, Any]:
        """As the stubs are told of them."""
        born = date(1980, 1, 1) + timedelta(days=self.n % 7000)
        person = {"family_name": "Үлгі", "given_name": f"Ана{self.n}", "birth_date": born.isoformat(), "sex": "female"}
        return {"iin": self.iin, "person": person, "accounts": [{"iban": self.iban}]} | sections


_ROWS = (
    """INSERT INTO persons (id, iin, family_name, given_name, language, region)
       VALUES (:person, :iin, 'Үлгі', :name, 'kk', :region)""",
    "INSERT INTO rights (id, service, state, offers, refusals) VALUES (:right, :service, 'entitled', 0, 0)",
    """INSERT INTO cases
           (ref, service, person_id, basis, right_id, opened_by, look, assessed_on, amount, outcome, settled)
       VALUES (:ref, :service, :person, :basis, :right, :ref, 0, :first, :net, 'credited', true)""",
    "INSERT INTO accounts (id, person_id, iban, source) VALUES (:account, :person, :iban, 'bank')",
    """INSERT INTO entitlements (id, right_id, case_ref, person_id, service, since, law)
       VALUES (:entitlement, :right, :ref, :person, :service, :first, :law)""",
    """INSERT INTO entitlement_amounts (entitlement_id, first_month, last_month, gross, withheld)
       VALUES (:entitlement, :first, :last, :gross, :withheld)""",
    """INSERT INTO dues (entitlement_id, month, case_ref, is_difference, gross, withheld)
       VALUES (:entitlement, :first, :ref, false, :gross, :withheld)""",
    """INSERT INTO ledger (key, case_ref, debit, credit, amount, payer, period, value_date) VALUES
       (:ref || '/assign', :ref, 'entitled', 'payable', :net, 'budget', :first, :first),
       (:ref || '/credit', :ref, 'payable', 'paid', :net, 'budget', :first, :first)""",
)
_WITHHELD = """INSERT INTO ledger (key, case_ref, debit, credit, amount, payer, period, value_date) VALUES
       (:ref || '/withheld', :ref, 'entitled', 'withheld', :withheld, 'budget', :first, :first)"""


async def settle(session: AsyncSession, people: Sequence[Entitled]) -> None:
    """They are in the Card, past its guards: what led there is others' test."""
    rows = [
        {
            **{what: one.id(what) for what in ("person", "right", "account", "entitlement")},
            "iin": one.iin,
            "name": f"Ана{one.n}",
            "region": one.region,
            "service": one.service,
            "ref": one.ref,
            "basis": f"basis of {one.n}",
            "iban": one.iban,
            "gross": one.gross,
            "withheld": one.withheld,
            "net": one.gross - one.withheld,
            "first": one.first_month,
            # Reckoned by the law of today: their facts are no family's.
            "law": law_of(one.service),
            "last": one.last_month,
        }
        for one in people
    ]
    await session.execute(BY_FORCE)
    for sql in _ROWS:
        await session.execute(text(sql), rows)
    if kept := [row for row in rows if row["withheld"]]:
        await session.execute(text(_WITHHELD), kept)
    await session.execute(text("SET LOCAL session_replication_role = origin"))
