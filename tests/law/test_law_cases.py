"""Runs every case that lawyers wrote, and checks that each service has its cases."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import benefits
from benefits import Decision, Right, assess, assess_all, schedule
from benefits.facts import read_facts_file
from benefits.yaml_file import read_yaml
from tests.law.casebook import CASES, FAMILIES, TWELFTH, LawCase, read_cases

OF_THE_MONEY = {"amount", "gross", "withheld", "net", "payer", "parts"}
EXPECTED = OF_THE_MONEY | {"right", "failed", "question", "basis", "from", "until", "decider", "suspended", "trace"}
OF_ALL = "each"
OF_THE_SCHEDULE = {"months", "schedule", "next_review", "stop"}


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case.name}")
        for path in sorted(CASES.glob("*.yaml"))
        for case in read_cases(path)
    ]


@pytest.mark.parametrize("case", _cases())
def test_case(case: LawCase) -> None:
    check(case)


def test_the_cases_of_the_twelfth_benefit() -> None:
    """A benefit in a directory of its own brings its cases along."""
    benefits.add_directory(TWELFTH)
    try:
        for case in read_cases(TWELFTH / "cases" / "first-bicycle.yaml"):
            check(case)
    finally:
        benefits.remove_directory(TWELFTH)


def check(case: LawCase) -> None:
    """Fails unless the law answers the case as it expects, with and without a trace."""
    decision = assess(case.service, case.facts, case.on, basis=case.about)
    assert set(case.expect) <= EXPECTED | OF_THE_SCHEDULE | {OF_ALL}, "an expectation that the runner does not know"
    expected = {key: wanted for key, wanted in case.expect.items() if key in EXPECTED}
    answered = {key: _answer(decision, key, wanted) for key, wanted in expected.items()}
    assert answered == {key: _wanted(key, wanted) for key, wanted in expected.items()}
    assert assess(case.service, case.facts, case.on, trace=False, basis=case.about).net == decision.net
    if OF_ALL in case.expect:
        assert [one.basis for one in benefits.assess_each(case.service, case.facts, case.on)] == case.expect[OF_ALL]


@pytest.mark.parametrize("case", [case for case in _cases() if OF_THE_SCHEDULE & set(case.values[0].expect)])
def test_months_of_a_case(case: LawCase) -> None:
    found = schedule(case.service, case.facts, case.on, basis=case.about)
    months = {f"{month.month:%Y-%m}": month.net for month in found.months}
    wanted = case.expect
    assert len(months) == int(wanted.get("months", len(months)))
    assert {month: months.get(month) for month in wanted.get("schedule", {})} == {
        month: Decimal(amount) for month, amount in wanted.get("schedule", {}).items()
    }
    if "stop" in wanted:
        stop = found.stop
        told = "none" if stop is None else f"{stop.since} {stop.reason.code}{' suspends' if stop.suspends else ''}"
        assert told == wanted["stop"]
    if "next_review" in wanted:
        assert found.next_review == date.fromisoformat(wanted["next_review"])


@pytest.mark.parametrize("code", [service.code for service in benefits.services(every=True)])
def test_each_service_has_at_least_eight_cases_with_yes_and_no(code: str) -> None:
    cases = read_cases(CASES / f"{code}.yaml")
    rights = {case.expect["right"] for case in cases}
    assert len(cases) >= 8
    assert {"yes", "no"} <= rights
    assert len({case.name for case in cases}) == len(cases)


@pytest.mark.parametrize("path", sorted(FAMILIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_whole_card_of_an_example_family(path: Path) -> None:
    facts = read_facts_file(path)
    rights = {one.code: one.net for one in assess_all(facts, facts.as_at) if one.right is Right.YES}
    stated = read_yaml(path)["rights"]
    assert rights == {code: Decimal(net) for code, net in stated.items()}, f"{path.name} states another card"


def _answer(decision: Decision, key: str, wanted: Any) -> Any:
    match key:
        case "right":
            return str(decision.right)
        case "amount":
            return decision.net if decision.withheld == 0 else f"withheld {decision.withheld}: expect gross and net"
        case "gross" | "withheld" | "net":
            return getattr(decision, key)
        case "failed":
            return decision.failed.code if decision.failed else None
        case "question":
            return decision.asked.code if decision.asked else None
        case "from":
            return decision.start.isoformat()
        case "until":
            return decision.until.isoformat() if decision.until else "open"
        case "suspended":
            return decision.suspended.since.isoformat() if decision.suspended else "none"
        case "payer" | "decider" | "basis":
            return getattr(decision, key)
        case "parts":
            return {part.code: part.gross for part in decision.parts}
        case _:
            return _traced(decision, wanted)


def _traced(decision: Decision, wanted: Mapping[str, str]) -> dict[str, Any]:
    """The values in the trace for the codes that the case names."""
    found = {line.code: line.value for line in decision.trace}
    return {code: found.get(code) for code in wanted}


def _wanted(key: str, wanted: Any) -> Any:
    if key in ("amount", "gross", "withheld", "net"):
        return Decimal(wanted)
    if key == "question" and wanted == "none":
        return None
    if key in ("trace", "parts"):
        return {code: _number(value) for code, value in wanted.items()}
    return wanted


def _number(value: str) -> Decimal | str:
    try:
        return Decimal(value)
    except ArithmeticError:
        return value
