"""The values of the law that nobody has checked against its text, each with file and line, and those that were signed.

A work list for lawyers. A value leaves it when its mark is no longer U, and `signed` says by whom, when, from what.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from benefits.catalogue import PARAMETERS, load, region_tables
from benefits.dated import Signature
from benefits.endings import shown
from benefits.notices.due import laws
from benefits.regions import FILE as REGIONS
from benefits.texts import Texts


@dataclass(frozen=True, slots=True)
class ToCheck:
    """A value with mark U, or a signed one. `code` is e.g. `multi-child.rate[5]`; `file` as the folder of parameters
    names it.
    """

    code: str
    file: str
    line: int
    label: Texts
    since: date
    value: str
    unit: str
    reference: str
    signed: Signature | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "file": self.file,
            "line": self.line,
            "label": self.label.to_dict(),
            "since": self.since.isoformat(),
            "value": self.value,
            "unit": self.unit,
            "reference": self.reference,
            "signed": self.signed.to_dict() if self.signed else None,
        }


def work_list() -> tuple[ToCheck, ...]:
    """Every value of every file with mark U, and every signed one, in the order of files and lines."""
    every = [*(one.legislation for one in load().values()), *laws().values()]
    files = {file.path: file for law in every for file in (law.common, law.own)}
    by_region = region_tables()
    labels = {name: one.label for law in every for name, one in law.common.parameters.items()}
    found = [
        ToCheck(
            code=f"{file.service}.{parameter.name}" + ("" if key is None else f"[{key}]"),
            file=REGIONS if parameter.name in by_region else _name(path),
            line=value.line,
            label=parameter.label or labels.get(parameter.name) or Texts.same(parameter.name),
            since=value.since,
            value=shown(value),
            unit=parameter.unit,
            reference=value.reference,
            signed=value.signed,
        )
        for path, file in files.items()
        for parameter in file.parameters.values()
        for key, values in parameter.written.items()
        for value in values
        if value.mark == "U" or value.signed
    ]
    return tuple(sorted(found, key=lambda one: (one.file, one.line)))


def _name(path: Path) -> str:
    return path.relative_to(PARAMETERS).as_posix() if path.is_relative_to(PARAMETERS) else path.name
