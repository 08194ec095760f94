"""Writes docs/kazakh.md: every Kazakh sentence that we say, with its Russian beside it, for a native reader.

`python -m tests.kazakh_page` writes it anew; a test holds that it never lags.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from fluent.syntax import FluentParser, ast
from fluent.syntax.serializer import serialize_pattern

from benefits.catalogue import PARAMETERS
from benefits.dated import ParameterFile
from benefits.parameter_file import read_parameter_file
from benefits.texts import Texts

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/kazakh.md"
DIALOGUE = ROOT / "dialogue/texts"
HEAD = """# Қазақша мәтіндер, жанында орысшасы

Бұл бетте біздің азаматтарға қазақ тілінде айтатынымыздың бәрі тұр: SMS-хабарлар, түсіндірмелер және заң атаулары.
Оны ана тілі қазақ тілі болған адам оқып шығуы керек. Оқығанда мынаны сұраңыз: осылай айтыла ма? Заңда қалай аталған?
Орысшадан сөзбе-сөз аударылмаған ба? Бірден түсінікті ме?

Все казахские тексты, которые мы говорим, с русскими рядом: для читателя, чей родной язык казахский. The page is
generated (`.venv/bin/python -m tests.kazakh_page`); correct a sentence in the file that its section names.
"""
Row = tuple[str, str, str]


def page() -> str:
    """The page as it must be."""
    return HEAD + "".join(
        f"\n## {title}\n\n| | Қазақша | Орысша |\n|---|---|---|\n" + "".join(map(_line, rows))
        for title, rows in _sections()
        if rows
    )


def _line(row: Row) -> str:
    return "| " + " | ".join(" ".join(text.split()).replace("|", "\\|") for text in row) + " |\n"


def _sections() -> Iterator[tuple[str, list[Row]]]:
    yield "SMS: `dialogue/texts/kk.ftl`", list(_messages(DIALOGUE / "kk.ftl"))
    named = sorted((DIALOGUE / "services").glob("*.kk.ftl"))
    services = ((path.name.removesuffix(".kk.ftl"), rows) for path in named for rows in [list(_messages(path))])
    yield (
        "SMS: `dialogue/texts/services`",
        [(f"{code} {key}", kk, ru) for code, rows in services for key, kk, ru in rows],
    )
    for module in ("benefits.explain", *sorted(f"cli.{path.stem}" for path in (ROOT / "cli").glob("[a-z]*.py"))):
        yield f"`{module.replace('.', '/')}.py`", list(_in_code(vars(import_module(module))))
    for path in sorted(PARAMETERS.rglob("*.yaml")):
        yield f"`benefits/parameters/{path.relative_to(PARAMETERS)}`", list(_of_law(read_parameter_file(path)))


def _messages(path: Path) -> Iterator[Row]:
    """Each message and term with its attributes, as they are written."""
    russian = dict(_patterns(path.with_name(path.name.replace("kk.ftl", "ru.ftl"))))
    for key, text in _patterns(path):
        yield key, text, russian[key]


def _patterns(path: Path) -> Iterator[tuple[str, str]]:
    for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
        if isinstance(entry, ast.Message | ast.Term):
            if entry.value is not None:
                yield entry.id.name, _written(entry.value)
            yield from ((f"{entry.id.name}.{one.id.name}", _written(one.value)) for one in entry.attributes)


def _written(pattern: ast.Pattern) -> str:
    return " ".join(serialize_pattern(pattern).split())


def _in_code(names: dict[str, object]) -> Iterator[Row]:
    """The texts of a module: single, in tables, in tuples."""
    for name, value in names.items():
        texts = [value] if isinstance(value, Texts) else list(_within(value))
        if name != "_" and not name.startswith("__"):
            yield from ((name.strip("_").lower(), text.kk, text.ru) for text in texts)


def _within(value: object) -> Iterator[Texts]:
    if isinstance(value, Texts):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _within(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from _within(one)


def _of_law(file: ParameterFile) -> Iterator[Row]:
    labels = {name: one.label for name, one in file.parameters.items() if one.label}
    yield "names", file.names.kk, file.names.ru
    for texts in (file.references, labels, file.figures, file.conditions, file.resumes, file.questions, file.words):
        yield from _rows(texts.items())


def _rows(texts: Iterable[tuple[str, Texts]]) -> Iterator[Row]:
    return ((key, text.kk, text.ru) for key, text in texts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
