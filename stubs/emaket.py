"""E-Maket of the State Corporation: what is already paid, and the register of applications, which it numbers.

It decides nothing about rights; it refuses an application for which a document is missing or which it rejects.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from stubs.agency import AboutPerson, Agency, Answer, Effect, Money, Params, Read, Text, answer, need, need_iin, refuse
from stubs.cast import EMaketBehaviour, Payment, Person

ALMATY = ZoneInfo("Asia/Almaty")


class Application(AboutPerson):
    """POST /emaket/v1/applications."""

    case_ref: Text
    service: Text
    applied_on: date
    computed_amount: Money
    consent_ref: Text
    account_ref: Text | None = None


class EMaket(Agency):
    """The register of applications."""

    name = "emaket"
    books = "applications"
    schema = """
    CREATE TABLE IF NOT EXISTS people (iin TEXT PRIMARY KEY, behaviour TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS payments (iin TEXT NOT NULL, service TEXT NOT NULL, payment TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS payments_of ON payments (iin, service);
    CREATE TABLE IF NOT EXISTS applications (
        id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, iin TEXT NOT NULL, application TEXT NOT NULL,
        registered_at TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS applications_key ON applications (key);
    """

    def reads(self) -> tuple[Read, ...]:
        return (
            Read("/emaket/v1/payments", self._payments),
            Read("/emaket/v1/applications/by-key/{key:path}", self._by_key, self._iin_of_key),
        )

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("/emaket/v1/applications", Application, self._register),)

    def faults_for(self, person: Person) -> tuple[Any, ...]:
        return person.behaviour.emaket.faults

    def keep_person(self, person: Person) -> None:
        self.store.do("DELETE FROM payments WHERE iin = ?", person.iin)
        for payment in person.payments:
            self.store.do(
                "INSERT INTO payments VALUES (?, ?, ?)", person.iin, payment.service, payment.model_dump_json()
            )
        behaviour = person.behaviour.emaket.model_copy(update={"faults": ()})
        self.store.do("INSERT OR REPLACE INTO people VALUES (?, ?)", person.iin, behaviour.model_dump_json())

    def _payments(self, params: Params) -> Answer:
        rows = self.store.all(
            "SELECT payment FROM payments WHERE iin = ? AND service = ? ORDER BY rowid",
            *(need_iin(params), need(params, "service")),
        )
        return answer(200, {"payments": [Payment.model_validate_json(row[0]).model_dump(mode="json") for row in rows]})

    def _register(self, key: str, application: Application) -> Answer:
        row = self.store.one("SELECT behaviour FROM people WHERE iin = ?", application.iin)
        behaviour = EMaketBehaviour() if row is None else EMaketBehaviour.model_validate_json(row[0])
        if behaviour.missing_document is not None:
            refuse("missing_document", "A document is missing.", {"document": behaviour.missing_document})
        if behaviour.reject is not None:
            refuse("rejected", behaviour.reject)
        registered_at = datetime.now(ALMATY).isoformat(timespec="seconds")
        number = self.store.do(
            "INSERT INTO applications (key, iin, application, registered_at) VALUES (?, ?, ?, ?)",
            *(key, application.iin, application.model_dump_json(), registered_at),
        )
        return answer(201, {"number": f"EM-{number:09d}", "registered_at": registered_at})

    def _by_key(self, params: Params) -> Answer:
        return self.kept_or_unknown(need(params, "key"))

    def _iin_of_key(self, params: Params) -> str | None:
        row = self.store.one("SELECT iin FROM applications WHERE key = ?", params.get("key"))
        return None if row is None else row["iin"]
