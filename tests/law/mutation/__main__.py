"""`python -m tests.law.mutation [MODULE ...]`: changes the law thousands of times, a little each time (mutmut), and
runs the tests that reach the change. What survives must stand in `survivors.yaml` with the reason why it does no harm;
anything else is printed, and the exit code is 1. With modules, as `owed facts.known`, only they are changed.
"""

import os
import sys
from collections.abc import Sequence
from itertools import chain
from multiprocessing import Pool

from tests.law.mutation import listed
from tests.law.mutation.forked import survivors
from tests.law.mutation.mutants import LAW, mutants


def main(modules: Sequence[str]) -> int:
    paths = [LAW / f"{name.replace('.', '/')}.py" for name in modules] or sorted(LAW.rglob("*.py"))
    workers = os.cpu_count() or 1
    with Pool(workers) as pool:
        changes = list(chain.from_iterable(pool.map(mutants, paths, chunksize=1)))
    print(f"{len(changes)} changes", flush=True)
    of_these = {one.change[0] for one in changes}
    known = {one for one in listed() if one[0] in of_these or not modules}
    found = {one.change for one in survivors(changes, workers)}
    for function, was, now in sorted(found - known):
        print(f"not listed\n  in: {function}\n  line: {was}\n  changed: {now}")
    for function, was, now in sorted(known - found):
        print(f"listed, but noticed or gone\n  in: {function}\n  line: {was}\n  changed: {now}")
    print(f"{len(found)} changes survive, {len(known)} are listed")
    return known != found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
