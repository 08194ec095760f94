"""Runs the tests with a change in place, thousands of times: tests are collected once, and each change has a fork.

The choice of tests is that of one recorded run: those that reach the changed line, then those that reach its function.
What the law keeps once it is loaded may hide a change, so there are two moments to fork at: a line that is run while
the law is loaded is changed before it is loaded. A line that is run before there are tests, at import, is changed too
late for some; what survives there is judged by `alone`.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import zip_longest
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.law.mutation.mutants import LAW, Mutant

NOT_OF_THE_CODE = ("oracle", "test_cli.py", "test_survivors.py", "test_texts.py", "test_kazakh_words.py")
"""Of the tests of the law those that are about its texts, or run it elsewhere, or a long time."""
TESTS = (
    "tests/law", *(f"--ignore=tests/law/{one}" for one in NOT_OF_THE_CODE), "-m", "not hypothesis", "--noconftest",
    "-o", "addopts=--import-mode=importlib", *(f"-pno:{one}" for one in ("cacheprovider", "terminal", "xdist")),
)  # fmt: skip
AT_IMPORT, AT_LOADING = "", "loading"
PASSED, FAILED, BROKEN = range(3)
CPU_SECONDS = 120
"""A change that never ends is noticed."""
MOST_MEMORY = 4 << 30

Reached = dict[str, dict[int, list[str]]]
"""Of each file, by line, the tests that run it."""


class Record:
    """Which test runs which line, and how long each takes."""

    def __init__(self) -> None:
        self.coverage = coverage.Coverage(data_file=None, include=[f"{LAW}/*"], config_file=False)
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_collection_finish(self) -> None:
        from benefits import load

        self.coverage.switch_context(AT_LOADING)
        load()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration


class Forks:
    """In the place of pytest's loop: a fork for each change, which runs its tests until one fails."""

    def __init__(self, changes: Sequence[Mutant], reached: Reached, seconds: dict[str, float], workers: int) -> None:
        self.changes, self.reached, self.seconds, self.workers = changes, reached, seconds, workers
        self.running: dict[int, Mutant] = {}
        self.survived: dict[Mutant, int] = {}
        self.done = 0

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        from benefits import load

        chosen = {change: self._chosen(change) for change in self.changes}
        items = {item.nodeid: item for item in session.items}
        for before_it_is_loaded in (True, False):
            for change in self.changes:
                if (AT_LOADING in chosen[change]) is before_it_is_loaded:
                    self._fork(session, change, [items[test] for test in chosen[change] if test in items])
            self._wait_until(0)
            load()
        return True

    def _chosen(self, change: Mutant) -> list[str]:
        function, at_once = (_who_reaches(lines, change, self.reached) for lines in (change.body, change.lines))
        return sorted(function, key=lambda test: (test not in at_once, self.seconds.get(test, 0), test))

    def _fork(self, session: pytest.Session, change: Mutant, tests: Sequence[pytest.Item]) -> None:
        self._wait_until(self.workers - 1)
        pid = os.fork()
        if pid == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            try:
                os._exit(PASSED if _passes(session, change, tests) else FAILED)
            except BaseException:  # such as that the change cannot be put in place
                os._exit(BROKEN)
        self.running[pid] = change

    def _wait_until(self, most: int) -> None:
        while len(self.running) > most:
            pid, status = os.wait()
            change = self.running.pop(pid)
            self.done += 1
            if (code := os.waitstatus_to_exitcode(status)) in (PASSED, BROKEN):
                self.survived[change] = code
                print(f"{self.done}: {change.change[0]} passes all that reach it", flush=True)


def _passes(session: pytest.Session, change: Mutant, tests: Sequence[pytest.Item]) -> bool:
    change.apply()
    for test, following in zip_longest(tests, tests[1:]):
        session.config.hook.pytest_runtest_protocol(item=test, nextitem=following)
        if session.testsfailed:
            return False
    return True


def survivors(changes: Sequence[Mutant], workers: int) -> list[Mutant]:
    """Those of the changes that no test notices."""
    reached, seconds = _in_a_process(_recorded)
    survived: dict[Mutant, int] = _in_a_process(_forked, changes, reached, seconds, workers)
    unsure = [
        one for one, code in survived.items() if code == BROKEN or AT_IMPORT in _who_reaches(one.body, one, reached)
    ]
    print(f"{len(unsure)} of {len(survived)} were changed too late for some tests, and are judged alone", flush=True)
    with ThreadPoolExecutor(workers) as pool:
        noticed = {one for one, passes in zip(unsure, pool.map(alone, unsure), strict=True) if not passes}
    return [one for one in survived if one not in noticed]


def alone(change: Mutant) -> bool:
    """Whether all tests pass with the change in the file, in a process of its own on a copy."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(".", copy, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        (copy / change.path).write_text(change.file(), encoding="utf-8")
        run = subprocess.run([sys.executable, "-m", "pytest", "-x", *TESTS], cwd=copy, capture_output=True)
    return run.returncode == 0


def _recorded() -> tuple[Reached, dict[str, float]]:
    record = Record()
    record.coverage.start()
    if code := pytest.main([*TESTS], plugins=[record]):
        raise SystemExit(f"the tests do not pass as they are: {code!r}")
    record.coverage.stop()
    data = record.coverage.get_data()
    return {path: data.contexts_by_lineno(path) for path in data.measured_files()}, dict(record.seconds)


def _forked(changes: Sequence[Mutant], reached: Reached, seconds: dict[str, float], workers: int) -> dict[Mutant, int]:
    forks = Forks(changes, reached, seconds, workers)
    pytest.main([*TESTS, "-s"], plugins=[forks])
    return forks.survived


def _who_reaches(lines: range, change: Mutant, reached: Reached) -> set[str]:
    of_file = reached.get(str(change.path.resolve()), {})
    return {test for line in lines for test in of_file.get(line, ())}


def _in_a_process(act: Callable[..., Any], *given: Any) -> Any:
    """What it gives: pytest leaves behind all that it has imported."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as one:
        return one.submit(act, *given).result()
