"""Each value names the text that says it: none cites an article of another benefit, and no article is left over."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from benefits.catalogue import PARAMETERS
from benefits.dated import ParameterFile
from benefits.legislation import COMMON
from benefits.parameter_file import read_parameter_file

BY_THE_FUND = {"capacity-loss", "job-loss", "breadwinner-loss", "childcare"}
FAMILY_BENEFITS = {"awarded-mother", "childbirth", "childcare", "multi-child"}
ANY = None
"""Of what is said of every benefit: the Card, constants, rules of working, what the ministry has printed."""

FILES = [read_parameter_file(path) for path in sorted(PARAMETERS.rglob("*.yaml"))]
OF_THE_YEAR = [key for file in FILES for key in file.references if key.startswith(("budget-law-", "forecast-"))]

BELONGS: dict[str, set[str] | None] = {
    "social-code": ANY,
    "social-code-24": ANY,
    "published-amounts-2025": ANY,
    "proactive-rules": ANY,
    "operating-rule": ANY,
    "no-text-found": ANY,
    "social-code-72": FAMILY_BENEFITS,
    "social-code-118-171": BY_THE_FUND,
    "social-code-120": {"targeted-assistance"},
    "social-code-176-177": {"disability"},
    "social-code-242": {"burial"},
    "insurance-law-15": {COMMON, "childcare"},
    "insurance-law-19": BY_THE_FUND,
    "insurance-law-20": {COMMON, "capacity-loss", "breadwinner-loss"},
    "insurance-law-21": {"breadwinner-loss"},
    "insurance-law-27": {COMMON},
    "insurance-law-22": {"job-loss"},
    "insurance-law-26": {COMMON},
    "insurance-law-28": {COMMON},
    "fund-indexation-2026": {COMMON, "capacity-loss", "breadwinner-loss"},
    "regional-line": {"targeted-assistance"},
    "poverty-line-order": {"targeted-assistance"},
    "poverty-line-order-2024": {"targeted-assistance"},
    "assistance-method-2025": {"targeted-assistance"},
    "migration-law": {"kandas"},
    **{key: {COMMON} for key in OF_THE_YEAR},
}
"""Which files may cite a text. Art. 20 of Law 286-VI holds the formula that art. 21 takes its shares from."""

HOW_IT_IS_ASSIGNED = {"decider", "term_working_days", "document_days"}
"""What article 72 is about: who assigns a family benefit, and in what time. No amount stands there."""

REGIONAL = PARAMETERS / "regions.csv"
"""Regional figures: each row names its source too."""


def _cited(file: ParameterFile) -> Iterator[tuple[str, str]]:
    """Each text that the file cites, with the parameter that it is cited for; the file's own ground for `ground`."""
    if file.reference is not None:
        yield file.reference, "ground"
    yield from ((reference, "ground") for reference in file.grounds.values())
    for name, parameter in file.parameters.items():
        for values in parameter.series.values():
            yield from ((value.reference, name) for value in values)
    if file.service == "targeted-assistance":
        with REGIONAL.open(encoding="utf-8", newline="") as rows:
            yield from ((row["source"], row["parameter"]) for row in csv.DictReader(rows))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.service)
def test_no_value_cites_an_article_of_another_benefit(file: ParameterFile) -> None:
    for reference, name in _cited(file):
        assert reference in BELONGS, f"{file.path.name}: {name} cites {reference!r}: say in BELONGS whose text it is"
        allowed = BELONGS[reference]
        assert allowed is None or file.service in allowed, f"{file.path.name}: {name} cites {reference!r}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.service)
def test_the_article_on_assigning_is_cited_for_no_amount(file: ParameterFile) -> None:
    assert {name for reference, name in _cited(file) if reference == "social-code-72"} <= HOW_IT_IS_ASSIGNED


def test_no_text_is_listed_that_nothing_cites() -> None:
    used = {reference for file in FILES for reference, _ in _cited(file)}
    listed = {reference: file.path for file in FILES for reference in file.references}
    assert {key: path.name for key, path in listed.items() if key not in used} == {}
    assert set(BELONGS) - used == set()


def test_a_text_of_one_benefit_stands_in_its_own_file() -> None:
    """There nothing else can cite it, whatever the table above says."""
    own = {key for key, files in BELONGS.items() if files is not None and len(files) == 1 and files != {COMMON}}
    common = next(file for file in FILES if file.path == Path(PARAMETERS / f"{COMMON}.yaml"))
    assert own & set(common.references) == set()
