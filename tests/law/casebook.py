"""Reads the cases that lawyers write: a family in plain words, a day, and what the law must answer.

`tests/law/cases/README.md` describes the form. This module only turns the plain words into the mapping that
`read_facts` reads, with invented IINs; it decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from benefits import Facts, make_iin
from benefits.facts import read_facts

HERE = Path(__file__).parent
CASES = HERE / "cases"
FAMILIES = HERE / "families"
TWELFTH = HERE / "twelfth"

ADULT_ROLES = {"mother": "female", "father": "male", "grandmother": "female", "grandfather": "male"}
_CASE_KEYS = {"name", "source", "on", "as_at", "applicant", "about", "family", "expect"}
_NOT_A_LIST = ("household",)
_UNLESS_SAID: dict[str, dict[str, Any]] = {
    "insurances": {"job_loss_months_paid": "0"},
    "dependants": {"disabled_before_18": "false", "full_orphan": "false"},
    "household": {"able_bodied": "0"},
}
"""What a case that does not speak of it means; `unknown` is what the register does not hold."""


class BadCase(ValueError):
    """A case that does not follow the form; the text names file and case."""


@dataclass(frozen=True)
class LawCase:
    service: str
    name: str
    on: date
    mapping: Mapping[str, Any]
    facts: Facts
    about: str | None
    expect: Mapping[str, Any]


def read_cases(path: Path) -> list[LawCase]:
    """All cases of a file. Raises BadCase for a form error, BadFacts for facts that cannot be."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts only
    return [_case(path, content["service"], case) for case in content["cases"]]


def _case(path: Path, service: str, case: Mapping[str, Any]) -> LawCase:
    where = f"{path.name}: {case.get('name')}"
    unknown = set(case) - _CASE_KEYS
    if unknown or not {"name", "on", "family", "expect"} <= set(case):
        raise BadCase(f"{where}: a case has name, on, family, expect; unknown here: {sorted(unknown)}")
    on = date.fromisoformat(case["on"])
    mapping, people = _described(case["family"], case.get("as_at", case["on"]), case.get("applicant"))
    about = case.get("about")
    expect = {
        key: _ground(value, people) if key in ("basis", "each") else value for key, value in case["expect"].items()
    }
    return LawCase(service, case["name"], on, mapping, read_facts(mapping), people.get(about or "", about), expect)


def family_mapping(family: Mapping[str, Any], as_at: str, applicant: str | None = None) -> dict[str, Any]:
    """The mapping of a family in plain words: roles become IINs, the children belong to the applicant by default."""
    return _described(family, as_at, applicant)[0]


def _described(family: Mapping[str, Any], as_at: str, applicant: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    """The mapping of a family, and the IIN of each role in it."""
    people: dict[str, str] = {}
    adults: list[dict[str, Any]] = []
    for role, sex in ADULT_ROLES.items():
        if role in family:
            adult = _born(family[role])
            people[role] = make_iin(date.fromisoformat(adult.pop("born")), sex, 1)  # type: ignore[arg-type]
            adults.append({"iin": people[role], **adult})
    applicant_iin = people[applicant or next(iter(people))]
    children: list[dict[str, Any]] = []
    for number, described in enumerate(family.get("children", []), 1):
        child = _born(described)
        born = date.fromisoformat(child.pop("born"))
        people[f"child {number}"] = make_iin(born, child.pop("sex", "female"), number)
        children.append(
            {
                "iin": people[f"child {number}"],
                "mother_iin": people.get("mother"),
                "father_iin": people.get("father"),
                "lives_with": applicant_iin,
                "birth_order": str(number),
                "birth_record": f"birth record {number}",
                **child,
            }
        )
    known = {*ADULT_ROLES, "children"}
    rest = {key: value for key, value in family.items() if key not in known}
    mapping = {"adults": adults, "children": children, **rest}
    return {"as_at": as_at, "applicant": applicant_iin, **_with_iins(mapping, people)}, people


def _ground(basis: Any, people: Mapping[str, str]) -> Any:
    """What a right rests on, with each role made an IIN: `mother`, `mother/2024-Q1`, `[child 2, child 1]`."""
    if isinstance(basis, list):
        return [_ground(one, people) for one in basis]
    role, slash, rest = basis.partition("/")
    return people.get(role, role) + slash + rest


def _born(described: Any) -> dict[str, Any]:
    return {"born": described} if isinstance(described, str) else dict(described)


def _said(name: str, value: Any) -> Any:
    more = _UNLESS_SAID.get(name, {})
    if isinstance(value, list):
        return [{**more, **one} for one in value] if more else value
    return {**more, **value} if isinstance(value, Mapping) else value


def _with_iins(value: Any, people: dict[str, str]) -> Any:
    """The same value with each role (`mother`, `child 2`, `of: father`, `somebody born 1980-01-01`) made an IIN."""
    if isinstance(value, Mapping):
        return {"iin" if key == "of" else key: _with_iins(_said(key, one), people) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_iins(one, people) for one in value]
    if value == "unknown":
        return None
    if isinstance(value, str) and value.startswith(("man born ", "woman born ")):
        sex, _, rest = value.partition(" born ")
        born, _, serial = rest.partition(" number ")
        return make_iin(date.fromisoformat(born), "male" if sex == "man" else "female", int(serial or 900))
    return people.get(value, value) if isinstance(value, str) else value
