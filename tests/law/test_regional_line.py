"""The poverty line from a region's figures: the ministry has still to supply them, so here they are invented."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from benefits import Facts, Right, add_directory, assess, remove_directory, undecided_in
from benefits.catalogue import PARAMETERS
from benefits.codes import Region
from benefits.facts import read_facts
from benefits.terms import quarter_before
from tests.law.casebook import family_mapping

CODE = "assistance-in-a-region"
MODULE = f"""
from dataclasses import replace
from benefits.rules.targeted_assistance import RULE as OWN
RULE = replace(OWN, code="{CODE}")
"""
LINES = """parameter,region,quarter,value,source,mark
region_pm,KZ-19,2024-Q3,44000,regional-line,C
region_pm,KZ-19,2024-Q4,45000,regional-line,C
region_pm,KZ-19,2025-Q1,46000,regional-line,C
region_pm,KZ-19,2025-Q4,47000,regional-line,C
region_median_income,KZ-19,2024-Q4,100000,Letter of the ministry,C
region_median_income,KZ-19,2025-Q1,80000,Letter of the ministry,C
poverty_line,KZ-19,2025-Q3,40000,Letter of the ministry,C
poverty_line,KZ-19,2025-Q4,40000,Letter of the ministry,C
"""


@pytest.fixture(autouse=True)
def _region(tmp_path: Path) -> Iterator[None]:
    text = (PARAMETERS / "targeted-assistance.yaml").read_text(encoding="utf-8")
    text = text.replace("service: targeted-assistance", f"service: {CODE}")
    (tmp_path / f"{CODE}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "regions.csv").write_text(LINES, encoding="utf-8")
    (tmp_path / "region.py").write_text(MODULE)
    add_directory(tmp_path)
    yield
    remove_directory(tmp_path)


@pytest.mark.parametrize(
    ("on", "income_quarter", "line"),
    [
        (date(2024, 12, 31), "2024-07-01", Decimal(30800)),  # 70 % of the PM of the third quarter, no median then
        (date(2025, 1, 1), "2024-10-01", Decimal(35000)),  # 35 % of the median is more than 70 % of PM: 31 500
        (date(2025, 4, 1), "2025-01-01", Decimal(32200)),  # 70 % of PM is more than 35 % of the median: 28 000
    ],
)
def test_the_line_is_that_of_the_quarter_before(on: date, income_quarter: str, line: Decimal) -> None:
    decision = assess(CODE, _facts(on, income_quarter), on)
    assert decision.right is Right.YES
    assert [found.value for found in decision.trace if found.code == "line"] == [line]
    figures = [one for one in decision.trace if one.code.endswith("[KZ-19]")]
    grounds = {"C": {"Notice of the poverty line of the region", "Letter of the ministry"}}
    assert all(one.ground in grounds[one.mark or ""] and one.since == quarter_before(on) for one in figures)
    assert len(figures) == 1 + (on.year == 2025)
    assert decision.net == line * 2 - 20000


@pytest.mark.parametrize("on", [date(2024, 2, 10), date(2024, 11, 1), date(2025, 2, 1), date(2026, 1, 1)])
def test_the_regions_listed_are_those_whose_line_is_asked_about(on: date) -> None:
    """What operators are told is what the law does, in every region, with the figures of the folder too."""
    for listed in undecided_in(on):
        assert listed.service in ("targeted-assistance", CODE)
        for region in Region:
            decision = assess(listed.service, _facts(on, quarter_before(on).isoformat(), region), on)
            asked = decision.asked is not None and decision.asked.code == "poverty_line_unknown"
            assert asked == (region in listed.regions), region
    own = next(one for one in undecided_in(date(2025, 4, 1)) if one.service == "targeted-assistance")
    assert "KZ-19" not in own.regions, "the figures of a folder are those of our own benefits too"
    assert own.to_dict()["quarter"] == "2025-Q2"
    assert (len(own.regions), own.of) == (19, 20)


def test_without_the_folder_its_figures_are_gone(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "regions.csv").write_text(LINES.replace("KZ-19", "KZ-75"))
    add_directory(tmp_path / "more")
    (with_it,) = (one for one in undecided_in(date(2025, 4, 1)) if one.service == "targeted-assistance")
    remove_directory(tmp_path / "more")
    (without,) = (one for one in undecided_in(date(2025, 4, 1)) if one.service == "targeted-assistance")
    assert ("KZ-75" in with_it.regions, "KZ-75" in without.regions) == (False, True)
    assert "KZ-19" not in {*with_it.regions, *without.regions}


def test_without_the_median_of_the_quarter_a_person_decides() -> None:
    decision = assess(CODE, _facts(date(2026, 1, 1), "2025-10-01"), date(2026, 1, 1))
    assert decision.asked is not None
    assert decision.asked.code == "poverty_line_unknown"


def _facts(on: date, income_quarter: str, region: str = "KZ-19") -> Facts:
    household = {"quarter": income_quarter, "income": "60000", "members": ["mother", "child 1"]}
    family = {"mother": {"born": "1985-05-05", "region": region}, "children": ["2012-01-01"], "household": household}
    return read_facts(family_mapping(family, on.isoformat()))
