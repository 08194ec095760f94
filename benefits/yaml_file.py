"""Reads a YAML or JSON file that somebody wrote by hand: every scalar as text, and only what can be meant.

A key given twice is an error (YAML keeps the last one in silence), and so is what could only hang or exhaust us: a
device or pipe, a file beyond `LARGEST_BYTES`, nesting beyond `DEEPEST`.
"""

import stat
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

LARGEST_BYTES = 1_000_000
"""The largest file that is read; a family's facts have some thousand."""
DEEPEST = 50
"""The deepest nesting that is read; facts have five levels."""


class BadYaml(ValueError):
    """A file that is not read: `rule` says what was expected, `line` where (None: the whole file), `found` what."""

    def __init__(self, rule: str, line: int | None = None, found: str = "") -> None:
        super().__init__(rule)
        self.rule, self.line, self.found = rule, line, found


def read_yaml(path: Path) -> Any:
    """The content of the file, with every scalar as text. Raises BadYaml, or OSError when it cannot be read."""
    state = path.stat()
    if not stat.S_ISREG(state.st_mode) and not stat.S_ISDIR(state.st_mode):
        raise BadYaml("a regular file", found="no device or pipe")
    if state.st_size > LARGEST_BYTES:
        raise BadYaml(f"a file of at most {LARGEST_BYTES} bytes")
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_OnlyOnce)  # noqa: S506 - texts only
    except UnicodeDecodeError:
        raise BadYaml("a YAML or JSON file") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BadYaml("a YAML or JSON file", mark.line + 1 if mark else None) from None


class _OnlyOnce(yaml.BaseLoader):
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadYaml(f"nested at most {DEEPEST} deep", self.line + 1)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    # A key may be any text, so only what looks like the name of a field is shown.
                    name = key.value if key.value.replace("_", "").isalpha() and key.value.isascii() else "a key"
                    raise BadYaml("each key once", key.start_mark.line + 1, f"{name} is given twice")
                seen.add(key.value)
        return super().construct_mapping(node, deep)
