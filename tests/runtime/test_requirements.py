"""The requirements: exact, closed, explained; and production needs nothing that only development has."""

import ast
import re
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from runtime.embedded.processes import ROOT

PRODUCTION = ROOT / "requirements.txt"
STUBS = ROOT / "requirements-stubs.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
PIN = re.compile(r"([a-z0-9-]+)(\[[a-z,]+\])?==([^ ]+)  # (.+)")


def _pins(file: Path) -> dict[str, re.Match[str]]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith(("#", "-r "))]
    found = [PIN.fullmatch(line) for line in lines]
    assert None not in found, [line for line, match in zip(lines, found, strict=True) if match is None]
    return {match[1]: match for match in found if match is not None}


def _imports(folder_or_file: Path) -> set[str]:
    files = folder_or_file.rglob("*.py") if folder_or_file.is_dir() else [folder_or_file]
    names: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names)


@pytest.mark.parametrize("file", [PRODUCTION, STUBS, DEVELOPMENT], ids=lambda file: file.name)
def test_sorted_and_each_with_its_reason(file: Path) -> None:
    names = list(_pins(file))
    assert names == sorted(names)


def test_no_name_is_pinned_twice() -> None:
    pins = [name for file in (PRODUCTION, STUBS, DEVELOPMENT) for name in _pins(file)]
    assert len(pins) == len(set(pins))


FILES = {"production": (PRODUCTION,), "stubs": (PRODUCTION, STUBS), "development": (PRODUCTION, STUBS, DEVELOPMENT)}


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_what_comes_along_is_pinned_too(files: tuple[Path, ...]) -> None:
    pins = {name: match for file in files for name, match in _pins(file).items()}
    missing = set()
    for name, match in pins.items():
        extras = set((match[2] or "").strip("[]").split(",")) | {""}
        for line in requires(name) or []:
            wanted = Requirement(line)
            if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
                missing |= {canonicalize_name(wanted.name)} - set(pins)
    assert missing == set()


def test_production_imports_only_what_its_image_has() -> None:
    pins = _pins(PRODUCTION)
    own = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"worker", "starter"}
    distributions = packages_distributions()
    for development in ("tests", "bench", "stubs", "demo"):
        own.discard(development)
    places = [ROOT / name for name in own if (ROOT / name).is_dir()]
    imported = set().union(*map(_imports, places), *map(_imports, ROOT.glob("*.py")))
    imported -= own | {"demo"}  # for which starter looks first
    unknown = {name for name in imported if not {canonicalize_name(d) for d in distributions.get(name, [])} & set(pins)}
    assert unknown == set()
