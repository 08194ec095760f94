"""`benefits --import-lines`: takes the ministry's figures by region and quarter into the law, all of a file or nothing.

They go into the folder of benefits that the environment names, or else into the parameters of this checkout. A running
gateway or worker has them after its next start.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace as replace_
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console

import benefits
from benefits.codes import Region
from benefits.regions import (
    FILE,
    MOST_CHANGE,
    BadLines,
    Key,
    RegionLine,
    far_off,
    jumps,
    latest,
    lines_of,
    quarter_name,
    read_lines,
    written,
)
from desk import BadInput

AHEAD = timedelta(days=183)
"""The farthest quarter for which the ministry has figures begins so long after today."""


@dataclass(frozen=True)
class Imported:
    """What came of a file: the lines taken, of which some took the place of others, and those that were there."""

    into: Path
    taken: tuple[RegionLine, ...]
    replaced: tuple[RegionLine, ...]
    there: int
    jumped: tuple[tuple[RegionLine, Decimal], ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "into": str(self.into),
            "taken": len(self.taken),
            "replaced": len(self.replaced),
            "there": self.there,
            "jumped": [
                {"line": new.line, "before": f"{before:f}", "value": f"{new.value:f}"} for new, before in self.jumped
            ],
        }


def import_lines(file: Path, replace: bool, far: bool, today: date) -> Imported:
    """Take the lines of a file. Raises BadInput with every error and its line, and then nothing is taken.

    A line that says otherwise than one that is there is an error without `replace`, one far from all figures of its
    kind without `far`, and one of a quarter that begins more than `AHEAD` after today always. Raises BadLines for a
    fault in what is there already.
    """
    known = benefits.region_tables()
    *_, folder = folders = benefits.region_folders()
    there = lines_of(folders, known)
    holds = latest(there)
    try:
        new = read_lines(file, known, _names())
    except BadLines as bad:
        raise BadInput("\n".join((*bad.errors, "nothing was taken"))) from None
    except OSError as error:
        raise BadInput(f"import-lines: a file that can be read ({error.strerror})") from None
    new = tuple(_beside(one, holds.get(one.figure)) for one in new)
    other = [(one, there[one.key]) for one in new if one.key in there and there[one.key].says != one.says]
    if other and not replace:
        raise BadInput("\n".join((*(_contradiction(*pair) for pair in other), "nothing was taken")))
    early = [one for one in new if one.quarter > today + AHEAD or (one.known_since or today) > today]
    if early:
        raise BadInput("\n".join((*(_early(one, today) for one in early), "nothing was taken")))
    doubtful = [] if far else list(far_off(new, holds, _minimum))
    if doubtful:
        raise BadInput("\n".join((*(_far(*pair) for pair in doubtful), "nothing was taken")))
    taken = tuple(one for one in new if one.key not in there or there[one.key].says != one.says)
    after = there | {one.key: one for one in new}
    result = Imported(
        into=folder / FILE,
        taken=taken,
        replaced=tuple(one for one, _ in other),
        there=len(new) - len(taken),
        jumped=tuple(jumps(new, latest(after))),
    )
    if taken:
        _write(result.into, lines_of((folder,), known) | {one.key: one for one in taken})
    return result


def show(console: Console, found: Imported) -> None:
    """Each figure that differs much from the quarter before, then how many lines were taken, and where to."""
    for new, before in found.jumped:
        says = f"{new.name}: {new.value:f} after {before:f} the quarter before, more than {MOST_CHANGE:.0%} apart"
        console.print(f"{new.path.name}:{new.line}: {says}; look whether it is meant", markup=False)
    told = f"Lines taken: {len(found.taken)}, of them in the place of others: {len(found.replaced)}; there already: "
    console.print(f"{told}{found.there}.", markup=False)
    if found.taken:
        console.print(f"Written to {found.into}; start gateway and worker anew to have them.", markup=False)


def _names() -> dict[str, Region]:
    """Each region by its code and its name in each language, in small letters."""
    words = benefits.region_names()
    return {name.casefold(): region for region in Region for name in (region.value, *words[region].to_dict().values())}


def _contradiction(new: RegionLine, old: RegionLine) -> str:
    says = f"{new.name} is {_said(old)} ({old.path.name}:{old.line}), not {_said(new)}"
    hint = "a known_since puts the new one beside it, --replace puts the new one in its place"
    return f"{new.path.name}:{new.line}: {says}: {hint}"


def _beside(new: RegionLine, holds: RegionLine | None) -> RegionLine:
    """The new line; one that does not say since when it is known is about what is known already."""
    return replace_(new, known_since=holds.known_since) if holds and new.known_since is None else new


def _early(one: RegionLine, today: date) -> str:
    where = f"{one.path.name}:{one.line}"
    if one.known_since is not None and one.known_since > today:
        return f"{where}: known_since: {one.known_since} has not come yet: mend the day"
    return f"{where}: {quarter_name(one.quarter)} is too far ahead for a figure: mend the quarter"


def _far(one: RegionLine, other: str) -> str:
    return f"{one.path.name}:{one.line}: {one.name} is {one.value:f}, but {other}: --far takes it, if it is meant"


def _minimum(day: date) -> Decimal | None:
    """The country's subsistence minimum on the day, or what is announced of it."""
    found = benefits.catalogue.benefit("targeted-assistance").legislation.entry_on("pm", day)
    return None if found is None else found.value


def _said(one: RegionLine) -> str:
    return f"{one.value:f} by {one.source!r}, mark {one.mark}"


def _write(into: Path, lines: Mapping[Key, RegionLine]) -> None:
    """The whole file at once, or as it was. Raises BadInput where it cannot be written."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=into.parent, suffix=".part", delete=False) as part:
            part.write(written(lines.values()))
        os.chmod(part.name, into.stat().st_mode if into.exists() else 0o644)
        os.replace(part.name, into)
    except OSError as error:
        hint = "name a folder that can be written with DEMEU_BENEFITS_DIRECTORY"
        raise BadInput(f"import-lines: {into.name} cannot be written ({error.strerror}): {hint}") from None
