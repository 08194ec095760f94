"""The poverty line from a region's figures: the ministry has still to supply them, so here they are invented."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from benefits import Facts, Right, add_directory, assess, remove_directory
from benefits.catalogue import PARAMETERS
from benefits.facts import read_facts
from tests.law.casebook import family_mapping

CODE = "assistance-in-a-region"
MODULE = f"""
from dataclasses import replace
from benefits.rules.targeted_assistance import RULE as OWN
RULE = replace(OWN, code="{CODE}")
"""
REGION_PM = """
    table:
      KZ-19:
        2024-07-01: {value: 44000, reference: regional-line, mark: C, until: 2024-09-30}
        2024-10-01: {value: 45000, reference: regional-line, mark: C, until: 2024-12-31}
        2025-01-01: {value: 46000, reference: regional-line, mark: C, until: 2025-03-31}
        2025-04-01: {value: 47000, reference: regional-line, mark: C, until: 2025-06-30}
"""
REGION_MEDIAN = """
    table:
      KZ-19:
        2024-10-01: {value: 100000, reference: regional-line, mark: C, until: 2024-12-31}
        2025-01-01: {value: 80000, reference: regional-line, mark: C, until: 2025-03-31}
"""


@pytest.fixture(autouse=True)
def _region(tmp_path: Path) -> Iterator[None]:
    text = (PARAMETERS / "targeted-assistance.yaml").read_text(encoding="utf-8")
    text = text.replace("service: targeted-assistance", f"service: {CODE}")
    text = text.replace(
        "\nwords:\n", "\nwords:\n  KZ-19: {kk: Алматы облысы, ru: Алматинская область, en: Almaty region}\n"
    )
    before, middle, after = text.split("\n    table: {}\n")
    (tmp_path / f"{CODE}.yaml").write_text(before + REGION_PM + middle + REGION_MEDIAN + after, encoding="utf-8")
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
    assert decision.net == line * 2 - 20000


def test_without_the_median_of_the_quarter_a_person_decides() -> None:
    decision = assess(CODE, _facts(date(2025, 7, 1), "2025-04-01"), date(2025, 7, 1))
    assert decision.asked is not None
    assert decision.asked.code == "poverty_line_unknown"


def _facts(on: date, income_quarter: str) -> Facts:
    household = {"quarter": income_quarter, "income": "60000", "members": ["mother", "child 1"]}
    family = {"mother": {"born": "1985-05-05", "region": "KZ-19"}, "children": ["2012-01-01"], "household": household}
    return read_facts(family_mapping(family, on.isoformat()))
