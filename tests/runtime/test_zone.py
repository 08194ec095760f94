"""A host whose time zone data are wrong is noticed at the start: windows would end an hour early, silently."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zoneinfo import TZPATH

import pytest
import tzdata  # type: ignore[import-untyped]

from runtime.embedded.processes import ROOT


def _start(path: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONTZPATH": path}
    program = [sys.executable, "-c", "import runtime.settings"]
    return subprocess.run(program, env=env, cwd=ROOT, capture_output=True, text=True, check=False)


def test_data_of_before_the_change_are_refused(tmp_path: Path) -> None:
    zones = Path(str(tzdata.__path__[0])) / "zoneinfo" / "Asia"
    (tmp_path / "Asia").mkdir()
    # What Almaty was until 1.03.2024, and Bishkek still is.
    shutil.copy(zones / "Bishkek", tmp_path / "Asia" / "Almaty")
    refused = _start(str(tmp_path))
    assert refused.returncode != 0
    assert "Asia/Almaty must be UTC+5" in refused.stderr.splitlines()[-1]


@pytest.mark.parametrize("path", ["", os.pathsep.join(TZPATH)], ids=["the package's", "the host's"])
def test_the_package_brings_its_own_where_the_host_has_none(path: str) -> None:
    started = _start(path)
    assert (started.returncode, started.stderr) == (0, "")
