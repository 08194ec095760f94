"""What a rule's module says: the codes of conditions, questions and figures that stand in it as words.

A code that the rule does not list under `says` has no text, and a person would read the bare code. The module is read,
not run, so that it is found before any case meets it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

_SAY = frozenset({"no", "ask", "suspended", "figure", "note_day"})
"""The methods of an assessment whose first argument is a code."""
_FINDING = "Finding"


def said_in(path: Path) -> Iterator[tuple[int, str]]:
    """Each code with its line. Raises OSError, SyntaxError."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr in _SAY:
                yield from _codes(node.args[:1])
            elif isinstance(called, ast.Name) and called.id == _FINDING:
                yield from _codes(node.args[1:2])
        elif isinstance(node, ast.Assign):
            if any(isinstance(one, ast.Attribute) and one.attr == "condition" for one in node.targets):
                yield from _codes([node.value])
        elif isinstance(node, ast.keyword) and node.arg in ("nothing", "condition"):
            yield from _codes([node.value])


def _codes(nodes: list[ast.expr]) -> Iterator[tuple[int, str]]:
    """The words that an argument is, or may be: of `a if b else c`, and of `a or b`, either."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.IfExp):
            yield from _codes([node.body, node.orelse])
        elif isinstance(node, ast.BoolOp):
            yield from _codes(node.values)
