"""The law of which day: a right is judged by that of the day on which it arose, an amount by that of its month.

The changes of the law are invented; the files of parameters stay as they are.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benefits import LANGUAGES, BadParameters, Facts, Right, assess, explain, schedule, service
from benefits import catalogue as services_known
from benefits.catalogue import PARAMETERS, Benefit, benefit, instead, read_legislation
from benefits.facts import read_facts
from benefits.legislation import TERMS
from benefits.parameter_file import read_parameter_file
from benefits.what_if import law_with
from tests.law.another_law import another_law
from tests.law.casebook import family_mapping

Later = Callable[[str, str, str, str], None]
LaterCommon = Callable[[str, str, str], None]
CLAIMED = date(2025, 12, 1)


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Later:
    """Gives a parameter, a bracket (`months_paid.60`) or one that is shared another value from a day on."""

    def act(code: str, name: str, day: str, value: str) -> None:
        text = (PARAMETERS / f"{code}.yaml").read_text(encoding="utf-8")
        name, _, bracket = name.partition(".")
        line = f"        {day}: {{value: {value}, reference: no-text-found, mark: C, confirmed: invented}}\n"
        if f"\n  {name}:\n" not in text:
            held = "      2023-07-01: {value: whole, reference: no-text-found, mark: C}\n"
            text = text.replace(
                "\nparameters:\n", f"\nparameters:\n  {name}:\n    unit: choice\n    values:\n{held}{line[2:]}", 1
            )
        else:
            begins = text.index(f"\n  {name}:\n")
            if bracket:
                begins = text.index(f"\n      {bracket}:\n", begins)
            begins = text.index(" 2023-07-01:", begins)
            ends = text.index("\n", begins) + 1
            text = text[:ends] + (line if bracket else line[2:]) + text[ends:]
        path = tmp_path / f"{code}.yaml"
        path.write_text(text, encoding="utf-8")
        rule = benefit(code).rule
        law = read_legislation(path, read_parameter_file(PARAMETERS / "common.yaml"), rule.takes | TERMS)
        monkeypatch.setitem(services_known._benefits, code, Benefit(rule, law))

    return act


@pytest.fixture
def later_common(tmp_path: Path) -> Iterator[LaterCommon]:
    """Gives a parameter that is shared another value from a day on."""
    with ExitStack() as changed:

        def act(name: str, day: str, value: str) -> None:
            text = (PARAMETERS / "common.yaml").read_text(encoding="utf-8")
            block = text[text.index(f"\n  {name}:\n") :]
            value_ = block[block.index("      2023-07-01:") :].split("\n", 1)[0]
            line = f"      {day}: {{value: {value}, reference: no-text-found, mark: C, confirmed: invented}}"
            path = tmp_path / "common.yaml"
            path.write_text(text.replace(block, block.replace(value_, f"{value_}\n{line}", 1)), encoding="utf-8")
            changed.enter_context(instead(law_with(path)))

        yield act


def _facts(on: str, family: dict[str, Any]) -> Facts:
    return read_facts(family_mapping(family, on))


def _jobless(months: int) -> dict[str, Any]:
    incomes = [{"from_month": "2021-01", "until_month": "2025-03", "amount": "300000"}]
    return {
        "mother": "1985-05-05",
        "unemployments": [{"of": "mother", "number": "U-1", "registered_on": "2025-03-03"}],
        "insurances": [
            {"of": "mother", "contribution_months": str(months), "counted_on": "2025-03-03", "incomes": incomes}
        ],
    }


CHILD = {"mother": "1995-05-05", "children": ["2025-11-20"]}


def test_a_shorter_term_for_the_claim_cuts_no_right_that_was_claimed_in_its_own(later: Later) -> None:
    on = date(2025, 12, 1)
    before = schedule("childcare", _facts("2025-12-01", CHILD), on).months
    later("childcare", "claim_months", "2026-01-01", "6")
    assert schedule("childcare", _facts("2025-12-01", CHILD), on).months == before
    assert len(before) == 19
    assert assess("childcare", _facts("2026-11-01", CHILD), date(2026, 11, 1)).right is Right.YES
    newborn = {"mother": "1995-05-05", "children": ["2026-01-20"]}
    refused = assess("childcare", _facts("2026-11-01", newborn), date(2026, 11, 1))
    assert (refused.right, refused.failed and refused.failed.code) == (Right.NO, "claimed_too_late")


def test_an_earlier_registration_may_be_claimed_by_the_term_of_its_own_day(later: Later) -> None:
    """Shortened, the term of the later one made a certain yes of what hangs on the earlier."""
    jobless = _jobless(24)
    jobless["unemployments"].append({"of": "mother", "number": "U-2", "registered_on": "2025-10-06"})
    jobless["insurances"][0]["incomes"][0]["until_month"] = "2025-10"
    on = date(2026, 1, 10)
    facts = _facts("2026-01-10", jobless)

    def asked() -> list[str | None]:
        decided = [assess("job-loss", facts, on, basis=basis) for basis in ("U-1", "U-2")]
        return [one.asked.code if one.asked else None for one in decided]

    before = asked()
    assert before[1] == "earlier_registration"
    later("job-loss", "claim_months", "2025-07-01", "6")
    assert asked() == before


def test_how_long_a_child_is_cared_for_is_that_of_its_birth(later: Later) -> None:
    later("childcare", "child_months", "2026-01-01", "36")
    for day in ("2025-12-01", "2026-02-01"):
        found = schedule("childcare", _facts(day, CHILD), date.fromisoformat(day))
        assert (found.decision.until, len(found.months)) == (date(2027, 5, 20), 19)


@pytest.mark.parametrize("claimed", ["2025-03-05", "2025-04-05"])
def test_the_least_contributions_are_those_of_the_day_of_the_right(later: Later, claimed: str) -> None:
    later("job-loss", "least_contribution_months", "2025-04-01", "36")
    found = schedule("job-loss", _facts(claimed, _jobless(24)), date.fromisoformat(claimed))
    assert [one.gross for one in found.months] == [Decimal(114750)] * 3
    (least,) = {
        line.value
        for line in assess("job-loss", _facts(claimed, _jobless(24)), date.fromisoformat(claimed)).trace
        if line.code == "job-loss.least_contribution_months"
    }
    assert least == 6


@pytest.mark.parametrize("claimed", ["2025-03-05", "2025-04-05"])
def test_for_how_many_months_is_paid_is_that_of_the_day_of_the_right(later: Later, claimed: str) -> None:
    later("job-loss", "months_paid.24", "2025-04-01", "1")
    found = schedule("job-loss", _facts(claimed, _jobless(24)), date.fromisoformat(claimed))
    assert [one.month for one in found.months] == [date(2025, month, 1) for month in (3, 4, 5)]


def test_how_a_part_of_a_month_is_paid_does_not_change_within_a_right(later: Later) -> None:
    """From whole months to days: four were paid for three."""
    later("job-loss", "partial_months", "2025-04-01", "days")
    found = schedule("job-loss", _facts("2025-03-05", _jobless(24)), date(2025, 3, 5))
    assert [one.gross for one in found.months] == [Decimal(114750)] * 3


def test_an_amount_is_that_of_its_month(later: Later) -> None:
    later("job-loss", "replacement", "2025-04-01", "0.9")
    found = schedule("job-loss", _facts("2025-03-05", _jobless(24)), date(2025, 3, 5))
    assert [one.gross for one in found.months] == [Decimal(114750), Decimal(229500), Decimal(229500)]


def _insured(of: str, amount: str) -> dict[str, Any]:
    incomes = [{"from_month": "2021-01", "until_month": "2025-11", "amount": amount}]
    return {"of": of, "contribution_months": "60", "counted_on": "2025-11-20", "incomes": incomes}


LOSS = {"number": "C-1", "degree": "1", "from_date": "2025-11-20", "until": "2027-11-19", "decided_on": "2025-11-20"}
OF_INCOME: dict[str, dict[str, Any]] = {
    "childcare": CHILD,
    "capacity-loss": {"mother": "1985-05-05", "capacity_losses": [{"of": "mother", **LOSS}]},
    "breadwinner-loss": {
        "mother": "1980-05-05",
        "breadwinners": [
            {
                "of": "man born 1975-05-05",
                "died_on": "2025-11-20",
                "death_record": "DR-1",
                "dependants": [{"of": "woman born 2015-03-01", "relation": "child"}],
            }
        ],
    },
}


@pytest.mark.parametrize(
    ("code", "name", "value"),
    [
        *((code, "income_cap", "10") for code in sorted(OF_INCOME)),
        *((code, "wage_deducted", "0.9") for code in ("breadwinner-loss", "capacity-loss")),
    ],
)
def test_what_was_earned_is_capped_and_lessened_by_the_law_of_its_time(
    later_common: LaterCommon, code: str, name: str, value: str
) -> None:
    """Raised for the months to come, the cap rewrote the income of the past, and a running payment with it."""
    insured = "man born 1975-05-05" if code == "breadwinner-loss" else "mother"
    family = {**OF_INCOME[code], "insurances": [_insured(insured, "900000")]}
    on = date(2026, 2, 10)
    before = schedule(code, _facts("2026-02-10", family), on, months=6)
    later_common(name, "2026-01-01", value)
    after = schedule(code, _facts("2026-02-10", family), on, months=6)
    assert before.months == after.months
    assert after.decision.right is Right.YES
    assert not [line for line in after.decision.trace if line.code == f"common.{name}" and line.value == Decimal(value)]


def test_each_month_of_income_has_the_cap_of_its_own(later_common: LaterCommon) -> None:
    """Twelve months of 24 lie before the change: 7 x 85 000, and 8 x 85 000 after it; the payment's own is that of the
    birth.
    """
    later_common("income_cap", "2024-11-01", "8")
    found = assess("childcare", _facts("2025-12-01", {**CHILD, "insurances": [_insured("mother", "900000")]}), CLAIMED)
    figures = {line.code: line.value for line in found.trace}
    months_of_2023 = 2 * 7 * 70000
    assert figures["income_total"] == months_of_2023 + 10 * 7 * 85000 + 12 * 8 * 85000
    assert figures["most"] == Decimal("0.4") * 8 * 85000
    caps = [line.value for line in found.trace if line.code == "common.income_cap"]
    assert sorted(caps) == [7, 8]


def test_what_is_looked_at_anew_each_month_is_judged_by_the_month(later: Later) -> None:
    later("multi-child", "least_children", "2026-01-01", "5")
    family = {"mother": "1985-05-05", "children": ["2012-03-01", "2014-03-01", "2016-03-01", "2018-03-01"]}
    found = schedule("multi-child", _facts("2025-11-20", family), date(2025, 11, 20))
    assert [one.month for one in found.months] == [date(2025, 11, 1), date(2025, 12, 1)]


def test_who_counts_as_a_dependant_is_that_of_the_death(later: Later) -> None:
    kept = {"relation": "sibling", "able_bodied_parents": "false", "gets_alimony": "false"}
    dependants = [{"of": "woman born 2015-03-01 number 1", **kept}]
    death = {
        "of": "man born 1975-05-05",
        "died_on": "2025-03-10",
        "death_record": "DR-1",
        "dependants": dependants,
    }
    later("breadwinner-loss", "by_own_age", "2025-06-01", "child")
    facts = _facts("2025-07-20", {"mother": "1980-05-05", "breadwinners": [death]})
    found = schedule("breadwinner-loss", facts, date(2025, 7, 20), months=3)
    assert len(found.months) == 7


def test_a_day_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    text = (PARAMETERS / "job-loss.yaml").read_text(encoding="utf-8")
    path = tmp_path / "job-loss.yaml"
    path.write_text(text.replace("    law_of: right_arose", "    law_of: yesterday", 1), encoding="utf-8")
    with pytest.raises(BadParameters, match=r"job-loss\.yaml:\d+: unknown day 'yesterday'; one of right_arose, month"):
        read_parameter_file(path)


@pytest.mark.parametrize(
    ("changes", "until"),
    [
        ([("2026-01-01", "36")], date(2028, 11, 20)),
        ([("2026-01-01", "12")], date(2026, 11, 20)),
        ([("2026-08-01", "6")], date(2026, 7, 31)),
        ([("2027-06-01", "36")], date(2027, 5, 20)),
        ([("2026-01-01", "24"), ("2027-10-01", "36")], date(2028, 11, 20)),
    ],
    ids=["longer", "shorter", "shorter than it has run", "longer when it is over", "twice longer"],
)
def test_a_term_that_is_of_the_month_is_followed_beyond_the_old_end(
    tmp_path: Path, changes: list[tuple[str, str]], until: date
) -> None:
    """By the value of the claim the months ended with the old term, whatever held when they came."""
    old = "    law_of: right_arose\n    values:\n      2023-07-01: {value: 18, reference: published-amounts-2025, "
    old += "mark: S}\n"
    new = old.replace("right_arose", "month") + "".join(
        f"      {day}: {{value: {value}, reference: social-code, mark: C, confirmed: invented}}\n"
        for day, value in changes
    )
    with another_law(tmp_path, "childcare", (old, new)):
        for on in (CLAIMED, date(2026, 7, 10)):
            found = schedule("childcare", _facts(on.isoformat(), CHILD), on, months=60)
            assert (found.decision.until, found.complete) == (until, True)
            assert found.months[-1].month == until.replace(day=1)


def test_a_title_has_the_number_of_the_right(later: Later) -> None:
    """It said a year and a half whatever the law said."""
    newborn = {"mother": "1995-05-05", "children": ["2026-01-20"]}
    later("childcare", "child_months", "2026-01-01", "24")
    for family, months in ((CHILD, 18), (newborn, 24)):
        decision = assess("childcare", _facts("2026-02-10", family), date(2026, 2, 10))
        titles = [explain(decision, language).splitlines()[0] for language in LANGUAGES]
        kk, ru, en = titles
        assert kk.startswith(f"Бала {months} айға толғанға дейін")
        assert ru.startswith(f"Выплата по уходу за ребёнком до {months} месяцев")
        assert en.startswith(f"Benefit for the care of a child up to {months} months")
    days = (date(2025, 12, 31), date(2026, 1, 1))
    assert ["18" in service("childcare", day).names.ru for day in days] == [True, False]
