"""Random people and their records, in the shape that `read_facts` reads. Nothing is decided here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from benefits import Facts, make_iin, read_facts
from tests.law.oracle.calendar import DAY, Days, month_end, month_of, next_month, quarter_of

DAYS = Days(late=False)
FIRST, LAST = date(2023, 7, 1), date(2027, 4, 30)
"""The days asked about lie between these two: across the beginning of the Code and the end of the constants."""
TURNS_OF_LAW = (
    *(date(year, 1, 1) for year in (2024, 2025, 2026, 2027)),
    *(date(year, 12, 31) for year in (2023, 2024, 2025, 2026)),
    date(2023, 7, 1),
    date(2023, 7, 2),
    date(2027, 1, 15),
)
REGIONS = ("KZ-59", "KZ-71", "KZ-10", "KZ-75")
Record = dict[str, Any]
STOPS = ("died_on", "imprisoned_since", "left_country_on", "missing_since", "citizenship_lost_on")


@dataclass
class Household:
    """A family as the registries have it, and the days to ask about."""

    about: str
    mapping: Record
    days: list[date] = field(default_factory=list)

    def facts(self, on: date) -> Facts:
        """The family as of the last day that anything is known of: what came after `on` must not matter."""
        return read_facts({**self.mapping, "as_at": max([on, *_past(self.mapping)])})


def _past(mapping: Record) -> list[date]:
    """The days of what has come to pass."""
    names = {
        *STOPS, "birth_date", "taken_on", "decided_on", "awarded_on", "registered_on", "deregistered_on", "counted_on",
        "contract_signed_on", "contract_breached_on",
    }  # fmt: skip
    found: list[date] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            found.extend(day for name, day in value.items() if name in names and day is not None)
            for one in value.values():
                look(one)
        elif isinstance(value, (list, tuple)):
            for one in value:
                look(one)

    look(mapping)
    found.extend(one["from_date"] for one in mapping.get("payments", ()))
    if "household" in mapping:
        found.append(mapping["household"]["quarter"])
    return found


class Registry:
    """Makes people and records, each as a registry would have it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.serial = 0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def day(self, first: date, last: date) -> date:
        """Any day, but every fourth at the edge of a month, a quarter or a year."""
        day = first + timedelta(days=self.random.randrange((last - first).days + 1))
        if self.chance(0.25):
            edge = self.random.choice((month_of(day), month_end(day), quarter_of(day), day.replace(month=12, day=31)))
            day = edge if first <= edge <= last else day
        return day

    def iin(self, born: date, sex: str) -> str:
        self.serial += 1
        return make_iin(born, sex, self.serial % 900 + 1)  # type: ignore[arg-type]

    def adult(self, born: date, sex: str = "female", *, odd: bool = True) -> Record:
        one: Record = {
            "iin": self.iin(born, sex),
            "birth_date": born,
            "sex": sex,
            "region": self.random.choice(REGIONS),
        }
        if odd and self.chance(0.1):
            self._foreign(one)
        if odd and self.chance(0.06):
            what = self.random.choice(STOPS)
            one[what] = self.day(date(2023, 9, 1), date(2026, 10, 31))
        return one

    def _foreign(self, one: Record) -> None:
        one["citizenship"] = self.random.choice(("kandas", "kandas", "kandas", "foreigner", "stateless"))
        one["permanent_resident"] = self.chance(0.8)

    def child(self, born: date, mother: str | None, home: str | None, order: int | None, **more: Any) -> Record:
        sex = self.random.choice(("female", "male"))
        record = f"BR-{born.year}-{self.serial}"
        one = {"iin": self.iin(born, sex), "birth_date": born, "sex": sex, "mother_iin": mother, "lives_with": home}
        return {**one, "birth_order": order, "birth_record": record, **more}

    def insurance(self, iin: str, arose: date) -> Record:
        """Contributions counted at the right, and incomes of the 24 months before it: now and then with a gap."""
        edge = (0, 1, 5, 6, 11, 12, 23, 24, 35, 36, 47, 48, 59, 60, 71, 72, 83, 84, 209, 210, 222, 300)
        months = None if self.chance(0.06) else self.random.choice(edge)
        incomes, month = [], DAYS.after(month_of(arose), -26)
        gap = self.chance(0.08)
        wage = self.random.choice((0, 30000, 42500, 85000, 123457, 250000, 333333, 595000, 900000))
        while month <= month_of(arose):
            length = self.random.choice((3, 6, 12, 30))
            until = min(DAYS.after(month, length), month_of(arose))
            amount = wage + self.random.choice((0, 1, 777, 20001)) if months != 0 else 0
            if not (gap and self.chance(0.4)):
                incomes.append({"from_month": month, "until_month": until, "amount": str(amount)})
            month = next_month(until)
        counted = arose - timedelta(days=self.random.choice((0, 0, 1, 5)) if self.chance(0.96) else 75)
        return {"iin": iin, "contribution_months": months, "counted_on": counted, "incomes": incomes}

    def _mother(self, at: date) -> Record:
        return self.adult(self.day(DAYS.after(at, -45 * 12), DAYS.after(at, -19 * 12)))

    def _father(self, at: date) -> Record:
        return self.adult(self.day(DAYS.after(at, -50 * 12), DAYS.after(at, -20 * 12)), "male", odd=False)

    def _home(self, about: str, applicant: Record, days: list[date], **records: Any) -> Household:
        adults = [applicant, *records.pop("others", [])]
        self._in_order(records.get("children", ()))
        mapping = {"applicant": applicant["iin"], "adults": adults, **records}
        if applicant.get("citizenship") == "kandas" and self.chance(0.8):
            first = self.day(date(2022, 6, 1), date(2025, 6, 1))
            until = DAYS.after(first, 12) - DAY
            term = {"iin": applicant["iin"], "number": f"K-{self.serial}", "from_date": first, "until": until}
            mapping["kandas_statuses"] = [{**term, "decided_on": first}]
            days = [*days, until]
        odd = [applicant[name] for name in STOPS if name in applicant]
        return Household(about, mapping, [*days, *odd, *(month_end(day) for day in odd)])

    def _in_order(self, children: Sequence[Record]) -> None:
        """Children of one mother are numbered as they were born."""
        numbers = sorted(child["birth_order"] for child in children if child["birth_order"] is not None)
        for number, child in zip(numbers, sorted(children, key=lambda child: child["birth_date"]), strict=False):
            if child["birth_order"] is not None:
                child["birth_order"] = number

    def _pay(self, home: Household, basis: str, since: date, share: float = 0.08) -> Household:
        if self.chance(share):
            state = self.random.choice(("paying", "paid"))
            until = None if state == "paying" and self.chance(0.5) else DAYS.after(since, 10)
            paid = {"service": home.about, "basis": basis, "from_date": since, "until": until, "state": state}
            home.mapping["payments"] = [paid]
        return home
