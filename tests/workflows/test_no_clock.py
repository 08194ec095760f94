"""What the sandbox lets through it does not watch: no clock, no chance and nothing outside is in the workflows' source.

A case is replayed from its history, on another day and machine: whatever is not the same then strands it.
"""

import ast
from pathlib import Path

import pytest

import workflows

FILES = sorted(Path(workflows.__file__).parent.glob("*.py"))
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"}
CHANCE = {"uuid1", "uuid4", "random", "randint", "choice", "shuffle", "token_hex", "token_urlsafe", "urandom"}
BUILT_IN = {"open", "input", "print", "exec", "eval", "__import__"}
OUTSIDE = {"open", "getenv", "environ", "run_in_executor", "to_thread"}
MODULES = {"os", "io", "random", "secrets", "socket", "subprocess", "threading", "time", "pathlib", "httpx", "logging"}
OURS = {"workflow"}
"""`workflow.now()`, `workflow.uuid4()` and the like are Temporal's own, and come from the history."""


def faults(source: str) -> list[str]:
    """What in this source is not the same when it is replayed: the line and the word."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
            found += [f"{node.lineno}: {name}" for name in names if name.partition(".")[0] in MODULES]
        elif isinstance(node, ast.Attribute):
            of_temporal = isinstance(node.value, ast.Name) and node.value.id in OURS
            if node.attr in CLOCKS | CHANCE | OUTSIDE and not of_temporal:
                found.append(f"{node.lineno}: {node.attr}")
        elif isinstance(node, ast.Name) and node.id in CHANCE | BUILT_IN:
            found.append(f"{node.lineno}: {node.id}")
    return found


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_workflow_is_the_same_whenever_it_is_replayed(file: Path) -> None:
    assert faults(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "started = datetime.now(UTC)",
        "day = date.today()",
        "import time",
        "from random import choice",
        "key = uuid4()",
        "with open('x') as file: pass",
        "home = os.environ['HOME']",
        "await asyncio.to_thread(work)",
    ],
)
def test_what_is_planted_is_found(planted: str) -> None:
    """In the middle of the real file, as a slip would be."""
    source = next(file for file in FILES if file.name == "case_in_sight.py").read_text(encoding="utf-8")
    place = source.index("class CaseInSight")
    assert len(faults(f"{source[:place]}async def slip():\n    {planted}\n\n\n{source[place:]}")) == 1
