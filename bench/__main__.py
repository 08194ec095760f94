"""`python -m bench [--size N] [--rounds N]`: runs every measurement and prints its figures and ratios."""

import argparse
import asyncio

from bench import bank_files, law
from bench.cases import measure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", type=int, default=60, help="cases in a batch")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of batches that are counted")
    given = parser.parse_args()
    law.measure()
    bank_files.measure()
    asyncio.run(measure(given.size, given.rounds))


if __name__ == "__main__":
    main()
