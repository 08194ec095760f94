"""A budget law ends with its year. What is asked of a day beyond it is shown by the forecast, and decides nothing.

The days are those of the parameter files, whatever year they have come to: entering the next law breaks nothing here.
"""

from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import benefits
from benefits import Decision, Facts, Frequency, Right, assess_each, explain, schedule
from benefits.catalogue import PARAMETERS, Benefit, read_legislation
from benefits.dated import DatedValue
from benefits.endings import endings, shown
from benefits.evaluator import _decisions
from benefits.facts import read_facts
from benefits.legislation import TERMS, Legislation
from benefits.notices import due, kandas
from benefits.parameter_file import BadParameters, read_parameter_file
from benefits.takes import Takes
from benefits.texts import LANGUAGES
from cli.endings import warn_of_endings
from tests.law.another_law import another_law
from tests.law.casebook import CASES, family_mapping, read_cases

CONSTANTS = {"common.mrp", "common.pm", "common.mzp"}
LAST = min(one.last for one in endings(date.max) if one.code in CONSTANTS)
BEYOND = LAST + timedelta(days=1)
FIVE: dict[str, Any] = {"mother": "1988-05-05", "children": [f"{LAST.year - 9 + n}-03-01" for n in range(5)]}


def _decided(decision: Decision) -> bool:
    """By law alone; beside a part, or months, that are certain the rest may wait for the law."""
    waits = decision.asked is not None and decision.asked.code == "law_not_entered"
    open_beside_the_fund = decision.asked is not None and {part.payer for part in decision.parts} == {"fund"}
    if decision.right is Right.YES and (waits or open_beside_the_fund):
        return True
    return not any(line.status in ("forecast", "ended") for line in decision.trace)


def _written(name: str) -> tuple[DatedValue, ...]:
    return read_parameter_file(PARAMETERS / "common.yaml").parameters[name].written[None]


def _facts(family: dict[str, Any], on: date) -> Facts:
    return read_facts(family_mapping(family, on.isoformat()))


def test_the_constants_of_the_year_end_and_are_listed_before_they_do() -> None:
    assert {one.code for one in endings(BEYOND)} >= CONSTANTS
    assert not CONSTANTS & {one.code for one in endings(LAST)}, "what ends on a day has not ended before it"
    mrp = next(one for one in endings(BEYOND) if one.code == "common.mrp")
    assert {"multi-child", "childbirth"} <= set(mrp.services)
    assert mrp.to_dict()["last"] == LAST.isoformat()


def test_what_may_have_gaps_and_ends_with_its_year_is_listed_too() -> None:
    """Nobody was warned of it: the Fund's payments of the year after would have stayed as they were."""
    (found,) = [one for one in endings(date.max) if one.code == "common.fund_indexation"]
    assert found.last == max(one.until for one in _written("fund_indexation") if one.until)
    assert {"capacity-loss", "breadwinner-loss"} <= set(found.services)
    assert found.code not in {one.code for one in endings(found.last)}
    assert found.code in {one.code for one in endings(found.last + timedelta(days=1))}
    assert not any("poverty_line" in one.code for one in endings(date.max)), "regions are told by their quarter"


def test_what_ends_is_told_whole(tmp_path: Path) -> None:
    """The row of a table by its key, with its label, unit, what is announced instead, and whom it concerns."""
    row = "        2023-07-01: 20.04"
    ends = "        2023-07-01: {value: 20.04, until: 2025-12-31}\n        2026-01-01: {value: 21, forecast: true}"
    with another_law(tmp_path, "multi-child", (row, ends)):
        (found,) = [one for one in endings(BEYOND) if one.code.startswith("multi-child.rate")]
    label = {"kk": "Балалар саны бойынша мөлшер", "ru": "Размер по числу детей", "en": "Rate by number of children"}
    assert found.to_dict() == {
        "code": "multi-child.rate[5]",
        "label": label,
        "value": "20.04",
        "unit": "MRP",
        "last": "2025-12-31",
        "forecast": "21",
        "services": ["multi-child"],
    }


def test_of_several_words_that_end_all_are_shown() -> None:
    words = benefits.load()["childcare"].legislation.parameters["suspended_by"][0].series[None][0]
    assert shown(words) == "citizenship_lost kandas_expired missing"


def test_on_the_last_day_the_law_decides_and_on_the_next_a_person() -> None:
    last, beyond = (assess_each("multi-child", _facts(FIVE, day), day) for day in (LAST, BEYOND))
    assert [one.right for one in last] == [Right.YES]
    assert [(one.right, one.net) for one in beyond] == [(Right.PERSON_DECIDES, Decimal(0))]
    assert beyond[0].basis == last[0].basis, "the case goes on with the same right once the law is entered"
    assert [benefits.awaits_law(one) for one in (*last, *beyond)] == [False, True]


def test_what_needs_no_constant_is_decided_all_the_same() -> None:
    three = {**FIVE, "children": FIVE["children"][:3]}
    (found,) = assess_each("multi-child", _facts(three, BEYOND), BEYOND)
    assert found.failed is not None
    assert found.failed.code == "too_few_children"
    paid = {**FIVE, "payments": [{"service": "multi-child", "basis": "x", "from_date": LAST, "state": "paying"}]}
    (found,) = assess_each("multi-child", _facts(paid, BEYOND), BEYOND)
    assert (found.right, found.failed and found.failed.code) == (Right.NO, "already_paid")


def test_no_case_of_the_law_is_decided_by_what_is_no_law() -> None:
    """Each case of the casebook, asked after the last law has ended."""
    open_, decided = 0, 0
    for case in (case for path in sorted(CASES.glob("*.yaml")) for case in read_cases(path)):
        for day in (BEYOND, BEYOND + timedelta(days=400)):
            try:
                found = assess_each(case.service, case.facts, day)
            except benefits.BadFacts:
                continue
            for one in found:
                paid = one.failed is not None and (one.failed.code == "already_paid" or one.suspended is not None)
                assert one.right is Right.PERSON_DECIDES or paid or _decided(one), (case.name, one)
                open_ += benefits.awaits_law(one)
                decided += one.right is not Right.PERSON_DECIDES
    assert open_ > 100
    assert decided > 100


@pytest.mark.parametrize(
    ("term", "then"), [("payer", ""), ("decider", "local"), ("frequency", "once")], ids=["ended", "forecast", "once"]
)
def test_who_pays_and_how_often_is_law_too(tmp_path: Path, term: str, then: str) -> None:
    """A forecast made a monthly allowance one that is paid once, and asked nobody."""
    text = (PARAMETERS / "multi-child.yaml").read_text(encoding="utf-8")
    begins = text.index(f"  {term}:\n")
    line = text[text.index("      2023-07-01: {", begins) :].split("\n", 1)[0]
    ended = line.replace("}", ", until: 2025-12-31}")
    if then:
        ended += f"\n      2026-01-01: {{value: {then}, reference: social-code, mark: P, forecast: true}}"
    path = tmp_path / "multi-child.yaml"
    path.write_text(text[:begins] + text[begins:].replace(line, ended, 1), encoding="utf-8")
    rule = benefits.load()["multi-child"].rule
    law_ = read_legislation(path, read_parameter_file(PARAMETERS / "common.yaml"), rule.takes | TERMS)
    found = Benefit(rule, law_)
    for day, right in ((date(2025, 12, 31), Right.YES), (date(2026, 1, 1), Right.PERSON_DECIDES)):
        assert [one.right for one in _decisions(found, _facts(FIVE, day), day, True, None)] == [right]


def test_the_months_beyond_are_shown_by_the_forecast() -> None:
    found = schedule("multi-child", _facts(FIVE, LAST), LAST, months=3)
    assert [month.provisional for month in found.months] == [False, True, True]
    announced = next(one.forecast for one in endings(BEYOND) if one.code == "common.mrp")
    rate = next(line.value for line in found.decision.trace if line.code == "multi-child.rate[5]")
    wanted = Decimal(rate) * Decimal(announced or next(one.value for one in endings(BEYOND)))
    assert found.months[1].gross == wanted.to_integral_value(ROUND_CEILING)


def test_the_explanation_says_that_nothing_of_it_is_law() -> None:
    (found,) = assess_each("multi-child", _facts(FIVE, BEYOND), BEYOND)
    for language, words in zip(LANGUAGES, ("ӘЛІ ЗАҢ ЕМЕС", "ЭТО ЕЩЁ НЕ ЗАКОН", "NOT LAW YET"), strict=True):
        assert words in explain(found, language)
    (found,) = assess_each("multi-child", _facts(FIVE, LAST), LAST)
    assert "NOT LAW YET" not in explain(found, "en")


def test_a_law_that_ends_without_a_forecast_leaves_its_last_value_in_sight(tmp_path: Path) -> None:
    path = tmp_path / "gift.yaml"
    path.write_text(GIFT.format(more=""))
    *law_, ended = read_parameter_file(path).parameters["rate"].series[None]
    assert [one.status for one in law_] == [None]
    assert (ended.since, ended.until, ended.value, ended.status) == (date(2025, 1, 1), None, Decimal(2), "ended")
    path.write_text(GIFT.format(more="      2025-01-01: {value: 3, reference: law, mark: P, forecast: true}\n"))
    forecast = read_parameter_file(path).parameters["rate"].series[None][-1]
    assert (forecast.value, forecast.status) == (Decimal(3), "forecast")


def test_a_forecast_goes_when_its_law_comes(tmp_path: Path) -> None:
    path = tmp_path / "gift.yaml"
    lines = (
        "      2025-01-01: {value: 3, reference: law, mark: P, forecast: true}",
        "      2026-01-01: {value: 4, reference: law, mark: P}\n",
    )
    path.write_text(GIFT.format(more="\n".join(lines)))
    with pytest.raises(BadParameters, match="law in force after a forecast: take the forecast of 2025-01-01 out"):
        read_parameter_file(path)


@pytest.mark.parametrize(
    ("day", "said"),
    [(LAST - benefits.WARNED, ""), (LAST - benefits.WARNED + timedelta(days=1), "ends on"), (BEYOND, "ended on")],
)
def test_operators_are_warned_weeks_before(day: date, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_endings(Console(width=400), day)
    warned = capsys.readouterr().out
    assert not said or f"The law {said} {LAST:%d.%m.%Y}" in warned
    assert bool(said) == ("common.mrp" in warned)


def test_each_value_is_warned_of_with_its_own_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All were said to end on the day of the first."""
    found = Benefit(benefits.load()["multi-child"].rule, _with_term(tmp_path, ENDED))
    monkeypatch.setitem(benefits.load(), "multi-child", found)
    warn_of_endings(Console(width=400), LAST)
    told = capsys.readouterr().out.splitlines()
    (term,) = [line for line in told if "consent_window_days" in line]
    (constants,) = [line for line in told if "common.mrp" in line]
    assert "on 31.12.2025 for multi-child.consent_window_days:" in term
    assert f"on {LAST:%d.%m.%Y}" in constants


@pytest.mark.parametrize("code", sorted(benefits.load()))
def test_the_parameters_of_a_day_beyond_say_what_they_are(code: str) -> None:
    expected = {one.line.code: one.line.status for one in benefits.parameters_on(code, BEYOND)}
    gaps = {f"common.{name}" for name, (one, _) in benefits.load()[code].legislation.parameters.items() if one.optional}
    ended = {one.code for one in endings(BEYOND) if code in one.services} - gaps
    assert {name for name, status in expected.items() if status in ("forecast", "ended")} == ended
    assert Frequency(benefits.service(code, BEYOND).frequency)


UNTIL = f", until: {LAST}}}"


@pytest.mark.parametrize(
    ("old", "new", "leaves_out", "last"),
    [
        (UNTIL, "}", False, LAST),
        (UNTIL, f", until: {LAST + timedelta(days=365)}}}", False, LAST),
        (f"      {LAST.year - 1}-01-01", "", True, LAST.replace(year=LAST.year - 2)),
    ],
    ids=["for ever", "for two years", "a year left out"],
)
@pytest.mark.parametrize("name", ["mrp", "pm", "mzp"])
def test_a_constant_of_a_budget_law_is_law_for_its_year_at_the_most(
    tmp_path: Path, name: str, old: str, new: str, leaves_out: bool, last: date
) -> None:
    """Entered without its end, it was law for ever, and nobody was warned."""
    text = (PARAMETERS / "common.yaml").read_text(encoding="utf-8")
    block = text[text.index(f"  {name}:\n") :].split("\n\n", 1)[0]
    entered = [line for line in block.split("\n") if "forecast: true" not in line]
    if leaves_out:
        entered = [line for line in entered if not line.startswith(old)]
    path = tmp_path / "common.yaml"
    path.write_text(text.replace(block, "\n".join(entered).replace(old, new)))
    rule = benefits.load()["multi-child"].rule
    what = rf"^common.yaml:\d+: '{name}' is a constant of a budget law, which ends: give `until: {last}`"
    with pytest.raises(BadParameters, match=what):
        read_legislation(PARAMETERS / "multi-child.yaml", read_parameter_file(path), rule.takes | TERMS)


TERM = """  consent_window_days:
    unit: days
    values:
"""
ENDED = TERM + "      2023-07-01: {value: 5, reference: social-code, mark: P, until: 2025-12-31}\n"
ANNOUNCED = TERM + "      2023-07-01: {value: 5, reference: social-code, mark: P, forecast: true}\n"


@pytest.mark.parametrize(("term", "value"), [(ENDED, "5"), (ANNOUNCED, "")], ids=["ended", "announced alone"])
def test_a_term_of_procedure_that_is_no_law_goes_on_and_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, term: str, value: str
) -> None:
    """No right may end by a missing term; somebody has to know."""
    found = Benefit(benefits.load()["multi-child"].rule, _with_term(tmp_path, term))
    monkeypatch.setitem(benefits.load(), "multi-child", found)
    assert benefits.service("multi-child", date(2026, 2, 1)).consent_window_days == 5
    (listed,) = [one for one in endings(BEYOND) if one.code == "multi-child.consent_window_days"]
    assert (listed.value, listed.services) == (value, ("multi-child",))


def test_a_term_of_procedure_has_no_gaps(tmp_path: Path) -> None:
    with pytest.raises(BadParameters, match=r"multi-child.yaml:\d+: 'consent_window_days' is needed on every day"):
        _with_term(tmp_path, ENDED.replace("    unit: days\n", "    unit: days\n    optional: true\n"))


def _with_term(folder: Path, term: str) -> Legislation:
    """The law of a service with a term of its own."""
    text = (PARAMETERS / "multi-child.yaml").read_text(encoding="utf-8")
    path = folder / "multi-child.yaml"
    path.write_text(text.replace("\nparameters:\n", f"\nparameters:\n{term}"), encoding="utf-8")
    rule = benefits.load()["multi-child"].rule
    return read_legislation(path, read_parameter_file(PARAMETERS / "common.yaml"), rule.takes | TERMS)


def test_what_the_notices_read_is_listed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (PARAMETERS / "notices" / "kandas.yaml").read_text(encoding="utf-8")
    path = tmp_path / "kandas.yaml"
    path.write_text(text.replace("mark: U, status: unverified}", "mark: U, status: unverified, until: 2025-12-31}"))
    law_ = read_legislation(
        path,
        read_parameter_file(PARAMETERS / "common.yaml"),
        kandas.NOTICE.takes | Takes("events:codes"),
        must_state=(),
    )
    assert path.read_text() != text
    monkeypatch.setitem(due._legislation(), "kandas", law_)
    assert any("kandas" in one.services and one.code.startswith("kandas.") for one in endings(BEYOND))


GIFT = """service: gift
names: {{kk: a, ru: b, en: c}}
parameters:
  rate:
    label: {{kk: a, ru: b, en: c}}
    unit: MRP
    values:
      2024-01-01: {{value: 2, reference: law, mark: P, until: 2024-12-31}}
{more}"""


def test_where_only_the_known_law_ends_the_right_has_no_end() -> None:
    """The SMS that explains an amount said that the payment ends with the year."""
    childs: dict[str, Any] = {"mother": "1990-05-05", "children": [f"{LAST.year}-10-20"]}
    (known,), (beyond,) = (assess_each("childcare", _facts(childs, day), day) for day in (LAST, BEYOND))
    assert (benefits.own_end(known), known.until) == (date(LAST.year + 2, 4, 20),) * 2
    assert (benefits.own_end(beyond), beyond.until) == (None, LAST)
