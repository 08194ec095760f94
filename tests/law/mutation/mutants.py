"""The changes themselves: mutmut makes them, a function at a time; here each is told apart and put in its place."""

import difflib
import sys
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

from mutmut.mutation.file_mutation import mutate_file_contents

from tests.law.mutation import Change

LAW = Path("benefits")


@dataclass(frozen=True)
class Mutant:
    """One change of one function: its text as it is, as it was changed, and the line on which it begins."""

    path: Path
    function: str
    was: str
    now: str
    begins: int

    @property
    def module(self) -> str:
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    @property
    def body(self) -> range:
        """The lines of the file after the first of the function, which is run where it is defined."""
        return range(self.begins + 1, self.begins + len(self.was.splitlines()))

    @cached_property
    def _diff(self) -> list[str]:
        return list(difflib.unified_diff(self.was.splitlines(), self.now.splitlines(), n=0, lineterm=""))

    @property
    def lines(self) -> range:
        """The lines of the file that it changes."""
        at = next(line for line in self._diff if line.startswith("@@")).split()[1].removeprefix("-").split(",")
        first = self.begins + int(at[0]) - 1
        return range(first, first + (int(at[1]) if len(at) > 1 else 1))

    @property
    def change(self) -> Change:
        """As it is listed: a statement of several lines is shown as one."""
        was, now = (
            " ".join(line[1:].strip() for line in self._diff if line.startswith(sign) and not line.startswith(sign * 3))
            for sign in "-+"
        )
        return f"{self.module}.{self.function}".removeprefix(f"{LAW.name}."), was, now

    def file(self) -> str:
        """The file as it was changed."""
        return self.path.read_text(encoding="utf-8").replace(self.was, self.now)

    def apply(self) -> None:
        """Change the function in this process, for all who hold it already."""
        module = import_module(self.module)
        *of_class, name = self.function.split(".")
        held: Any = vars(getattr(module, of_class[0]))[name] if of_class else getattr(module, name)
        function = getattr(held, "__func__", held)
        assert isinstance(function, FunctionType), self.function
        made: dict[str, Any] = {}
        exec(("class _:\n" if of_class else "") + self.now, vars(module), made)  # noqa: S102 - mutmut's own text
        new = vars(made["_"])[name] if of_class else made[name]
        new = getattr(new, "__func__", new)
        function.__code__, function.__defaults__ = new.__code__, new.__defaults__
        function.__kwdefaults__ = new.__kwdefaults__


def mutants(path: Path) -> list[Mutant]:
    """Every change of the file that mutmut thinks of."""
    source = path.read_text(encoding="utf-8")
    made = mutate_file_contents(str(path), source)
    lines = made.code.splitlines(keepends=True)

    def text(generated: str, name: str) -> str:
        span = made.line_span_by_function_name[generated]
        return "".join(lines[span.start - 1 : span.end]).replace(generated, name, 1)

    found = []
    for generated in made.mutant_names:
        mangled = generated.rpartition("__mutmut_")[0]
        function = mangled.removeprefix("x_") if "ǁ" not in mangled else mangled.removeprefix("xǁ").replace("ǁ", ".")
        name = function.rpartition(".")[2]
        was, now = text(f"{mangled}__mutmut_orig", name), text(generated, name)
        if source.count(was) != 1:
            sys.exit(f"{path}: {function} is not found as mutmut writes it")
        found.append(Mutant(path, function, was, now, source[: source.index(was)].count("\n") + 1))
    return found
