"""The trace of every case: each figure has a name, its unit and arithmetic that comes out, each right its ground."""

import json
import re
from datetime import date
from decimal import ROUND_CEILING, Decimal

import pytest

import benefits
from benefits import LANGUAGES, Decision, Right, TraceKind, TraceLine, assess, assess_all, assess_each
from benefits.catalogue import benefit
from benefits.decision import UNITS_IN_WORDS
from benefits.facts import read_facts
from benefits.parameter_file import UNITS
from tests.law.casebook import CASES, family_mapping, read_cases

FIGURES = {
    "additions": ("tenge", True),
    "amount": ("tenge", False),
    "amount_budget": ("tenge", False),
    "average_income": ("tenge", True),
    "birth_order": ("children", False),
    "children_counted": ("children", False),
    "contribution_months": ("months", False),
    "degree": ("ratio", False),
    "dependants": ("people", False),
    "dependants_fund": ("people", False),
    "exact": ("tenge", True),
    "exact_budget": ("tenge", True),
    "exact_fund": ("tenge", True),
    "income_per_head": ("tenge", True),
    "income_that_counts": ("tenge", True),
    "income_total": ("tenge", False),
    "least": ("tenge", True),
    "line": ("tenge", False),
    "members": ("people", False),
    "months_of_payment": ("months", False),
    "most": ("tenge", True),
    "participation_left": ("months", True),
    "participation_used": ("ratio", True),
    "rate_for_all": ("MRP", True),
    "for_all_orphans": ("tenge", True),
    "right_arose": ("date", False),
    "withheld": ("tenge", True),
    "young_children": ("children", False),
}
"""The unit of each figure, and whether its arithmetic is shown."""

BOUNDED = {"participation_left": "0", "participation_used": "1.3"}
"""Figures that stop at a bound: beyond it they are no outcome of arithmetic, and none is shown."""

OF_THE_MINISTRY = {"line_by", "line_of_pm", "line_of_median", "region_pm", "region_median_income"}
"""What makes a poverty line of the figures of a region; the sources hold none (`test_regional_line`)."""

OF_THE_CASE = {
    "payer", "decider", "frequency", "offered", "events", "consent_window_days", "reminder_after_days",
    "late_reply_days", "account_days", "term_working_days", "document_days",
    "again_after_days", "most_offers", "follows_changes", "appeal",
}  # fmt: skip
"""Parameters of how a case runs: no decision rests on them."""

WITHOUT_GROUND = {"applicant_died", "imprisoned", "left_country", "not_permanent_resident", "nothing_with_this_basis"}
ALL_CASES = [case for path in sorted(CASES.glob("*.yaml")) for case in read_cases(path)]


def _decisions(code: str | None = None) -> list[Decision]:
    """Every decision of the cases, of one service or of all; reckoned anew by each test."""
    return [
        decision
        for case in ALL_CASES
        if code in (None, case.service)
        for decision in assess_each(case.service, case.facts, case.on)
    ]


def _figures(decision: Decision) -> list[TraceLine]:
    return [line for line in decision.trace if line.kind is TraceKind.FIGURE]


def test_every_figure_is_in_its_unit_and_shows_its_arithmetic() -> None:
    seen = set()
    for decision in _decisions():
        for line in _figures(decision):
            seen.add(line.code)
            # A figure that a new benefit brings needs no entry: its own unit is one that there is.
            unit, shown = FIGURES.get(line.code, (line.unit, line.how is not None))
            assert line.unit == unit, line.code
            assert unit in {*UNITS, "date"}, line.code
            if line.code not in BOUNDED or line.value != Decimal(BOUNDED[line.code]):
                assert (line.how is not None) == shown, (line.code, line.how)
    assert seen >= FIGURES.keys() - {"line"}, "of a region: the sources hold none"


def test_a_figure_that_just_reaches_its_bound_shows_its_arithmetic() -> None:
    lines = [line for decision in _decisions("job-loss") for line in _figures(decision) if line.code in BOUNDED]
    at_bound = {(line.code, line.how) for line in lines if line.value == Decimal(BOUNDED[line.code])}
    assert at_bound >= {("participation_left", "12 - 12 × 1"), ("participation_left", None)}
    assert at_bound >= {("participation_used", "1.0 + 0.02 × 15"), ("participation_used", None)}


def test_the_arithmetic_comes_out() -> None:
    for decision in _decisions():
        for line in _figures(decision):
            if line.how is None:
                continue
            assert isinstance(line.value, Decimal)
            difference = line.value - _reckon(line.how)
            assert abs(difference) < Decimal("1e-15") or (line.code == "least" and 0 <= difference < 1), line


def _reckon(how: str) -> Decimal:
    """The outcome of arithmetic as a trace shows it: numbers, + - × ÷ and parentheses, apart by spaces."""
    assert re.fullmatch(r"[-+×÷() 0-9.]+", how)
    python = re.sub(r"[0-9.]+", lambda number: f"Decimal('{number[0]}')", how).replace("×", "*").replace("÷", "/")
    outcome: Decimal = eval(python, {"Decimal": Decimal})  # noqa: S307 - nothing but numbers and signs
    return outcome


def test_the_wages_behind_a_capped_income_are_told_once() -> None:
    for decision in _decisions():
        wages = [line.since for line in decision.trace if line.code == "common.mzp"]
        assert len(set(wages)) == len(wages)
        if any(line.code == "income_total" for line in decision.trace):
            assert wages, decision


def test_a_wage_beside_the_months_of_income_is_not_told() -> None:
    """Lost in January 2025, so the income of 2023 and 2024 counts: the wage of 2025 caps none of it."""
    registration = {"of": "mother", "number": "U-1", "registered_on": "2025-01-15"}
    income = {"from_month": "2021-01", "until_month": "2025-01", "amount": "300000"}
    insurance = {"of": "mother", "contribution_months": "60", "counted_on": "2025-01-15", "incomes": [income]}
    family = {"mother": "1980-05-05", "unemployments": [registration], "insurances": [insurance]}
    decision = assess("job-loss", read_facts(family_mapping(family, "2025-01-20")), date(2025, 1, 20))
    assert [line.since for line in decision.trace if line.code == "common.mzp"] == [date(2023, 1, 1), date(2024, 1, 1)]
    assert [part.code for part in decision.parts] == ["job-loss"]


def test_every_decision_survives_json() -> None:
    for decision in _decisions():
        assert Decision.from_dict(json.loads(json.dumps(decision.to_dict()))) == decision


def test_no_number_is_written_with_an_exponent() -> None:
    lines = [line for decision in _decisions() for line in decision.to_dict()["trace"]]
    numbers = {line["value"] for line in lines if line["unit"] not in UNITS_IN_WORDS}
    assert any(format(Decimal(number).normalize()) != number for number in numbers)
    assert all(re.fullmatch(r"-?[0-9]+([.][0-9]+)?", number) for number in numbers)
    assert TraceLine(TraceKind.FIGURE, "exact", Decimal("1E+2"), "tenge").to_dict()["value"] == "100"


def test_a_decision_as_json_holds_everything_that_a_case_needs() -> None:
    (decision,) = [one for one in _decisions("burial") if one.right is Right.YES][:1]
    written = decision.to_dict()
    assert {**written, "trace": []} == {
        "code": "burial",
        "on": decision.on.isoformat(),
        "right": "yes",
        "failed": None,
        "asked": None,
        "suspended": None,
        "question": None,
        "basis": decision.basis,
        "gross": f"{decision.gross}.00",
        "withheld": "0.00",
        "net": f"{decision.net}.00",
        "frequency": "once",
        "start": decision.start.isoformat(),
        "until": None,
        "payer": "budget",
        "decider": "corporation",
        "parts": [
            {
                "code": "burial",
                "payer": "budget",
                "gross": f"{decision.gross}.00",
                "withheld": "0.00",
                "net": f"{decision.net}.00",
            }
        ],
        "trace": [],
    }
    (mrp,) = [line for line in written["trace"] if line["code"] == "common.mrp"]
    assert mrp == {
        "kind": "parameter",
        "code": "common.mrp",
        "value": "3932",
        "unit": "tenge",
        "since": "2025-01-01",
        "reference": "budget-law-2025",
        "ground": "Law on the republican budget for 2025–2027",
        "mark": "P",
        "status": None,
        "how": None,
    }
    asked = next(one for one in _decisions("childbirth") if one.asked is not None)
    assert asked.to_dict()["question"] == asked.question
    assert asked.to_dict()["asked"]["code"]


def test_without_a_trace_the_decisions_are_the_same() -> None:
    for case in ALL_CASES:
        bare = assess_each(case.service, case.facts, case.on, trace=False)
        assert bare == tuple(one._replace(trace=()) for one in assess_each(case.service, case.facts, case.on))
        card = assess_all(case.facts, case.on, trace=False)
        assert not any(one.trace for one in card)
        assert card == assess_all(case.facts, case.on, trace=False, every=True)


def test_every_figure_has_a_name_in_each_language() -> None:
    for decision in _decisions():
        for line in _figures(decision):
            names = benefit(decision.code).legislation.text("figures", line.code)
            assert all(names[language] != line.code for language in LANGUAGES), (decision.code, line.code)


def test_every_condition_and_question_has_a_text_in_each_language() -> None:
    for decision in _decisions():
        told = decision.failed or decision.asked
        assert told is not None or decision.right is Right.YES  # a yes may leave a further part open
        assert told is None or all(told.names[language] != told.code for language in LANGUAGES), told


def test_whatever_a_decision_is_about_has_a_ground() -> None:
    for decision in _decisions():
        without = WITHOUT_GROUND | {benefit(decision.code).rule.nothing}
        if decision.failed is None or decision.failed.code not in without:
            assert decision.basis, decision


@pytest.mark.parametrize("code", [service.code for service in benefits.services(every=True)])
def test_every_parameter_of_the_law_is_used_and_traced(code: str) -> None:
    own = set(benefit(code).legislation.own.parameters) - OF_THE_CASE - OF_THE_MINISTRY
    traced = {line.code for decision in _decisions(code) for line in decision.trace}
    assert {f"{code}.{name}" for name in own} == {_bare(one) for one in traced if one.startswith(f"{code}.")}


def test_parameters_are_traced_before_the_figures_that_need_them() -> None:
    for decision in _decisions():
        if decision.right is not Right.YES:
            continue
        codes = [_bare(line.code) for line in decision.trace]
        if "amount" in codes:
            assert codes.index(f"{decision.code}.rounding") < codes.index("amount")
        figures = [line.value for line in _figures(decision) if isinstance(line.value, Decimal)]
        rounded = {figure.to_integral_value(ROUND_CEILING) for figure in figures}
        assert {part.gross for part in decision.parts} <= rounded, "every amount is a figure of the trace"
        assert all(isinstance(line.value, str) == (line.unit in UNITS_IN_WORDS) for line in decision.trace)


def _bare(code: str) -> str:
    return code.partition("[")[0]


def test_what_suspends_a_right_is_told_with_its_ground() -> None:
    """Of the budget's payments no text was found: a suspension says so, as every figure does."""
    family = {"mother": {"born": "1995-05-05", "missing_since": "2025-01-10"}, "children": ["2025-03-02"]}
    decision = assess("childcare", read_facts(family_mapping(family, "2025-03-05")), date(2025, 3, 5))
    assert decision.suspended is not None
    (told,) = [line for line in decision.trace if line.code.endswith(".suspended_by")]
    assert told.unverified
