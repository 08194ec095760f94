"""The Makefile: it explains itself, finds a suitable Python, and says in one line when there is none."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from runtime.embedded.processes import ROOT

TARGETS = ("demo", "up", "test", "bench", "lint", "clean")


def _make(*arguments: str, cwd: Path = ROOT, path: str | None = None) -> subprocess.CompletedProcess[str]:
    env = {"PATH": path} if path else None
    make = shutil.which("make")
    assert make is not None
    return subprocess.run([make, *arguments], cwd=cwd, env=env, capture_output=True, text=True)


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A checkout that was never used, its path with a space, and a PATH on which only the shell's own tools are."""
    checkout = tmp_path / "a checkout"
    checkout.mkdir()
    for file in (ROOT / "Makefile", *ROOT.glob("requirements*.txt")):
        shutil.copy(file, checkout)
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "awk", "touch", "mkdir", "rm", "cat", "chmod", "mv", "sed", "grep"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    return checkout


def _python(programs: Path, name: str, *, suitable: bool) -> None:
    """A stand-in that knows the three calls of the Makefile and makes an environment that only notes what is asked."""
    program = programs / name
    program.write_text(
        f"""#!/bin/sh
case "$1 $2" in
    "-c "*) exit {0 if suitable else 1} ;;
    "--version "*) echo "Python by {name}" ;;
    "-m venv")
        for there; do :; done
        mkdir -p "$there/bin"
        printf '#!/bin/sh\\necho "$@" >> asked\\n' > "$there/bin/python"
        chmod +x "$there/bin/python" ;;
esac
"""
    )
    program.chmod(0o755)


def test_help_is_what_make_alone_says() -> None:
    said = _make("-s")
    assert said.returncode == 0
    assert said.stdout == _make("-s", "help").stdout
    for target in TARGETS:
        assert f"make {target} " in said.stdout


@pytest.mark.parametrize("old", [True, False])
def test_without_a_suitable_python_one_line_says_so(fresh: Path, old: bool) -> None:
    programs = fresh.parent / "programs"
    if old:
        _python(programs, "python3", suitable=False)
    failed = _make("test", cwd=fresh, path=str(programs))
    assert failed.returncode != 0
    said = [line for line in failed.stderr.splitlines() if not line.startswith("make")]
    assert said == [
        "Demeu needs Python 3.11 or newer with venv: install it, or name it: make PYTHON=/path/to/python3.11"
    ]
    assert not (fresh / ".venv").exists()


@pytest.mark.parametrize("name", ["python3", "python3.11", "python3.12", "python3.13"])
def test_a_suitable_python_is_found_by_name(fresh: Path, name: str) -> None:
    programs = fresh.parent / "programs"
    _python(programs, "python3", suitable=False)
    _python(programs, name, suitable=True)
    done = _make("test", "ARGS=-k nothing", cwd=fresh, path=str(programs))
    assert done.returncode == 0, done.stderr
    assert f"Python by {name}" in done.stdout
    asked = (fresh / "asked").read_text().splitlines()
    assert asked[0].startswith("-m pip install")
    assert asked[0].endswith("-r requirements-dev.txt")
    assert asked[1].endswith("--no-deps -r requirements-schemas.txt")
    assert asked[2] == "-m pytest -n 2 --dist loadfile -k nothing"


def test_the_environment_is_made_anew_when_a_requirement_changes_and_only_then(fresh: Path) -> None:
    programs = fresh.parent / "programs"
    _python(programs, "python3", suitable=True)
    for _ in range(2):
        assert _make("test", cwd=fresh, path=str(programs)).returncode == 0
    ready = (fresh / ".venv" / ".ready").stat()
    with (fresh / "requirements.txt").open("a") as requirements:
        requirements.write("\n")
    later = ready.st_mtime_ns + 1_000_000_000
    os.utime(fresh / "requirements.txt", ns=(later, later))
    assert _make("test", cwd=fresh, path=str(programs)).returncode == 0
    installs = [line for line in (fresh / "asked").read_text().splitlines() if line.startswith("-m pip install")]
    assert len(installs) == 4


def test_it_can_be_told_which_python(fresh: Path) -> None:
    programs = fresh.parent / "programs"
    elsewhere = fresh.parent / "else where"
    elsewhere.mkdir()
    _python(elsewhere, "mine", suitable=True)
    done = _make("install", f"PYTHON={elsewhere / 'mine'}", cwd=fresh, path=str(programs))
    assert done.returncode == 0, done.stderr
    assert "Python by mine" in done.stdout


def test_an_environment_behind_a_link_is_left_alone(fresh: Path) -> None:
    programs, others = fresh.parent / "programs", fresh.parent / "others"
    _python(programs, "python3", suitable=True)
    (others / "bin").mkdir(parents=True)
    (others / "bin/python").write_text("another checkout's")
    (fresh / ".venv").symlink_to(others)
    refused = _make("-s", "install", cwd=fresh, path=str(programs))
    assert refused.returncode != 0
    assert refused.stderr.startswith(".venv is a link: another checkout uses what it leads to.")
    assert (others / "bin/python").read_text() == "another checkout's"
