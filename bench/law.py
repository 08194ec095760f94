"""The law alone: assessments a second on one core, with and without a trace, over the families of the case files.

Every service is measured on its own families; the figure is the median over the services, so that none hides another.
"""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from benefits import Facts, assess
from tests.law.casebook import CASES, read_cases

AIM_WITHOUT, AIM_WITH = 50_000, 20_000
"""Assessments a second that are aimed at, without and with a trace."""

ROUNDS = 5
SECONDS = 0.05
"""How long each service is assessed in a round."""


@dataclass(frozen=True)
class Speed:
    """Assessments a second of one service: the median of the rounds."""

    service: str
    without: float
    with_trace: float


def measure() -> list[Speed]:
    """Print assessments a second of each service and of the median service, and their ratios to each other and to the
    aim. The garbage collector rests meanwhile, as in `timeit`.
    """
    speeds = []
    for path in sorted(CASES.glob("*.yaml")):
        families = [(case.facts, case.on) for case in read_cases(path)]
        speeds.append(_speed(path.stem, families))
        print(f"law: {path.stem}: {speeds[-1].without:,.0f} a second, with trace {speeds[-1].with_trace:,.0f}")
    without, with_trace = (median(one.without for one in speeds), median(one.with_trace for one in speeds))
    slowest = min(speeds, key=lambda one: one.without)
    print(f"law: median service: {without:,.0f} a second, with trace {with_trace:,.0f}; slowest {slowest.service}")
    print(f"ratio: {with_trace / without:.2f} law-with-trace-against-without")
    print(f"ratio: {without / AIM_WITHOUT:.2f} law-without-trace-against-the-aim-of-{AIM_WITHOUT}-a-second")
    print(f"ratio: {with_trace / AIM_WITH:.2f} law-with-trace-against-the-aim-of-{AIM_WITH}-a-second")
    return speeds


def _speed(service: str, families: Sequence[tuple[Facts, date]]) -> Speed:
    def without() -> None:
        for facts, on in families:
            assess(service, facts, on, trace=False)

    def with_trace() -> None:
        for facts, on in families:
            assess(service, facts, on)

    pairs = [(_per_second(without, len(families)), _per_second(with_trace, len(families))) for _ in range(ROUNDS)]
    return Speed(service, median(one for one, _ in pairs), median(one for _, one in pairs))


def _per_second(act: Callable[[], None], size: int) -> float:
    act()
    gc.collect()
    gc.disable()
    try:
        times, begun = 0, time.process_time()
        while (spent := time.process_time() - begun) < SECONDS:
            act()
            times += 1
    finally:
        gc.enable()
    return times * size / spent


if __name__ == "__main__":
    measure()
