"""The nodes of a YAML file that a lawyer wrote, each taken for what it should be; every error names file and line."""

from datetime import date
from pathlib import Path
from typing import NoReturn

import yaml

from benefits.languages import fault_of_language
from benefits.plausible import names_nobody
from benefits.texts import LANGUAGES, Texts


class BadParameters(ValueError):
    """A parameter file that breaks the schema; the text is `file:line: what`."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path.name}:{line}: {what}")
        self.path = path


class YamlNodes:
    """Reads the nodes of one file. Raises BadParameters."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keys: dict[int, int] = {}
        """By the identity of a value's node the line of its key: a block begins only on the line after it."""

    def flag(self, node: yaml.Node) -> bool:
        text = self.text(node)
        if text not in ("true", "false", "yes", "no"):
            self.fail(node, f"true or false, not {text!r}")
        return text in ("true", "yes")

    def day(self, text: str, node: yaml.Node) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.fail(node, f"not a date: {text!r}; as 2025-01-01")

    def named(self, node: yaml.Node, what: str) -> str:
        text = self.text(node)
        if names_nobody(text):
            self.fail(node, f"{what} is named in words, not as {text!r}")
        return text

    def texts(self, node: yaml.Node) -> Texts:
        content = self.mapping(node, required=LANGUAGES, allowed=())
        texts = Texts(*(self.text(content[language]) for language in LANGUAGES))
        fault = fault_of_language(texts)
        if fault is not None:
            self.fail(content[fault[:2]], fault)
        return texts

    def text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            self.fail(node, "a text or number is expected here")
        return str(node.value).strip()

    def mapping(self, node: yaml.Node, required: tuple[str, ...], allowed: tuple[str, ...]) -> dict[str, yaml.Node]:
        content = dict(self.entries(node, "fields"))
        for name in required:
            if name not in content:
                self.fail(node, f"{name!r} is missing")
        for name, child in content.items():
            if name not in required and name not in allowed:
                self.fail(child, f"unknown field {name!r}; one of {', '.join(required + allowed)}")
        return content

    def entries(self, node: yaml.Node, what: str, repeated: str = "") -> list[tuple[str, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, f"{what} must be a mapping")
        entries: list[tuple[str, yaml.Node]] = []
        seen: set[str] = set()
        for key, child in node.value:
            name = self.text(key)
            if name in seen:
                self.fail(key, repeated or f"{name!r} is given twice")
            seen.add(name)
            self._keys[id(child)] = key.start_mark.line + 1
            entries.append((name, child))
        return entries

    def line(self, node: yaml.Node) -> int:
        return self._keys.get(id(node), node.start_mark.line + 1)

    def fail(self, node: yaml.Node, what: str) -> NoReturn:
        raise BadParameters(self.path, self.line(node), what)
