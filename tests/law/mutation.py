"""Mutation testing of the law: what change of `benefits/` would no test of the law notice?

`python -m tests.law.mutation` changes the law some six thousand times, a little each time (mutmut), and runs the tests
that reach the change. A change that nothing noticed is then run against all tests of the law in a process of its own:
values that are kept between assessments hide it from the tests that mutmut chose. What survives that too must stand in
`survivors.yaml` with the reason why it does no harm; anything else is printed, and the exit code is 1. Takes over an
hour; a second run takes up where the first one stopped. `--again` judges the result of the last run without a new one.
"""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

LEDGER = Path(__file__).with_name("survivors.yaml")
MUTANTS = Path("mutants")
UNNOTICED = {"survived", "timeout", "no tests", "suspicious", "segfault"}
ENDLESS_SECONDS = 120
"""All tests of the law take some seven seconds; a change that never ends is noticed."""

Change = tuple[str, str, str]
"""The function, the line as it is, and the line as it was changed."""


def mutmut(*arguments: str) -> str:
    """What mutmut prints."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def unnoticed() -> list[str]:
    """The names of the changes that the tests chosen by mutmut did not notice. Raises SystemExit if any was not run."""
    states = [line.strip().rpartition(": ")[::2] for line in mutmut("results").splitlines()]
    if any(state == "not checked" for _, state in states):
        raise SystemExit("the run is not complete: start it again without --again, it takes up where it stopped")
    return [name for name, state in states if state in UNNOTICED]


def survives(mutant: str) -> bool:
    """Whether all tests of the law pass in spite of the change."""
    with open("pyproject.toml", "rb") as file:
        settings = tomllib.load(file)["tool"]["mutmut"]
    chosen = settings["pytest_add_cli_args"] + settings["pytest_add_cli_args_test_selection"]
    try:
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", *chosen],
            cwd=MUTANTS,
            env={**os.environ, "MUTANT_UNDER_TEST": mutant},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=ENDLESS_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0


def change(mutant: str) -> Change:
    """What the mutant changes. A mutant changes one place; a statement of several lines is shown as one."""
    lines = mutmut("show", mutant).splitlines()
    was = [line[1:].strip() for line in lines if line.startswith("-") and not line.startswith("---")]
    now = [line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++")]
    function = mutant.removeprefix("benefits.").rpartition("__mutmut_")[0]
    return function.replace("xǁ", "").replace("ǁ", ".").replace(".x_", "."), " ".join(was), " ".join(now)


def listed() -> Iterator[Change]:
    """The changes that are known to survive."""
    for group in yaml.safe_load(LEDGER.read_text(encoding="utf-8")):
        for mutant in group["mutants"]:
            yield mutant["in"], mutant["line"], mutant["changed"]


def main(arguments: Iterable[str]) -> int:
    if "--again" not in arguments:
        subprocess.run([sys.executable, "-m", "mutmut", "run"], check=True)
    candidates = unnoticed()
    print(
        f"{len(candidates)} changes that mutmut's choice of tests did not notice are run against all tests of the law"
    )
    found = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, (mutant, lives) in enumerate(zip(candidates, pool.map(survives, candidates), strict=True), 1):
            found += [mutant] * lives
            print(f"{number}: {mutant} {'survives' if lives else 'is noticed'}", flush=True)
    known, survivors = set(listed()), {mutant: change(mutant) for mutant in found}
    for mutant, (function, was, now) in survivors.items():
        if (function, was, now) not in known:
            print(f"not listed: {mutant}\n  in: {function}\n  line: {was}\n  changed: {now}")
    for function, was, now in sorted(known - set(survivors.values())):
        print(f"listed, but noticed or gone\n  in: {function}\n  line: {was}\n  changed: {now}")
    print(f"{len(survivors)} changes survive, {len(known)} are listed")
    return known != set(survivors.values())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
