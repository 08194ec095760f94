"""The parameters with the next year's constants entered as `benefits/parameters/README.md` says it, for a test.

`python -m tests.law.next_law FOLDER` writes them there, to run what one likes against them.
"""

import shutil
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

from benefits.catalogue import PARAMETERS
from benefits.parameter_file import read_parameter_file

CONSTANTS = ("mrp", "pm", "mzp")
RAISED = Decimal("1.07")
"""By how much the invented law raises them: by none of the forecasts."""


def last_year() -> int:
    """The year to which the constants are law."""
    values = read_parameter_file(PARAMETERS / "common.yaml").parameters["mrp"].series[None]
    return max(one.since.year for one in values if one.stands_in is None)


def known_since() -> date:
    """The day on which the next law becomes known."""
    return date(last_year(), 12, 5)


def amount(name: str) -> Decimal:
    """What the invented law says."""
    values = read_parameter_file(PARAMETERS / "common.yaml").parameters[name].series[None]
    last = max((one for one in values if one.stands_in is None), key=lambda one: one.since)
    assert isinstance(last.value, Decimal)
    return (last.value * RAISED).to_integral_value()


def entered(text: str) -> str:
    """The common file with the next law: the forecast stays, and the law is written beside it under the same date."""
    year = last_year() + 1
    for name in CONSTANTS:
        begins = text.index(f"\n  {name}:\n")
        lines = text[begins:].split("\n")
        at = next(number for number, line in enumerate(lines) if line.startswith(f"      {year - 1}-01-01:"))
        while lines[at + 1].startswith("        "):
            at += 1
        law = (
            f"{{value: {amount(name)}, reference: budget-law-{year}, mark: P, known_since: {known_since()}, "
            f"until: {year}-12-31}}"
        )
        forecast = lines[at + 1].removeprefix(f"      {year}-01-01: ")
        if forecast != lines[at + 1]:
            lines[at + 1 : at + 2] = [f"      {year}-01-01:", f"        - {forecast}", f"        - {law}"]
        else:
            lines.insert(at + 1, f"      {year}-01-01: {law}")
        text = text[:begins] + "\n".join(lines)
    ground = f"  budget-law-{year}:\n    kk: Заң {year}\n    ru: Закон {year}\n    en: Law {year}\n"
    return text.replace("\n  social-code:\n", f"\n{ground}  social-code:\n", 1)


def write(folder: Path) -> None:
    """A copy of all parameters with the next law."""
    shutil.copytree(PARAMETERS, folder, dirs_exist_ok=True)
    common = folder / "common.yaml"
    common.write_text(entered(common.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
