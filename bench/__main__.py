"""`python -m bench [--size N] [--rounds N] [--payments N]`: runs each measurement and prints figures and ratios."""

import argparse
import asyncio

from bench import bank_files, law, runs
from bench.cases import measure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", type=int, default=60, help="cases in a batch")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of batches that are counted")
    parser.add_argument("--payments", type=int, default=20_000, help="payments of a month")
    given = parser.parse_args()
    law.measure()
    bank_files.measure()
    asyncio.run(runs.measure(given.payments))
    asyncio.run(measure(given.size, given.rounds))


if __name__ == "__main__":
    main()
