"""What changes for whom: the same families, on the same day, by two laws that differ in their values alone.

The day and the facts stay, so that no birthday passes for a change of the law. For analysts; it decides nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from benefits.catalogue import Benefit, benefit, instead, load, region_folders
from benefits.dated import DatedValue, ParameterFile
from benefits.decision import ZERO, Decision, Right
from benefits.facts import Facts
from benefits.family import Claim, assess_family
from benefits.legislation import COMMON, Legislation
from benefits.listing import Change, differences
from benefits.parameter_file import read_parameter_file
from benefits.regions import with_lines
from benefits.terms import ONE_DAY

Law = Mapping[str, Benefit]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a decision comes to: the right, net tenge (zero unless "yes"), and why not or what is asked. `open` is what
    is asked beside a "yes", of which the tenge are only what is certain.
    """

    right: Right
    net: Decimal = ZERO
    why: str | None = None
    open: str | None = None

    @classmethod
    def of(cls, decision: Decision) -> "Answer":
        why = decision.failed or decision.asked
        code, yes = why.code if why else None, decision.right is Right.YES
        return cls(decision.right, decision.net, None if yes else code, code if yes else None)

    def less(self, other: "Answer") -> Decimal | None:
        """How many net tenge this is more than the other; None where a person has to decide on one side, or where a
        part is open on one side and not on the other.
        """
        asked = Right.PERSON_DECIDES in (self.right, other.right) or self.open != other.open
        return None if asked else self.net - other.net

    def to_dict(self) -> dict[str, Any]:
        return {"right": str(self.right), "net": format(self.net, ".2f"), "why": self.why, "open": self.open}


_NOTHING = Answer(Right.NO)


@dataclass(frozen=True, slots=True)
class ForWhom:
    """A right of a family that comes out otherwise. An answer is None where the law does not hold the service."""

    family: str
    code: str
    before: Answer | None
    after: Answer | None

    @property
    def difference(self) -> Decimal | None:
        """Net tenge, for each payment; None where a person has to decide on one side, if only on a part."""
        return (self.after or _NOTHING).less(self.before or _NOTHING)

    def to_dict(self) -> dict[str, Any]:
        difference = self.difference
        return {
            "family": self.family,
            "code": self.code,
            "before": self.before.to_dict() if self.before else None,
            "after": self.after.to_dict() if self.after else None,
            "difference": None if difference is None else format(difference, ".2f"),
        }


def law_with(path: Path) -> Law:
    """The law with the values of this file in the place of those of the same service, or of all services.

    Raises BadParameters, UnknownService, or OSError when the file cannot be read.
    """
    file = read_parameter_file(path)
    if file.service != COMMON:
        there = benefit(file.service)
        common = there.legislation.common
        filled = with_lines(file, common, there.rule.takes, region_folders())
        return {**load(), file.service: _by(there, filled, common)}
    return {code: _by(there, there.legislation.own, file) for code, there in load().items()}


def law_without_changes(first: date, last: date) -> Law:
    """The law in which the values in force on `first` go on, and nothing has changed until `last`; without the
    services that only began between them.
    """
    return {
        code: _by(there, _unchanged(law.own, first, last), _unchanged(law.common, first, last))
        for code, there in load().items()
        if (law := there.legislation).first_day <= first
    }


def values_changed(law: Law, on: date) -> tuple[Change, ...]:
    """The values that differ on the day between the law there is and this one; those that services share once."""
    found = {
        change.code: change
        for code, other in law.items()
        if other is not load()[code]
        for change in differences(load()[code].legislation, other.legislation, on)
    }
    return tuple(found[code] for code in sorted(found, key=lambda code: (not code.startswith(f"{COMMON}."), code)))


def for_whom(families: Mapping[str, Facts], on: date, *, before: Law, after: Law) -> tuple[ForWhom, ...]:
    """Every right of these families that comes out otherwise on the day by the one law than by the other.

    Families without an applicant born by that day have none. Raises BadFacts for a day before the first parameter.
    """
    found: list[ForWhom] = []
    for name, facts in families.items():
        if on < facts.applicant.birth_date:
            continue
        was, will = _claims(facts, on, before), _claims(facts, on, after)
        for code in sorted({code for code, _ in was.keys() | will.keys()}):
            found += _of_service(name, code, was, will)
    return tuple(found)


Claims = dict[tuple[str, str | None], Claim]


def _claims(facts: Facts, on: date, law: Law) -> Claims:
    with instead(law):
        claims = assess_family(facts, on, trace=False).claims
    return {(claim.decision.code, claim.decision.basis): claim for claim in claims}


def _of_service(family: str, code: str, was: Claims, will: Claims) -> list[ForWhom]:
    bases = {basis for service, basis in was.keys() | will.keys() if service == code}
    found = []
    for basis in sorted(bases - {None} or bases, key=str):
        # Where only one law finds something for a right to rest on, the other's answer is that there is nothing.
        sides = [side.get((code, basis)) or side.get((code, None)) for side in (was, will)]
        before, after = (None if one is None else Answer.of(one.decision) for one in sides)
        if before != after:
            found.append(ForWhom(family, code, before, after))
    return found


def _by(there: Benefit, own: ParameterFile, common: ParameterFile) -> Benefit:
    law = there.legislation
    return Benefit(there.rule, Legislation(own, common, law.takes, law.must_state))


def _unchanged(file: ParameterFile, first: date, last: date) -> ParameterFile:
    # A constant of a budget law that goes on is no law: that it ends is asked of what is entered, and not here.
    parameters = {
        name: replace(
            one, series={key: _without(values, first, last) for key, values in one.series.items()}, yearly=False
        )
        for name, one in file.parameters.items()
    }
    return replace(file, parameters=parameters)


def _without(values: tuple[DatedValue, ...], first: date, last: date) -> tuple[DatedValue, ...]:
    """What is in force on `first` goes on until the first change after `last`."""
    before = [value for value in values if value.since <= first]
    after = [value for value in values if value.since > last]
    if before and (before[-1].until is None or before[-1].until >= first):
        before[-1] = replace(before[-1], until=after[0].since - ONE_DAY if after else None)
    return (*before, *after)
