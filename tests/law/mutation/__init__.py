"""Mutation testing of the law: what change of `benefits/` would no test of the law notice? What is known to survive
stands in `survivors.yaml`.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml

LEDGER = Path(__file__).parents[1] / "survivors.yaml"

Change = tuple[str, str, str]
"""The function, the line as it is, and the line as it was changed."""


def listed() -> Iterator[Change]:
    """The changes that are known to survive."""
    for group in yaml.safe_load(LEDGER.read_text(encoding="utf-8")):
        for mutant in group["mutants"]:
            yield mutant["in"], mutant["line"], mutant["changed"]
