"""A service by a copy of its parameter file in which some text is another: a law that changes, for a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benefits.catalogue import PARAMETERS, Benefit, instead, load
from benefits.what_if import law_with


def copy_of(folder: Path, code: str, *changes: tuple[str, str]) -> Path:
    """The copy, with each text replaced where it stands first."""
    text = (PARAMETERS / f"{code}.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    copy = folder / f"{code}.yaml"
    copy.write_text(text, encoding="utf-8")
    return copy


def begun_on(folder: Path, code: str, day: str) -> dict[str, Benefit]:
    """All benefits, with one whose every value of the first day holds from another on."""
    copy = folder / f"{code}.yaml"
    copy.write_text((PARAMETERS / copy.name).read_text(encoding="utf-8").replace("2023-07-01", day), encoding="utf-8")
    return {**load(), **law_with(copy)}


@contextmanager
def another_law(folder: Path, code: str, *changes: tuple[str, str]) -> Iterator[None]:
    """The law with that copy, for as long as it is open."""
    with instead({**load(), **law_with(copy_of(folder, code, *changes))}):
        yield
