"""The registries: persons, civil, disability and mobile, in one service as behind one gateway. They only answer.

Answers are made when the cast is kept and stored ready for the wire, because the registries are asked most.
"""

import json
from typing import Any

from stubs.agency import Agency, Answer, Params, Problem, Read, answer, need_iin
from stubs.cast import Person


class Registries(Agency):
    """Persons registry, civil registry, disability database and mobile citizens database."""

    name = "registries"
    schema = """
    CREATE TABLE IF NOT EXISTS persons (iin TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS disability (iin TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS phones (iin TEXT PRIMARY KEY, answer TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS children (
        adult TEXT NOT NULL, child TEXT NOT NULL, birth_date TEXT NOT NULL, answer TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (adult, child)
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS children_document ON children (document);
    """

    def reads(self) -> tuple[Read, ...]:
        return (
            Read("/persons/v1/{iin}", self._person),
            Read("/civil/v1/families/{iin}", self._family),
            Read("/disability/v1/{iin}", self._disability),
            Read("/mobile/v1/{iin}", self._phone),
        )

    def faults_for(self, person: Person) -> tuple[Any, ...]:
        return person.behaviour.registries.faults

    def keep_person(self, person: Person) -> None:
        iin = person.iin
        for table in ("persons", "disability", "phones"):
            self.store.do(f"DELETE FROM {table} WHERE iin = ?", iin)  # noqa: S608 - names from the line above
        self.store.do("DELETE FROM children WHERE document = ?", iin)
        if person.person is not None:
            self._write("persons", iin, {"iin": iin, **person.person.model_dump(mode="json")})
        if person.disability:
            decisions = sorted(person.disability, key=lambda decision: decision.decided_on)
            listed = [decision.model_dump(mode="json") for decision in decisions]
            self._write("disability", iin, {"iin": iin, "decisions": listed})
        if person.phone is not None:
            self._write("phones", iin, {"iin": iin, "phone": person.phone})
        for child in person.children:
            known = child.in_family_of(person)
            record = json.dumps(known.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
            for adult in {iin, known.mother_iin, known.father_iin, known.lives_with} - {None}:
                self.store.do(
                    "INSERT OR REPLACE INTO children VALUES (?, ?, ?, ?, ?)",
                    *(adult, known.iin, known.birth_date.isoformat(), record, iin),
                )

    def _write(self, table: str, iin: str, members: dict[str, Any]) -> None:
        text = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
        self.store.do(f"INSERT INTO {table} VALUES (?, ?)", iin, text)  # noqa: S608 - our own table

    def _stored(self, table: str, iin: str) -> Answer | None:
        row = self.store.one(f"SELECT answer FROM {table} WHERE iin = ?", iin)  # noqa: S608 - our own table
        return None if row is None else Answer(200, row[0].encode())

    def _person(self, params: Params) -> Answer:
        found = self._stored("persons", need_iin(params))
        if found is None:
            raise Problem(404, "unknown_person", "The persons registry has no such person.")
        return found

    def _disability(self, params: Params) -> Answer:
        iin = need_iin(params)
        return self._stored("disability", iin) or answer(200, {"iin": iin, "decisions": []})

    def _phone(self, params: Params) -> Answer:
        found = self._stored("phones", need_iin(params))
        if found is None:
            raise Problem(404, "no_phone", "No phone is tied to this person.")
        return found

    def _family(self, params: Params) -> Answer:
        iin = need_iin(params)
        rows = self.store.all("SELECT answer FROM children WHERE adult = ? ORDER BY birth_date, child", iin)
        return Answer(200, f'{{"iin":"{iin}","children":[{",".join(row[0] for row in rows)}]}}'.encode())
