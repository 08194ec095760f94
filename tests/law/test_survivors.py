"""The list of what mutation of the law leaves unnoticed is about the law as it is; `make mutants` judges it in full."""

from pathlib import Path

import benefits
from tests.law.mutation import listed

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
