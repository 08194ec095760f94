"""Which values of the law end, and when: a budget law ends with its year, and the next has to be entered before. And
which regions have no figures for a quarter.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from benefits.catalogue import load
from benefits.codes import Region
from benefits.dated import FORECAST, DatedValue, Parameter
from benefits.notices.due import laws
from benefits.regions import quarter_name
from benefits.terms import ONE_DAY, quarter_of
from benefits.texts import Texts

WARNED = timedelta(days=60)
"""So long before a value ends operators are told of it."""

WARNED_OF_QUARTER = timedelta(days=30)
"""So long before a quarter operators are told of regions without figures for it: earlier the ministry has none."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A value that is law until `last` and has no successor that is law; `forecast` is what is announced instead.

    `code` is e.g. `common.mrp` or `childcare.rate[2]`; `services` those, and the notices, whose rule or steps read it.
    Of what is announced alone, and never was law, `value` is empty.
    """

    code: str
    label: Texts
    value: str
    unit: str
    last: date
    forecast: str | None
    services: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "label": self.label.to_dict(),
            "value": self.value,
            "unit": self.unit,
            "last": self.last.isoformat(),
            "forecast": self.forecast,
            "services": list(self.services),
        }


def endings(before: date) -> tuple[Ending, ...]:
    """Every value that ends before the day and is followed by no law, the earliest first; also those that have ended.

    Among them are the terms of procedure: what is no law any more goes on by them, for a right may not end by a missing
    term, and somebody has to know. Of parameters that may have gaps those too: their rule asks, or goes without. What
    regions have by the quarter is told by `undecided_in`.
    """
    found: dict[str, Ending] = {}
    services = {code: one.legislation for code, one in load().items()}
    for service, law in sorted({**laws(), **services}.items()):
        for name in law.taken:
            if law.takes.rows.get(name) is Region:
                continue
            parameter, owner = law.parameters[name]
            for key, values in parameter.series.items():
                code = f"{owner}.{name}" + ("" if key is None else f"[{key}]")
                if code in found:
                    found[code] = _with(found[code], service)
                elif (ending := _ending(code, law.label(name), parameter, values, service)) and ending.last < before:
                    found[code] = ending
    return tuple(sorted(found.values(), key=lambda ending: (ending.last, ending.code)))


@dataclass(frozen=True, slots=True)
class Undecided:
    """The regions whose figures are missing for a quarter: there a person decides every case of the service."""

    service: str
    names: Texts
    quarter: date
    regions: dict[str, Texts]
    of: int = len(Region)

    def to_dict(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "names": self.names.to_dict(),
            "quarter": quarter_name(self.quarter),
            "regions": {code: names.to_dict() for code, names in self.regions.items()},
            "of": self.of,
        }


def undecided_in(on: date) -> tuple[Undecided, ...]:
    """Of each service by region the regions whose figures are missing for the quarter of the day, which may be none.

    Raises BadFacts for a day before the first parameter.
    """
    found = []
    for code, one in sorted(load().items()):
        if one.rule.undecided_in is not None:
            missing = one.rule.undecided_in(one.legislation, on)
            named = {region: one.legislation.text("words", region) for region in missing}
            found.append(Undecided(code, one.service(on).names, quarter_of(on), named))
    return tuple(found)


def _ending(
    code: str, label: Texts, parameter: Parameter, values: tuple[DatedValue, ...], service: str
) -> Ending | None:
    law = [value for value in values if value.stands_in is None]
    after = values[len(law) :]
    if parameter.optional and law and law[-1].until is not None:
        last = law[-1].until  # nothing stands in for it
    elif after:
        last = after[0].since - ONE_DAY
    else:
        return None
    announced = next((shown(value) for value in after if value.stands_in == FORECAST), None)
    value = shown(law[-1]) if law else ""
    return Ending(code, label, value, parameter.unit, last, announced, (service,))


def _with(ending: Ending, service: str) -> Ending:
    return replace(ending, services=tuple(dict.fromkeys((*ending.services, service))))


def shown(value: DatedValue) -> str:
    """The bare value: a number, a word, or words in their order."""
    held = value.value
    if isinstance(held, Decimal):
        return format(held, "f")
    return held if isinstance(held, str) else " ".join(sorted(held))
