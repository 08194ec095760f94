"""Runs every case that lawyers wrote, and checks that each service has its cases."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

import benefits
from benefits import Decision, assess
from tests.law.casebook import CASES, LawCase, read_cases

EXPECTED = {
    "right",
    "amount",
    "gross",
    "withheld",
    "net",
    "failed",
    "question",
    "from",
    "until",
    "payer",
    "parts",
    "trace",
}


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case.name}")
        for path in sorted(CASES.glob("*.yaml"))
        for case in read_cases(path)
    ]


@pytest.mark.parametrize("case", _cases())
def test_case(case: LawCase) -> None:
    decision = assess(case.service, case.facts, case.on, basis=case.about)
    assert set(case.expect) <= EXPECTED, "an expectation that the runner does not know"
    answered = {key: _answer(decision, key, wanted) for key, wanted in case.expect.items()}
    assert answered == {key: _wanted(key, wanted) for key, wanted in case.expect.items()}
    assert assess(case.service, case.facts, case.on, trace=False, basis=case.about).net == decision.net


@pytest.mark.parametrize("code", [service.code for service in benefits.services(every=True)])
def test_each_service_has_at_least_eight_cases_with_yes_and_no(code: str) -> None:
    cases = read_cases(CASES / f"{code}.yaml")
    rights = {case.expect["right"] for case in cases}
    assert len(cases) >= 8
    assert {"yes", "no"} <= rights
    assert len({case.name for case in cases}) == len(cases)


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
        case "payer":
            return decision.payer
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
    if key in ("trace", "parts"):
        return {code: _number(value) for code, value in wanted.items()}
    return wanted


def _number(value: str) -> Decimal | str:
    try:
        return Decimal(value)
    except ArithmeticError:
        return value
