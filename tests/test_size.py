"""A file is read in one sitting: what grows beyond that is split by subject, but for lists and tables."""

import subprocess

from runtime.embedded.processes import ROOT

MOST = 320
"""Lines."""

LISTS = {
    "card/tables.py": "the tables, one after the other",
    "runtime/settings.py": "the settings",
    "workflows/model.py": "the messages of a case",
    "stubs/cast.py": "whom the stubs know, and how each may behave",
}
"""Files that say the same of many things, and what of."""

LARGE = {
    "activities/attempts.py",
    "activities/renumbered.py",
    "adapters/http.py",
    "benefits/catalogue.py",
    "benefits/evaluator.py",
    "benefits/facts/reader.py",
    "benefits/legislation.py",
    "benefits/parameter_file.py",
    "benefits/readings.py",
    "card/cases.py",
    "card/messages.py",
    "card/rights.py",
    "desk/reconcile.py",
    "gateway/door.py",
    "gateway/relay.py",
    "runtime/embedded/stack.py",
    "workflows/case_in_sight.py",
    "workflows/proactive_service.py",
}
"""Files that are still too large: whoever splits one takes it away here, and none comes to it."""


def _lines() -> dict[str, int]:
    tracked = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [file for file in tracked.stdout.splitlines() if not file.startswith(("tests/", "bench/"))]
    files = [file for file in files if "/migrations/" not in file and (ROOT / file).exists()]
    return {file: len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in files}


def test_no_file_is_larger_than_one_sitting() -> None:
    large = {file: lines for file, lines in _lines().items() if lines > MOST and file not in {*LISTS, *LARGE}}
    assert not large, f"split by subject, at most {MOST} lines: {large}"


def test_what_is_excepted_is_there() -> None:
    assert not {*LISTS, *LARGE} - set(_lines())
