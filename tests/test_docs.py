"""The README and the deployment notes must not lag the code: commands, outcomes, actions, files and settings."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from runtime.settings import Settings, variable
from starter import app
from workflows.model import Action, Attention, Outcome

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATORS = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
DEPLOY = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")


def test_every_command_is_in_the_readme() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert commands
    missing = [name for name in commands if not re.search(rf"`[^`]*\b{name}\b", README)]
    assert not missing


def test_every_outcome_and_action_is_in_the_readme() -> None:
    assert not [word for word in Outcome if f"`{word}`" not in README]
    assert not [word for word in (*Action, *Attention) if f"`{word}`" not in OPERATORS]


@pytest.mark.parametrize("text", [README, DEPLOY], ids=["README", "deploy"])
def test_every_make_target_that_is_named_exists(text: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)\b", text, re.M))
    assert named <= targets


def test_every_path_that_is_named_exists() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    quoted = [path for path in re.findall(r"`([a-z_]+/[\w./-]+)`", README) if "CODE" not in path]
    assert links
    assert not [path for path in (*links, *quoted) if not (ROOT / path).exists()]


def test_every_variable_that_is_named_is_a_setting() -> None:
    known = {variable(field) for field in Settings.model_fields}
    named = set(re.findall(r"\bDEMEU_[A-Z_]+[A-Z]\b", README + DEPLOY))
    assert named
    assert not named - known
