"""The list of what mutation of the law leaves unnoticed is about the law as it is; `make mutants` judges it in full."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import benefits
from benefits.terms import next_month
from tests.law.mutation import listed
from tests.law.mutation.mutants import LAW as RELATIVE
from tests.law.mutation.mutants import mutants

LAW = Path(benefits.__file__).parent


def test_every_listed_line_is_a_line_of_the_law() -> None:
    found = list(listed())
    assert len(set(found)) == len(found) > 0
    for function, line, changed in found:
        *modules, _ = function.split(".")
        file = next(
            path for n in range(len(modules), 0, -1) if (path := LAW.joinpath(*modules[:n]).with_suffix(".py")).exists()
        )
        assert line in file.read_text(encoding="utf-8"), function
        assert line != changed


def test_a_change_stands_where_it_says_and_is_seen_by_who_holds_the_function_already() -> None:
    path = RELATIVE / "terms.py"
    source = path.read_text(encoding="utf-8")
    changes = [one for one in mutants(path) if one.function == "next_month"]
    assert changes
    for one in changes:
        _, was, now = one.change
        assert was in " ".join(source.splitlines()[line - 1].strip() for line in one.lines)
        assert now in one.file()
        assert one.file() != source

    def answers() -> object:
        try:
            return next_month(date(2025, 12, 31))
        except Exception as wrong:
            return repr(wrong)

    as_it_is = answers()
    others = []
    for one in changes:
        one.apply()
        others.append(answers())
        replace(one, now=one.was).apply()
    assert as_it_is == answers() == date(2026, 1, 1)
    assert sum(other != as_it_is for other in others) >= len(others) - 1
