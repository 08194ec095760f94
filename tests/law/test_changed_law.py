"""A change of the law is a change of data: parameters are changed here, no rule is, and the decisions follow.

The changes are invented; the files of parameters stay as they are.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from benefits import BadFacts, BadParameters, Decision, Facts, Right, assess, notices_due, schedule
from benefits import catalogue as services_known
from benefits.assessment import Assessment, Finding, Money
from benefits.catalogue import PARAMETERS, Benefit, benefit, instead, read_legislation
from benefits.facts import read_facts
from benefits.legislation import TERMS, Legislation
from benefits.notices import due as notices_known
from benefits.notices import employment, pension
from benefits.notices.notice import NoticeRule
from benefits.parameter_file import read_parameter_file
from benefits.takes import Takes
from benefits.what_if import law_with
from benefits.worklist import BEGINS, ahead_of
from starter import app
from tests.law.another_law import begun_on, copy_of
from tests.law.casebook import family_mapping

Change = Callable[..., None]
TWENTY_FOUR_MONTHS = {"from_month": "2021-01", "until_month": "2025-03", "amount": "300000"}


def _changed(folder: Path, path: Path, parameters: str) -> Path:
    """A copy of a parameter file with parameters replaced by these, or added."""
    text = path.read_text(encoding="utf-8")
    for name in [line[2:-1] for line in parameters.splitlines() if line.startswith("  ") and line[2] != " "]:
        begin = text.find(f"\n  {name}:\n") + 1
        if begin:
            lines = text[begin:].splitlines(keepends=True)
            end = next(n for n, line in enumerate(lines[1:], 1) if not line.startswith("    "))
            text = text[:begin] + "".join(lines[end:])
    copy = folder / path.name
    copy.write_text(text.replace("\nparameters:\n", f"\nparameters:\n{parameters}", 1), encoding="utf-8")
    return copy


def _parameter(name: str, value: str, unit: str = "choice") -> str:
    dated = f"2023-01-01: {{value: {value}, reference: no-text-found, mark: C}}"
    return f"  {name}:\n    unit: {unit}\n    values:\n      {dated}\n"


def _each_year(first: int, last: int, value: str) -> str:
    """A constant of the budget laws of these years."""
    years = range(first, last + 1)
    return "".join(f"      {year}-01-01: {{value: {value}, reference: no-text-found, mark: C}}\n" for year in years)


def _notice_law(path: Path, rule: NoticeRule) -> Legislation:
    common = read_parameter_file(PARAMETERS / "common.yaml")
    return read_legislation(path, common, rule.takes | Takes("events:codes"), must_state=())


@pytest.fixture
def change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    """Changes parameters of a service for the time of a test."""

    def act(code: str, *parameters: str) -> None:
        path = _changed(tmp_path, PARAMETERS / f"{code}.yaml", "".join(parameters))
        common = read_parameter_file(PARAMETERS / "common.yaml")
        rule = benefit(code).rule
        law = read_legislation(path, common, rule.takes | TERMS)
        monkeypatch.setitem(services_known._benefits, code, Benefit(rule, law))

    return act


def _facts(on: str, family: dict[str, Any]) -> Facts:
    return read_facts(family_mapping(family, on))


def _decided(code: str, on: str, family: dict[str, Any]) -> Decision:
    return assess(code, _facts(on, family), date.fromisoformat(on))


DISABILITY = {"number": "D-1", "group": "II", "cause": "general", "from_date": "2025-01-10", "decided_on": "2025-01-12"}
LOSS = {"number": "C-1", "degree": "1", "from_date": "2025-01-10", "until": "2027-01-09", "decided_on": "2025-01-10"}
INSURANCE = {"contribution_months": "60", "counted_on": "2025-03-05", "incomes": [TWENTY_FOUR_MONTHS]}
HOUSEHOLD = {"quarter": "2023-10-01", "income": "30000", "members": ["mother"]}
DEATH = {
    "of": "man born 1975-05-05",
    "died_on": "2025-02-10",
    "death_record": "DR-1",
    "dependants": [{"of": "woman born 2015-03-01", "relation": "child"}],
}
STARTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("disability", "2025-03-05", {"disabilities": [{"of": "mother", **DISABILITY}]}, "2025-01-10"),
    (
        "disabled-child-carer",
        "2025-03-05",
        {"children": ["2016-05-10"], "disabilities": [{"of": "child 1", **DISABILITY}]},
        "2025-01-10",
    ),
    (
        "awarded-mother",
        "2025-03-05",
        {"awards": [{"of": "mother", "kind": "kumis_alka", "awarded_on": "2025-02-01", "number": "A-1"}]},
        "2025-02-01",
    ),
    ("targeted-assistance", "2024-02-10", {"household": HOUSEHOLD}, "2024-01-01"),
    ("breadwinner-loss", "2025-03-05", {"breadwinners": [DEATH]}, "2025-02-10"),
    ("childcare", "2025-03-05", {"children": ["2025-01-20"]}, "2025-01-20"),
    (
        "capacity-loss",
        "2025-03-05",
        {"capacity_losses": [{"of": "mother", **LOSS}], "insurances": [{"of": "mother", **INSURANCE}]},
        "2025-01-10",
    ),
    (
        "job-loss",
        "2025-03-05",
        {
            "unemployments": [{"of": "mother", "number": "U-1", "registered_on": "2025-02-20"}],
            "insurances": [{"of": "mother", **INSURANCE}],
        },
        "2025-02-20",
    ),
]


INSURED = {
    "mother": "1980-05-05",
    "capacity_losses": [{"of": "mother", **LOSS}],
    "insurances": [{"of": "mother", **INSURANCE}],
}


@pytest.mark.parametrize(("code", "on", "family", "arose"), STARTS, ids=[code for code, *_ in STARTS])
def test_a_payment_starts_with_the_application_or_with_the_right(
    change: Change, code: str, on: str, family: dict[str, Any], arose: str
) -> None:
    family = {"mother": {"born": "1980-05-05", "region": "KZ-59"}, **family}
    change(code, _parameter("paid_from", "application"))
    decision = _decided(code, on, family)
    assert (decision.right, decision.start) == (Right.YES, date.fromisoformat(on))
    change(code, _parameter("paid_from", "right_arose"))
    assert _decided(code, on, family).start == date.fromisoformat(arose)


def test_the_constants_are_those_of_the_application_where_the_law_says_so(change: Change) -> None:
    birth = {"mother": "1990-05-05", "children": ["2024-12-20"]}
    burial = {"death_record": "DR-1", "died_on": "2024-12-20", "status": "pension", "buried_by": "mother"}
    assert _decided("childbirth", "2025-01-10", birth).net == 140296  # 38 x 3 692, of 2024
    assert _decided("burial", "2025-01-10", {"mother": "1990-05-05", "burials": [burial]}).net == 129220
    law_of = _parameter("law_of", "application").replace("values:", "choices: right_arose application\n    values:")
    law_of = law_of.replace("    unit", "    label: {kk: a, ru: b, en: c}\n    unit", 1)
    for code in ("childbirth", "burial"):
        change(code, law_of)
    assert _decided("childbirth", "2025-01-10", birth).net == 149416
    assert _decided("burial", "2025-01-10", {"mother": "1990-05-05", "burials": [burial]}).net == 137620


def test_the_pension_contribution_is_rounded_to_the_tiyn_in_the_persons_favour(change: Change) -> None:
    change("capacity-loss", _parameter("pension_contribution", "0.100179", "ratio"))
    decision = _decided("capacity-loss", "2025-03-05", INSURED)
    assert (decision.gross, decision.withheld) == (Decimal(154500), Decimal("15477.65"))  # 15 477.6555


def test_the_indexation_is_that_of_the_first_of_january(change: Change) -> None:
    """1.5 holds on 1 January 2026 alone, 1.2 in the rest of the year."""
    indexation = (
        "  fund_indexation:\n    unit: ratio\n    values:\n"
        + _each_year(2023, 2025, "1")
        + "      2026-01-01: {value: 1.5, until: 2026-01-01, confirmed: invented, reference: no-text-found, mark: C}\n"
        "      2026-01-02: {value: 1.2, until: 2026-12-31, reference: no-text-found, mark: C}\n"
    )
    change("capacity-loss", indexation)
    found = schedule("capacity-loss", _facts("2025-03-05", INSURED), date(2025, 3, 5))
    gross = {month.month: month.gross for month in found.months}
    assert (gross[date(2025, 12, 1)], gross[date(2026, 1, 1)]) == (Decimal(154500), Decimal(231750))


CARED = {
    "mother": "1992-05-05",
    "children": ["2025-11-10"],
    "unemployments": [{"of": "mother", "number": "U-1", "registered_on": "2025-11-10"}],
    "insurances": [
        {
            "of": "mother",
            "contribution_months": "60",
            "counted_on": "2025-11-10",
            "incomes": [{"from_month": "2021-01", "until_month": "2025-11", "amount": "300000"}],
        }
    ],
}


@pytest.mark.parametrize("code", ["capacity-loss", "childcare", "job-loss"])
def test_which_payments_of_the_fund_are_raised_is_said_by_the_law(change: Change, code: str) -> None:
    family = INSURED if code == "capacity-loss" else CARED
    for indexed, factor in (("no", "1"), ("yes", "1.1")):
        change(code, _parameter("indexed", indexed))
        found = schedule(code, _facts("2025-11-20", family), date(2025, 11, 20))
        gross = {month.month: month.gross for month in found.months}
        before, after = gross[date(2025, 12, 1)], gross[date(2026, 1, 1)]
        assert after == (before * Decimal(factor)).to_integral_value(ROUND_CEILING) > 0


@pytest.mark.parametrize("code", ["capacity-loss", "job-loss"])
def test_whether_the_month_of_the_pension_age_is_paid_is_said_by_the_law(change: Change, code: str) -> None:
    family = INSURED if code == "capacity-loss" else CARED
    family = {**family, "mother": "1965-01-01"}
    months = {}
    for ends in ("on_the_day", "with_the_month"):
        change(code, _parameter("ends_at_pension_age", ends))
        months[ends] = [one.month for one in schedule(code, _facts("2025-11-20", family), date(2025, 11, 20)).months]
    assert months["on_the_day"][-1] == date(2025, 12, 1)
    assert months["with_the_month"] == [*months["on_the_day"], date(2026, 1, 1)]


def test_what_several_payers_withhold_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    own = benefit("awarded-mother")
    money = (
        Money(Decimal(1000), "fund", Decimal("100.10"), "fund"),
        Money(Decimal(500), "budget", Decimal("0.20"), "budget"),
    )
    paying = Benefit(replace(own.rule, decide=lambda one, award: one.yes(award.number, money)), own.legislation)
    monkeypatch.setitem(services_known._benefits, "awarded-mother", paying)
    decision = _decided("awarded-mother", "2025-03-10", AWARDED)
    assert (decision.gross, decision.withheld, decision.net) == (Decimal(1500), Decimal("100.30"), Decimal("1399.70"))


def test_a_pension_age_that_rises_counts_from_the_day_on_which_it_would_be_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Born in April 1964, told in March 2025: the age of 61 holds no longer in April, so there is nothing to tell."""
    legislation = _pension_law(tmp_path, age_from_april=62)
    facts = _facts("2026-04-10", {"mother": "1964-04-10"})
    (before,) = notices_due(facts, date(2025, 3, 20), code="pension")
    assert before.values == {"day": date(2025, 4, 10), "age": 61}
    monkeypatch.setitem(notices_known._legislation(), "pension", legislation)
    assert notices_due(facts, date(2025, 3, 20), code="pension") == ()
    (after,) = notices_due(facts, date(2026, 4, 10), code="pension")
    assert after.values == {"day": date(2026, 4, 10), "age": 62}


def test_a_pension_age_that_falls_is_reached_on_the_day_on_which_it_falls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Born in December 1964: too young for 61, and older than 60 when that comes to be enough."""
    monkeypatch.setitem(notices_known._legislation(), "pension", _pension_law(tmp_path, age_from_april=60))
    (told,) = notices_due(_facts("2025-04-10", {"mother": "1964-12-10"}), date(2025, 4, 10), code="pension")
    assert (told.kind, told.values) == ("pension_age_reached", {"day": date(2025, 4, 1), "age": 60})


def test_a_notice_goes_by_the_law_as_known_on_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It became known in June that the notice comes sixty days ahead, and had since January."""
    ahead = (
        "  ahead_days:\n    label: {kk: a, ru: b, en: c}\n    unit: days\n    values:\n"
        "      2023-01-01: {value: 30, reference: no-text-found, mark: C}\n"
        "      2025-01-01: {value: 60, known_since: 2025-06-10, reference: no-text-found, mark: C}\n"
    )
    law = _notice_law(_changed(tmp_path, PARAMETERS / "notices" / "pension.yaml", ahead), pension.NOTICE)
    monkeypatch.setitem(notices_known._legislation(), "pension", law)
    facts, on = _facts("2025-03-20", {"mother": "1964-05-10"}), date(2025, 3, 20)
    assert [one.kind for one in notices_due(facts, on, code="pension")] == ["pension_age_near"]
    assert notices_due(facts, on, code="pension", known_law=date(2025, 6, 10))
    assert not notices_due(facts, on, code="pension", known_law=date(2025, 6, 9))


def _pension_law(folder: Path, age_from_april: int) -> Legislation:
    table = (
        "  pension_age:\n    unit: age\n    table:\n"
        "      female:\n        2023-01-01: {value: 61, reference: social-code, mark: C}\n"
        f"        2025-04-01: {{value: {age_from_april}, reference: social-code, mark: C}}\n"
        "      male:\n        2023-01-01: {value: 63, reference: social-code, mark: C}\n"
    )
    return _notice_law(_changed(folder, PARAMETERS / "notices" / "pension.yaml", table), pension.NOTICE)


def test_without_a_measure_for_the_age_nobody_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measures = _parameter("measures", "silver_age", "codes").replace("values:", "choices: silver_age\n    values:")
    measures = measures.replace("    unit", "    label: {kk: a, ru: b, en: c}\n    unit", 1)
    path = _changed(tmp_path, PARAMETERS / "notices" / "employment.yaml", measures)
    legislation = _notice_law(path, employment.NOTICE)
    monkeypatch.setitem(notices_known._legislation(), "employment", legislation)
    told = {}
    for born in ("1995-05-05", "1965-05-05"):
        family = {"father": born, "unemployments": [{"of": "father", "number": "U-1", "registered_on": "2025-03-03"}]}
        due = notices_due(_facts("2025-03-10", family), date(2025, 3, 10), code="employment")
        told[born] = [one.values["measures"] for one in due]
    assert told == {"1995-05-05": [], "1965-05-05": [("silver_age",)]}


def test_who_reached_the_pension_age_before_the_known_law_is_not_told() -> None:
    assert notices_due(_facts("2025-03-20", {"mother": "1950-04-10"}), date(2025, 3, 20), code="pension") == ()


AWARDED = {
    "mother": "1960-05-05",
    "awards": [{"of": "mother", "kind": "altyn_alka", "awarded_on": "2015-01-01", "number": "A-1"}],
}


def test_a_question_in_a_later_month_leaves_the_schedule_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that would ask a person from July on: the months end there, and the day is to be looked at again."""
    own = benefit("awarded-mother")

    def decide(assessment: Assessment, award: Any) -> Finding:
        if assessment.on >= date(2025, 7, 1):
            return assessment.ask("paid_for_another_award", award.number)
        return own.rule.decide(assessment, award)

    asking = Benefit(replace(own.rule, decide=decide), own.legislation)
    monkeypatch.setitem(services_known._benefits, "awarded-mother", asking)
    found = schedule("awarded-mother", _facts("2025-03-10", AWARDED), date(2025, 3, 10))
    assert [month.month for month in found.months] == [date(2025, month, 1) for month in (3, 4, 5, 6)]
    assert not found.complete
    assert found.next_review == date(2025, 7, 1)


def test_a_right_that_fails_in_a_later_month_ends_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    own = benefit("awarded-mother")

    def decide(assessment: Assessment, award: Any) -> Finding:
        if assessment.on >= date(2025, 7, 1):
            return assessment.no("no_award", award.number)
        return own.rule.decide(assessment, award)

    ending = Benefit(replace(own.rule, decide=decide), own.legislation)
    monkeypatch.setitem(services_known._benefits, "awarded-mother", ending)
    found = schedule("awarded-mother", _facts("2025-03-10", AWARDED), date(2025, 3, 10))
    assert len(found.months) == 4
    assert found.complete
    assert found.next_review == date(2025, 7, 1)


def test_a_day_before_the_applicants_birth_is_refused_and_the_birthday_is_not() -> None:
    facts = _facts("2025-03-01", {"mother": "2024-05-05"})
    assert assess("burial", facts, date(2024, 5, 5)).right is Right.NO
    with pytest.raises(BadFacts) as caught:
        assess("burial", facts, date(2024, 5, 4))
    assert (caught.value.field, caught.value.rule) == ("on", "not before the applicant's birth")


def test_a_wage_that_changes_within_a_month_caps_income_from_the_next(change: Change) -> None:
    """7 x 80 000 caps the months to July 2024, 7 x 90 000 those from August: 20 and 4 of the 24 months counted."""
    wages = (
        "  mzp:\n    unit: tenge\n    values:\n"
        + _each_year(2020, 2024, "80000")
        + "      2024-07-15: {value: 90000, until: 2024-12-31, reference: no-text-found, mark: C}\n"
    )
    change("job-loss", wages)
    family = {
        "mother": "1980-05-05",
        "unemployments": [{"of": "mother", "number": "U-1", "registered_on": "2024-12-10"}],
        "insurances": [
            {
                "of": "mother",
                "contribution_months": "60",
                "counted_on": "2024-12-10",
                "incomes": [{"from_month": "2020-01", "until_month": "2024-12", "amount": "900000"}],
            }
        ],
    }
    decision = _decided("job-loss", "2024-12-10", family)
    total = 20 * 560_000 + 4 * 630_000
    (traced,) = [line.value for line in decision.trace if line.code == "income_total"]
    assert traced == total
    assert decision.gross == (Decimal(total) * Decimal("0.45") / 24).to_integral_value(ROUND_CEILING)


PARTS_OF_MONTHS = [
    (
        "childcare",
        {"mother": "1995-05-05", "children": ["2025-03-20"]},
        date(2026, 9, 20),
        {date(2025, 3, 1): (8767, "0"), date(2025, 4, 1): (22648, "0"), date(2026, 9, 1): (16608, "0")},
    ),
    (
        "job-loss",
        {
            "mother": "1980-05-05",
            "unemployments": [{"of": "mother", "number": "U-1", "registered_on": "2025-03-15"}],
            "insurances": [
                {
                    "of": "mother",
                    "contribution_months": "12",
                    "counted_on": "2025-03-15",
                    "incomes": [TWENTY_FOUR_MONTHS],
                }
            ],
        },
        date(2025, 5, 14),
        {
            date(2025, 3, 1): (55525, "5552.50"),
            date(2025, 4, 1): (101250, "10125.00"),
            date(2025, 5, 1): (45726, "4572.60"),
        },
    ),
]


@pytest.mark.parametrize(("code", "family", "until", "paid"), PARTS_OF_MONTHS, ids=["childcare", "job-loss"])
def test_a_part_of_a_month_is_paid_by_its_days_where_the_law_says_so(
    change: Change, code: str, family: dict[str, Any], until: date, paid: dict[date, tuple[int, str]]
) -> None:
    """12 of 31 days, a whole month, 20 of 30; a month of the job loss then ends before the same day of the next."""
    on = date(2025, 3, 25)
    facts = _facts(on.isoformat(), family)
    whole = {one.month: one.gross for one in schedule(code, facts, on).months}
    assert len({whole[month] for month in whole if month.year == on.year}) == 1
    change(code, _parameter("partial_months", "days"))
    found = schedule(code, facts, on)
    months = {one.month: (one.gross, one.withheld) for one in found.months}
    assert found.decision.until == until
    assert {month: months[month] for month in paid} == {
        month: (Decimal(gross), Decimal(withheld)) for month, (gross, withheld) in paid.items()
    }


def test_what_hides_a_shared_parameter_begins_no_later(change: Change) -> None:
    """All childcare was no law until 2027, and nothing said so."""
    later = _parameter("partial_months", "days").replace("2023-01-01", "2027-01-01")
    with pytest.raises(BadParameters, match=r"childcare\.yaml:\d+: 'partial_months' begins on 2027-01-01"):
        change("childcare", later)


@pytest.mark.parametrize(
    ("code", "at", "what"),
    [
        ("multi-child", "{value: 23,", "'student_age' begins on 2027-01-01, and multi-child on 2023-07-01"),
        ("multi-child", "{value: budget,", "'payer' begins on 2027-01-01, and multi-child on 2023-07-01"),
        ("multi-child", "20.04", "it begins on 2027-01-01, and the bracket of 4 on 2023-07-01"),
        ("common", "{value: 18,", "'adult_age' begins on 2027-01-01, and .* on 2023-07-01"),
        ("common", "{value: 1.10,", "no value between 2025-12-31 and 2027-01-01"),
    ],
    ids=["own", "payer", "bracket", "shared", "a year of several"],
)
def test_a_first_date_that_was_overwritten_takes_no_service_away(tmp_path: Path, code: str, at: str, what: str) -> None:
    """Whoever wrote the new date over the old one removed the right of all days before it, and nothing said so."""
    text = (PARAMETERS / f"{code}.yaml").read_text(encoding="utf-8")
    line = next(line for line in text.split("\n") if re.match(rf" +\d{{4}}-\d\d-01: {re.escape(at)}", line))
    later = re.sub(r"\d{4}-\d\d-01: ", "2027-01-01: ", line).replace("until: 2026-12-31", "until: 2027-12-31")
    with pytest.raises(BadParameters, match=rf"^{code}\.yaml:\d+: {what}"):
        law_with(copy_of(tmp_path, code, (line, later)))


def test_a_service_that_has_not_begun_is_told(tmp_path: Path) -> None:
    with instead(begun_on(tmp_path, "multi-child", "2027-01-01")):
        (one,) = [one for one in ahead_of(date(2026, 12, 31)) if one.says == BEGINS]
        assert (one.code, one.file, one.day) == ("multi-child", "multi-child.yaml", date(2027, 1, 1))
        assert not [one for one in ahead_of(date(2027, 1, 1)) if one.says == BEGINS]
        for language, words in (("kk", "басталады"), ("ru", "начнётся 01.01.2027"), ("en", "begins on 01.01.2027")):
            done = CliRunner().invoke(app, ["benefits", "--check", "2024-01-01", "--language", language])
            assert words in done.stdout


@pytest.mark.parametrize(
    ("on", "failed"),
    [
        ("2025-03-01", None),
        ("2025-03-02", "claimed_too_late"),
        ("2025-09-01", "claimed_too_late"),
        ("2025-09-02", "child_too_old"),
    ],
)
def test_a_shorter_term_for_the_claim_of_childcare_ends_before_the_childs_age(
    change: Change, on: str, failed: str | None
) -> None:
    term = _parameter("claim_months", "12", "months")
    change("childcare", term.replace("    unit", "    label: {kk: a, ru: b, en: c}\n    unit", 1))
    decision = _decided("childcare", on, {"mother": "1995-05-05", "children": ["2024-03-01"]})
    assert (decision.failed.code if decision.failed else None, decision.basis) == (failed, "birth record 1")


@pytest.mark.parametrize(("on", "failed"), [("2025-04-30", None), ("2025-05-01", "months_over")])
def test_what_is_paid_from_the_application_may_be_claimed_when_its_months_are_over(
    change: Change, on: str, failed: str | None
) -> None:
    """Of one who is registered no more the month is over that the application would begin with."""
    change("job-loss", _parameter("paid_from", "application"))
    insurance = {
        "of": "mother",
        "contribution_months": "12",
        "counted_on": "2025-03-15",
        "incomes": [TWENTY_FOUR_MONTHS],
    }
    unemployment = {"of": "mother", "number": "U-1", "registered_on": "2025-03-15", "deregistered_on": "2025-04-10"}
    family = {"mother": "1980-05-05", "unemployments": [unemployment], "insurances": [insurance]}
    decision = _decided("job-loss", on, family)
    assert (decision.failed.code if decision.failed else None, decision.basis) == (failed, "U-1")


def test_how_long_one_must_contribute_for_the_next_share_is_a_parameter(change: Change) -> None:
    """The year stood in the rule: 72 months gave one step above 60, whatever the law said."""
    insured = {**INSURED, "insurances": [{"of": "mother", **INSURANCE, "contribution_months": "72"}]}
    before = _decided("capacity-loss", "2025-03-05", insured).gross
    change("capacity-loss", _parameter("participation_step_months", "6", "months"))
    after = _decided("capacity-loss", "2025-03-05", insured)
    used = {line.code: line.value for line in after.trace}["participation_used"]
    assert (used, after.gross > before) == (Decimal("1.04"), True)
