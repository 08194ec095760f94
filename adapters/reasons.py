"""Why a bank does not pay, or returns what it has paid, and what cures it: the table `reasons.yaml` beside this file.

Nothing is cured here: a code says what to try next, whoever pays does it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, NoReturn

import yaml

FILE: Final = Path(__file__).with_name("reasons.yaml")
LANGUAGES: Final = ("kk", "ru", "en")


class Cure(StrEnum):
    """What may lead to the money after all."""

    ANOTHER_ACCOUNT = "another_account"
    PAY_AGAIN = "pay_again"
    OPERATOR = "operator"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Reason:
    """A code of ISO 20022. `after_days` and `times` (how often at most) are of PAY_AGAIN alone, else None.
    `ours`: it is about the account that we pay from, or about us."""

    code: str
    cure: Cure
    meaning: Mapping[str, str]
    after_days: int | None = None
    times: int | None = None
    ours: bool = False


class BadReasons(ValueError):
    """The table breaks a rule; the text names file, line and rule."""


def read_reasons(path: Path = FILE) -> dict[str, Reason]:
    """The table by code. Raises BadReasons."""
    return _Table(path).read()


class _Table:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: dict[int, int] = {}
        """The line of the name under which a node stands."""

    def read(self) -> dict[str, Reason]:
        try:
            root = yaml.compose(self._path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        except (yaml.YAMLError, UnicodeDecodeError) as wrong:
            mark = getattr(wrong, "problem_mark", None)
            self._refuse(mark.line + 1 if mark else 1, "no YAML")
        if root is None:
            self._refuse(1, "a table of codes is needed")
        return {code: self._reason(code, node) for code, node in self._members(root, "codes").items()}

    def _reason(self, code: str, node: yaml.Node) -> Reason:
        line = self._line(node)
        if not (len(code) == 4 and code.isascii() and code.isalnum() and code == code.upper()):
            self._refuse(line, "a code of ISO 20022 has four capital letters or digits")
        members = self._members(node, code)
        unknown = members.keys() - {"cure", "meaning", "after_days", "times", "ours"}
        if unknown:
            self._refuse(self._line(members[min(unknown)]), f"{code} has no member {min(unknown)}")
        if "cure" not in members or members["cure"].value not in list(Cure):
            self._refuse(line, f"{code} needs a cure, one of: {', '.join(Cure)}")
        cure = Cure(members["cure"].value)
        meaning = self._members(members["meaning"], code) if "meaning" in members else {}
        said = all(isinstance(one.value, str) and one.value for one in meaning.values())
        if set(meaning) != set(LANGUAGES) or not said:
            self._refuse(line, f"{code} needs a meaning in each of: {', '.join(LANGUAGES)}")
        figures = {name: self._figure(code, name, members[name]) for name in ("after_days", "times") if name in members}
        if len(figures) != (2 if cure is Cure.PAY_AGAIN else 0):
            self._refuse(line, f"{code}: after_days and times belong to pay_again, both of them, and to no other cure")
        ours = "ours" in members
        if ours and (members["ours"].value != "true" or cure is not Cure.PAY_AGAIN):
            self._refuse(line, f"{code}: ours is true, or left out, and belongs to pay_again")
        return Reason(code, cure, {name: str(one.value) for name, one in meaning.items()}, **figures, ours=ours)

    def _figure(self, code: str, name: str, node: yaml.Node) -> int:
        text = node.value
        if not (isinstance(text, str) and text.isascii() and text.isdigit() and 0 < int(text) < 100):
            self._refuse(self._line(node), f"{code}: {name} is a number from 1 to 99")
        return int(text)

    def _members(self, node: yaml.Node, what: str) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._refuse(self._line(node), f"{what}: members with names are needed")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(self._line(key), f"{what}: a name is one word")
            if key.value in found:
                self._refuse(self._line(key), f"{key.value} is given twice")
            found[key.value], self._keys[id(value)] = value, key.start_mark.line + 1
        return found

    def _line(self, node: yaml.Node) -> int:
        return self._keys.get(id(node), int(node.start_mark.line) + 1)

    def _refuse(self, line: int, rule: str) -> NoReturn:
        raise BadReasons(f"{self._path.name}:{line}: {rule}")


REASONS: Final[Mapping[str, Reason]] = read_reasons()


def cure_of(code: str | None) -> Cure:
    """What cures it; of a code that nobody knows, or none at all, an operator decides."""
    reason = REASONS.get(code or "")
    return Cure.OPERATOR if reason is None else reason.cure
