"""Builds Facts from a mapping or a file, and refuses anything that cannot be, naming field and rule.

Two passes: each field by its own kind (`_SHAPES`), then what must hold between fields (`checks`). No value
appears in an error, because it may be personal data, and nothing is guessed: a field that is missing takes the
default of its class or is an error.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any

from benefits import codes
from benefits.facts import records as f
from benefits.facts.checks import check_against_iin, check_between_fields
from benefits.facts.household import Household, HouseholdIncome
from benefits.facts.records import BadFacts, Facts
from benefits.facts.unreadable import Unreadable
from benefits.iin import BadIin, read_iin
from benefits.yaml_file import BadYaml, read_yaml

Reader = Callable[[Any, str], Any]

NOT_FACTS = frozenset({"family_name", "given_name", "patronymic", "language", "phone", "name", "rights"})
"""Fields of the registries, and the rights that an example family states, that are no facts for the law: dropped."""

_TRUE, _FALSE = ("true", "yes"), ("false", "no")
_LARGEST_MONEY = Decimal(10) ** 12


def read_facts(mapping: Mapping[str, Any], *, trusting: bool = False) -> Facts:
    """Facts from a mapping shaped like these classes, with `applicant` an IIN. Raises BadFacts for the first error.

    Dates may be dates or ISO texts, money Decimal, int or text (never float); `birth_date` and `sex` of a person may be
    left out, for the IIN holds them. Names and other fields of the registries that are no facts are dropped; an unknown
    field is an error.

    `trusting`: a birth date or sex may be another than the IIN holds, and an `Unreadable` stands where it is given.
    """
    if not isinstance(mapping, Mapping):
        raise BadFacts("facts", "a mapping of fields")
    values = _fields(Facts, mapping, "")
    applicant = next((adult for adult in values["adults"] if adult.iin == values["applicant"]), None)
    if applicant is None:
        raise BadFacts("applicant", "one of the adults", "list the applicant under adults with the same iin")
    family = Facts(**{**values, "applicant": applicant})
    check_between_fields(family)
    if not trusting:
        check_against_iin(family)
    return family


def read_facts_file(path: Path) -> Facts:
    """Facts from a YAML or JSON file; every scalar is read as text, so that no number passes through a float.

    Raises BadFacts, or OSError when the file cannot be read.
    """
    try:
        content = read_yaml(path)
    except BadYaml as bad:
        where = [] if bad.line is None else [f"line {bad.line}"]
        raise BadFacts(path.name, bad.rule, ": ".join([*where, *([bad.found] if bad.found else [])])) from None
    return read_facts(content)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise BadFacts(path, "a text")
    return value.strip()


def _day(value: Any, path: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(_text(value, path))
    except ValueError:
        raise BadFacts(path, "a date", "as 2025-03-01") from None


def _month(value: Any, path: str) -> date:
    text = f"{value}-01" if isinstance(value, str) and len(value) == len("2025-03") else value
    return _day(text, path).replace(day=1)


def _flag(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    text = _text(value, path).lower()
    if text not in _TRUE + _FALSE:
        raise BadFacts(path, "true or false")
    return text in _TRUE


def _decimal(value: Any, path: str) -> Decimal:
    if isinstance(value, bool | float):
        raise BadFacts(path, "a decimal number", "as text; never a binary float")
    try:
        number = Decimal(value) if isinstance(value, int | Decimal) else Decimal(_text(value, path))
    except InvalidOperation:
        raise BadFacts(path, "a decimal number", "as 123456.78") from None
    if not number.is_finite():
        raise BadFacts(path, "a decimal number")
    return number


def _money(value: Any, path: str) -> Decimal:
    number = _decimal(value, path)
    if number < 0:
        raise BadFacts(path, "money is not negative")
    if number > _LARGEST_MONEY or number != round(number, 2):
        raise BadFacts(path, "money in tenge and tiyn", "at most two decimals")
    return number


def _count(value: Any, path: str) -> int:
    number = _decimal(value, path)
    if number != number.to_integral_value() or not 0 <= number <= 10_000:
        raise BadFacts(path, "a whole number, not negative")
    return int(number)


def _order(value: Any, path: str) -> int:
    order = _count(value, path)
    if not 1 <= order <= 40:
        raise BadFacts(path, "a birth order from 1")
    return order


def _share(value: Any, path: str) -> Decimal:
    number = _decimal(value, path)
    if not 0 <= number <= 1:
        raise BadFacts(path, "a share from 0 to 1", "0.30 for 30 %")
    return number


def _iin(value: Any, path: str) -> Any:
    if isinstance(value, Unreadable):  # in a list of numbers
        return value
    text = _text(value, path)
    try:
        read_iin(text)
    except BadIin as error:
        raise BadFacts(path, "an IIN", error.rule) from None
    return text


def _code_of(known: type[StrEnum]) -> Reader:
    def read(value: Any, path: str) -> StrEnum:
        try:
            return known(str(value))
        except ValueError:
            raise BadFacts(path, "a known code", "one of " + ", ".join(known)) from None

    return read


def _sex(value: Any, path: str) -> str:
    if value not in ("female", "male"):
        raise BadFacts(path, "a known code", "one of female, male")
    return str(value)


def _each(read: Reader) -> Reader:
    def read_all(value: Any, path: str) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise BadFacts(path, "a list")
        return tuple(read(one, f"{path}[{index}]") for index, one in enumerate(value))

    return read_all


def _object(shape: type) -> Reader:
    def read(value: Any, path: str) -> Any:
        if not isinstance(value, Mapping):
            raise BadFacts(path, "a mapping of fields")
        return shape(**_fields(shape, value, path + "."))

    return read


def _fields(shape: type, mapping: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The fields of one class, each read by its kind. A person's birth date and sex may come from the IIN."""
    readers = _SHAPES[shape]
    for key in mapping:
        if key not in readers and key not in NOT_FACTS:
            raise BadFacts(f"{prefix}{key}", "an unknown field", "one of " + ", ".join(readers))
    values: dict[str, Any] = {}
    for field in fields(shape):
        path, given = prefix + field.name, mapping.get(field.name)
        if isinstance(given, Unreadable):
            values[field.name] = given
        elif given is not None and given != "" and given != "null":
            values[field.name] = readers[field.name](given, path)
        elif held := _in_the_iin(field.name, values.get("iin")):
            values[field.name] = held
        elif (shape, field.name) in _MAY_BE_UNKNOWN and (field.name in mapping or field.default is MISSING):
            values[field.name] = None
        elif field.default is MISSING or (field.name in mapping and field.default is not None):
            raise BadFacts(path, "required")
    return values


def _in_the_iin(field: str, iin: Any) -> Any:
    """What a person's IIN says of the field; None where it says nothing of it."""
    return getattr(read_iin(iin), field) if field in ("birth_date", "sex") and isinstance(iin, str) else None


_MAY_BE_UNKNOWN = {(f.Disability, "until"), (f.Payment, "until"), (f.CapacityLoss, "until"), (f.Pension, "until")}
_MAY_BE_UNKNOWN |= {(Household, "income"), (f.Insurance, "contribution_months"), (f.Child, "iin")}
"""Fields that may be given empty though their class has no empty default: open ends, an income that is not known, a
child without a number."""

_PERSON: dict[str, Reader] = {"iin": _iin, "birth_date": _day, "sex": _sex}

_SHAPES: dict[type, dict[str, Reader]] = {
    f.Adult: {
        **_PERSON,
        "citizenship": _code_of(codes.Citizenship),
        "permanent_resident": _flag,
        "region": _text,
        "died_on": _day,
        "imprisoned_since": _day,
        "left_country_on": _day,
        "missing_since": _day,
        "citizenship_lost_on": _day,
        "released_on": _day,
        "returned_on": _day,
        "found_on": _day,
    },
    f.Child: {
        **_PERSON,
        "mother_iin": _iin,
        "father_iin": _iin,
        "born_alive": _flag,
        "birth_order": _order,
        "relation": _code_of(codes.Relation),
        "lives_with": _iin,
        "died_on": _day,
        "full_time_student_until": _day,
        "birth_record": _text,
        "taken_on": _day,
        "carer_iin": _iin,
        "counted_elsewhere": _flag,
        "carer_since": _day,
        "lives_with_since": _day,
        "lived_with_before": _iin,
        "state_care_since": _day,
        "left_state_care_on": _day,
    },
    f.Disability: {
        "iin": _iin,
        "number": _text,
        "group": _code_of(codes.Group),
        "cause": _code_of(codes.Cause),
        "from_date": _day,
        "until": _day,
        "decided_on": _day,
    },
    f.Payment: {
        "service": _text,
        "basis": _text,
        "from_date": _day,
        "until": _day,
        "state": _code_of(codes.PaymentState),
        "iin": _iin,
    },
    f.Award: {"iin": _iin, "kind": _text, "awarded_on": _day, "number": _text},
    f.Income: {"from_month": _month, "until_month": _month, "amount": _money},
    f.CapacityLoss: {
        "iin": _iin,
        "number": _text,
        "degree": _share,
        "from_date": _day,
        "until": _day,
        "decided_on": _day,
    },
    f.Unemployment: {"iin": _iin, "number": _text, "registered_on": _day, "deregistered_on": _day},
    f.Dependant: {
        "iin": _iin,
        "birth_date": _day,
        "relation": _code_of(codes.DependantRelation),
        "full_time_student_until": _day,
        "disabled_before_18": _flag,
        "full_orphan": _flag,
        "cares_for": _day,
        "sex": _sex,
        "disabled": _flag,
        "disabled_until": _day,
        "able_bodied_parents": _flag,
        "gets_alimony": _flag,
        "works": _flag,
    },
    f.Burial: {"death_record": _text, "died_on": _day, "status": _code_of(codes.DeceasedStatus), "buried_by": _iin},
    Household: {
        "quarter": _month,
        "income": _money,
        "members": _each(_iin),
        "able_bodied": _count,
        "contract_signed_on": _day,
        "contract_breached_on": _day,
        "incomes": _each(_object(HouseholdIncome)),
        "imputed_spending": _money,
        "consumer_credits": _money,
    },
    HouseholdIncome: {"kind": _code_of(codes.IncomeKind), "amount": _money},
    f.Pension: {
        "iin": _iin,
        "number": _text,
        "amount": _money,
        "from_date": _day,
        "until": _day,
        "decided_on": _day,
    },
    f.KandasStatus: {"iin": _iin, "number": _text, "from_date": _day, "until": _day, "decided_on": _day},
}
_SHAPES[f.Insurance] = {
    "iin": _iin,
    "contribution_months": _count,
    "counted_on": _day,
    "incomes": _each(_object(f.Income)),
    "job_loss_months_paid": _count,
}
_SHAPES[f.Breadwinner] = {
    "iin": _iin,
    "died_on": _day,
    "death_record": _text,
    "dependants": _each(_object(f.Dependant)),
}
_SHAPES[Facts] = {
    "as_at": _day,
    "applicant": _iin,
    "adults": _each(_object(f.Adult)),
    "children": _each(_object(f.Child)),
    "disabilities": _each(_object(f.Disability)),
    "payments": _each(_object(f.Payment)),
    "awards": _each(_object(f.Award)),
    "insurances": _each(_object(f.Insurance)),
    "capacity_losses": _each(_object(f.CapacityLoss)),
    "unemployments": _each(_object(f.Unemployment)),
    "breadwinners": _each(_object(f.Breadwinner)),
    "burials": _each(_object(f.Burial)),
    "household": _object(Household),
    "pensions": _each(_object(f.Pension)),
    "kandas_statuses": _each(_object(f.KandasStatus)),
}
