"""The registries, in one service as behind one gateway: persons, civil, disability, mobile; Labour Market, the Fund,
awards, deaths, pensions, kandas, and households for targeted assistance. They only answer.

Answers are made when the cast is kept and stored ready for the wire, because the registries are asked most.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from stubs.agency import Agency, Answer, Params, Problem, Read, answer, invalid, need, need_iin
from stubs.cast import Child, Person, PersonSection, Section

_NOT_TOLD_OF_OTHERS = ("family_name", "given_name", "patronymic", "language")
"""What the persons registry leaves out when it is asked who lives with somebody."""


class Registries(Agency):
    """Every registry; those of which few services ask keep their records in one table, by section of the cast."""

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
    CREATE TABLE IF NOT EXISTS homes (adult TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (adult, document))
        WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS homes_document ON homes (document);
    CREATE TABLE IF NOT EXISTS records (
        section TEXT NOT NULL, iin TEXT NOT NULL, at TEXT NOT NULL, record TEXT NOT NULL, document TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS records_of ON records (section, iin);
    CREATE INDEX IF NOT EXISTS records_document ON records (document);
    """

    def reads(self) -> tuple[Read, ...]:
        return (
            Read("/persons/v1/{iin}", self._person),
            Read("/persons/v1/{iin}/household", self._household),
            Read("/civil/v1/families/{iin}", self._family),
            Read("/disability/v1/{iin}", self._disability),
            Read("/mobile/v1/{iin}", self._phone),
            Read("/labour/v1/{iin}", self._listed("unemployment", "registrations")),
            Read("/fund/v1/{iin}/insurance", self._insurance),
            Read("/fund/v1/{iin}/capacity-losses", self._listed("capacity_losses", "decisions")),
            Read("/awards/v1/{iin}", self._listed("awards", "awards")),
            Read("/deaths/v1/{iin}/breadwinners", self._listed("breadwinners", "breadwinners")),
            Read("/deaths/v1/{iin}/burials", self._listed("burials", "burials")),
            Read("/pensions/v1/{iin}", self._listed("pensions", "pensions")),
            Read("/kandas/v1/{iin}", self._listed("kandas", "statuses")),
            Read("/assistance/v1/{iin}/household", self._assistance),
        )

    def faults_for(self, person: Person) -> tuple[Any, ...]:
        return person.behaviour.registries.faults

    def keep_person(self, person: Person) -> None:
        iin = person.iin
        for table in ("persons", "disability", "phones"):
            self.store.do(f"DELETE FROM {table} WHERE iin = ?", iin)  # noqa: S608 - names from the line above
        for table in ("children", "homes", "records"):
            self.store.do(f"DELETE FROM {table} WHERE document = ?", iin)  # noqa: S608 - names from the line above
        if person.person is not None:
            self._write("persons", iin, {"iin": iin, **_told(person.person)})
        if person.disability:
            decisions = sorted(person.disability, key=lambda decision: decision.decided_on)
            listed = [decision.model_dump(mode="json") for decision in decisions]
            self._write("disability", iin, {"iin": iin, "decisions": listed})
        if person.phone is not None:
            self._write("phones", iin, {"iin": iin, "phone": person.phone})
        for child in person.children:
            known = child.in_family_of(person)
            record = json.dumps(_told(known), ensure_ascii=False, separators=(",", ":"))
            for adult in {iin, known.mother_iin, known.father_iin, known.lives_with} - {None}:
                self.store.do(
                    "INSERT OR REPLACE INTO children VALUES (?, ?, ?, ?, ?)",
                    *(adult, known.iin or known.birth_record, known.birth_date.isoformat(), record, iin),
                )

        if person.household:
            for adult in {iin, *person.household}:
                self.store.do("INSERT INTO homes VALUES (?, ?)", adult, iin)
        self._keep_records(person)

    def _keep_records(self, person: Person) -> None:
        """What the registries hold of which few services ask, each under everybody whom it is about."""
        own = (person.iin,)
        for registration in person.unemployment:
            self._record("unemployment", own, registration.registered_on, registration, person)
        if person.insurance is not None:
            self._record("insurance", own, person.insurance.counted_on, person.insurance, person)
        for loss in person.capacity_losses:
            self._record("capacity_losses", own, loss.decided_on, loss, person)
        for award in person.awards:
            self._record("awards", own, award.awarded_on, award, person)
        for breadwinner in person.breadwinners:
            survivors = {person.iin, *(dependant.iin for dependant in breadwinner.dependants)}
            self._record("breadwinners", survivors, breadwinner.died_on, breadwinner, person)
        for burial in person.burials:
            self._record("burials", own, burial.died_on, burial, person, buried_by=person.iin)
        for pension in person.pensions:
            self._record("pensions", own, pension.decided_on, pension, person)
        for status in person.kandas:
            self._record("kandas", own, status.decided_on, status, person)
        if person.assistance is not None:
            self._record("assistance", {person.iin, *person.assistance.members}, date.min, person.assistance, person)

    def _record(
        self, section: str, about: Iterable[str], at: date, record: Section, person: Person, **more: str
    ) -> None:
        text = json.dumps({**record.model_dump(mode="json"), **more}, ensure_ascii=False, separators=(",", ":"))
        for iin in about:
            self.store.do("INSERT INTO records VALUES (?, ?, ?, ?, ?)", section, iin, at.isoformat(), text, person.iin)

    def _records(self, section: str, iin: str) -> list[str]:
        rows = self.store.all(
            "SELECT record FROM records WHERE section = ? AND iin = ? ORDER BY at, rowid", section, iin
        )
        return [row[0] for row in rows]

    def _listed(self, section: str, name: str) -> Callable[[Params], Answer]:
        """Answers with the person's records of a section, oldest first, as a list of this name; empty if none."""

        def reply(params: Params) -> Answer:
            iin = need_iin(params)
            return Answer(200, f'{{"iin":"{iin}","{name}":[{",".join(self._records(section, iin))}]}}'.encode())

        return reply

    def _household(self, params: Params) -> Answer:
        iin = need_iin(params)
        self._person(params)
        rows = self.store.all(
            "SELECT answer FROM persons WHERE iin = ? OR iin IN (SELECT other.adult FROM homes me JOIN homes other"
            " ON other.document = me.document WHERE me.adult = ?) ORDER BY iin",
            *(iin, iin),
        )
        adults = [json.loads(row[0]) for row in rows]
        for adult in adults:
            for member in _NOT_TOLD_OF_OTHERS:
                del adult[member]
        return answer(200, {"iin": iin, "adults": adults})

    def _insurance(self, params: Params) -> Answer:
        """As counted on the day asked about; a day before the count of the cast has none."""
        iin, on = need_iin(params), _need_day(params, "on")
        found = self._records("insurance", iin)
        if not found:
            raise Problem(404, "not_insured", "The Fund has no contributions of this person.")
        members = json.loads(found[0])
        if on < date.fromisoformat(members["counted_on"]):
            members |= {"contribution_months": None, "counted_on": on.isoformat()}
        return answer(200, {"iin": iin, **members})

    def _assistance(self, params: Params) -> Answer:
        iin, quarter = need_iin(params), _need_day(params, "quarter")
        if quarter.day != 1 or quarter.month % 3 != 1:
            raise invalid("quarter", "the first day of a quarter")
        found = self._records("assistance", iin)
        if not found:
            raise Problem(404, "no_household", "No household with this person is kept for targeted assistance.")
        members = json.loads(found[0])
        income, kinds = members.pop("incomes").get(quarter.isoformat()), {}
        if isinstance(income, dict):
            kinds, income = income, f"{sum(map(Decimal, income.values())):.2f}"
        incomes = [{"kind": kind, "amount": amount} for kind, amount in kinds.items()]
        household = {"iin": iin, "quarter": quarter.isoformat(), "income": income, "incomes": incomes, **members}
        return answer(200, household)

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


def _told(section: PersonSection | Child) -> dict[str, Any]:
    """The members of an answer, with those that the register has wrong."""
    return section.model_dump(mode="json", exclude={"wrongly"}) | section.wrongly


def _need_day(params: Params, name: str) -> date:
    try:
        return date.fromisoformat(need(params, name))
    except ValueError:
        raise invalid(name, "a date, as 2025-03-01") from None
