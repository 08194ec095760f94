"""What a signature under a value must agree with: the text that the value cites; and what has to be signed at all.

`unverified.csv` beside the parameter files holds every value that was ever marked U. One of them whose mark has risen
is signed, or nobody knows who checked it. `python -m benefits.signing` adds what is new.
"""

import csv
import re
from datetime import date
from pathlib import Path

from benefits.dated import DatedValue, Key, ParameterFile
from benefits.parameter_file import read_parameter_file
from benefits.texts import Texts

LIST = "unverified.csv"
NO_TEXT = frozenset({"no-text-found", "operating-rule"})
"""References that say that there is no text of the law to check a value against."""
UNKNOWN = "U"
_COLUMNS = ("code", "since")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_ARTICLE = re.compile(
    r"(?:\barts?\b\.?|\barticles?\b|\bст\b\.?|\bстать[а-я]+)\s*((?:\d+|,|\s|and|и|-|–)+)"
    r"|((?:\d+(?:,|\s|және)*)+)-бап",
    re.IGNORECASE,
)
"""An article, or several, as each language cites them."""


def fault_of_signature(value: DatedValue, reference: Texts) -> str | None:
    """How the document that was signed from contradicts the text that the value cites; None where it does not."""
    if value.signed is None:
        return None
    if value.reference in NO_TEXT:
        return f"signed, and reference {value.reference!r} says that there is no text: name the text that was read"
    document, cited = value.signed.document, " ".join(reference.to_dict().values())
    for what, find in (("document", _numbers), ("article", _articles)):
        named, wanted = find(document), find(cited)
        if named and wanted and not named & wanted:
            return f"signed from {document!r}, and the reference cites another {what}: {reference.en}"
    return None


def raised_unsigned(file: ParameterFile, listed: frozenset[tuple[str, date]]) -> DatedValue | None:
    """A value of the list that is marked as checked, and that nobody has signed.

    The same value is the same claim, whether it is entered for a later day or as known later.
    """
    each = _each(file)
    unchecked = {(code, value.value) for code, value in each if (code, value.since) in listed and value.mark == UNKNOWN}
    for code, value in each:
        raised = value.mark != UNKNOWN and value.signed is None
        in_place = value.known_since is None and (code, value.since) in listed
        if raised and (in_place or (code, value.value) in unchecked):
            return value
    return None


def listed_in(folder: Path) -> frozenset[tuple[str, date]]:
    """The list of the folder; empty where it has none."""
    path = folder / LIST
    if not path.exists():
        return frozenset()
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    return frozenset((code, date.fromisoformat(since)) for code, since in rows[1:])


def written(folder: Path) -> str:
    """The list of a folder as it should be: what it holds of values that are there, and every U besides."""
    there = [one for path in sorted(folder.glob("*.yaml")) for one in _each(read_parameter_file(path))]
    listed = listed_in(folder)
    kept = sorted({(code, one.since) for code, one in there if one.mark == UNKNOWN or (code, one.since) in listed})
    return "\n".join((",".join(_COLUMNS), *(f"{code},{since}" for code, since in kept), ""))


def _each(file: ParameterFile) -> list[tuple[str, DatedValue]]:
    return [
        (_code(file, name, key), value)
        for name, parameter in file.parameters.items()
        for key, values in parameter.written.items()
        for value in values
    ]


def _code(file: ParameterFile, name: str, key: Key | None) -> str:
    return f"{file.service}.{name}" + ("" if key is None else f"[{key}]")


def _numbers(text: str) -> set[str]:
    return set(_NUMBER.findall(_ARTICLE.sub("", text)))


def _articles(text: str) -> set[str]:
    return {number for found in _ARTICLE.findall(text) for part in found for number in re.findall(r"\d+", part)}


def main() -> None:
    parameters = Path(__file__).parent / "parameters"
    for folder in (parameters, parameters / "notices"):
        (folder / LIST).write_text(written(folder), encoding="utf-8")


if __name__ == "__main__":
    main()
