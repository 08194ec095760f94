"""What the tables about the law share."""

from collections.abc import Iterable, Mapping, Sequence, Set

from rich.markup import escape
from rich.table import Column, Table

from benefits import Frequency, Texts

OFTEN = {
    Frequency.ONCE: Texts("бір рет", "один раз", "once"),
    Frequency.MONTHLY: Texts("ай сайын", "каждый месяц", "monthly"),
}


def table(columns: Iterable[str], rows: Iterable[Sequence[str]], *wrapped: int, right: Set[int] = frozenset()) -> Table:
    """A table of which only these columns, by number, may be broken into lines; sums keep to the right."""
    headed = (
        Column(column, no_wrap=number not in wrapped, overflow="fold", justify="right" if number in right else "left")
        for number, column in enumerate(columns)
    )
    table = Table(*headed, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, row))  # what stands in brackets is a row's name, not markup
    return table


def titled(title: str, rows: Sequence[Mapping[str, object]]) -> Table:
    """A table of rows by the names of their columns, each of which may be broken into lines."""
    names = list(rows[0]) if rows else []
    cells = ([str(value) for value in row.values()] for row in rows)
    found = table([name.replace("_", " ") for name in names], cells, *range(len(names)))
    found.title, found.title_justify = title or None, "left"
    return found
