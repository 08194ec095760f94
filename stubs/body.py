"""The deciding body: Fund, State Corporation or local executive body, whichever the service has.

It takes a file, decides after a while and says what it decided. By default it assigns exactly the computed amount; the
cast can make it refuse, assign another amount or take longer. What it decides is fixed when the file arrives.
"""

import time
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from stubs.agency import AboutPerson, Agency, Answer, Effect, Money, Params, Problem, Read, Text, answer, need
from stubs.cast import BodyBehaviour, Person

ALMATY = ZoneInfo("Asia/Almaty")


class File(AboutPerson):
    """POST /body/v1/files."""

    application_number: Text
    service: Text
    computed_amount: Money
    applied_on: date


class Body(Agency):
    """The deciding body. Setting `delay_seconds`: how long it takes to decide."""

    name = "body"
    books = "files"
    schema = """
    CREATE TABLE IF NOT EXISTS people (iin TEXT PRIMARY KEY, behaviour TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS files (
        id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, application_number TEXT NOT NULL, iin TEXT NOT NULL,
        file TEXT NOT NULL, decides_at REAL NOT NULL, amount TEXT, decided_on TEXT NOT NULL,
        reason_code TEXT, reason TEXT
    );
    CREATE INDEX IF NOT EXISTS files_number ON files (application_number);
    CREATE INDEX IF NOT EXISTS files_key ON files (key);
    """

    def reads(self) -> tuple[Read, ...]:
        return (Read("/body/v1/files/{application_number:path}", self._ruling, self._iin_of_number),)

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("/body/v1/files", File, self._submit),)

    def faults_for(self, person: Person) -> tuple[Any, ...]:
        return person.behaviour.body.faults

    def keep_person(self, person: Person) -> None:
        behaviour = person.behaviour.body.model_copy(update={"faults": ()})
        self.store.do("INSERT OR REPLACE INTO people VALUES (?, ?)", person.iin, behaviour.model_dump_json())

    def _submit(self, key: str, file: File) -> Answer:
        known = self.store.one("SELECT file FROM files WHERE application_number = ?", file.application_number)
        if known is not None:
            if known["file"] != file.model_dump_json():
                raise Problem(422, "other_file", "Another file has this application number.")
            return self._state_of(file.application_number)
        row = self.store.one("SELECT behaviour FROM people WHERE iin = ?", file.iin)
        wish = BodyBehaviour() if row is None else BodyBehaviour.model_validate_json(row[0])
        delay = self.settings["delay_seconds"] if wish.delay_seconds is None else wish.delay_seconds
        amount = None if wish.refuse else f"{wish.assign or file.computed_amount:.2f}"
        decided_on = max(file.applied_on, datetime.now(ALMATY).date())
        self.store.do(
            "INSERT INTO files"
            " (key, application_number, iin, file, decides_at, amount, decided_on, reason_code, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(key, file.application_number, file.iin, file.model_dump_json(), time.time() + delay),
            *(amount, decided_on.isoformat()),
            *((wish.refuse.code, wish.refuse.reason) if wish.refuse else (None, None)),
        )
        return self._state_of(file.application_number)

    def _ruling(self, params: Params) -> Answer:
        found = self._state_of(need(params, "application_number"))
        return Answer(200, found.body)

    def _state_of(self, application_number: str) -> Answer:
        row = self.store.one("SELECT * FROM files WHERE application_number = ?", application_number)
        if row is None:
            raise Problem(404, "unknown_file", "No file with this application number has arrived.")
        members: dict[str, Any] = dict.fromkeys(("amount", "decision_number", "decided_on", "reason_code", "reason"))
        if time.time() < row["decides_at"]:
            return answer(202, {"application_number": application_number, "state": "pending", **members})
        members |= {"decision_number": f"D-{row['id']:09d}", "decided_on": row["decided_on"]}
        if row["amount"] is None:
            members |= {"reason_code": row["reason_code"], "reason": row["reason"]}
            return answer(200, {"application_number": application_number, "state": "refused", **members})
        members["amount"] = row["amount"]
        return answer(200, {"application_number": application_number, "state": "assigned", **members})

    def _iin_of_number(self, params: Params) -> str | None:
        row = self.store.one("SELECT iin FROM files WHERE application_number = ?", params.get("application_number"))
        return None if row is None else row["iin"]
