"""When a case is told that a step of it fails: in time, and not at every attempt."""

from datetime import timedelta
from itertools import pairwise

import pytest

from runtime.failing import is_due
from workflows.model import FAILS_AFTER

HOURS = 5


@pytest.mark.parametrize("pause", [10, 40, 120, 156, 299, 600, 899, 1200, 3600, 4680])
@pytest.mark.parametrize("takes", [0.01, 10.0])
def test_a_case_hears_in_time_whatever_the_pauses_are(pause: float, takes: float) -> None:
    """A body that asked for an hour was told of only after the hour; one that asked for ten minutes likewise."""
    told, at = [], 0.0
    while at < HOURS * 3600:
        failed = at + takes
        if is_due(timedelta(seconds=at), timedelta(seconds=failed + pause)):
            told.append(failed)
        at = failed + pause + 0.5  # what the server takes for it
    assert told[0] <= FAILS_AFTER.total_seconds() + takes + 1
    assert told[0] + takes + pause + 0.5 >= FAILS_AFTER.total_seconds() or pause > FAILS_AFTER.total_seconds()
    assert len(told) <= 2 * HOURS + 2
    assert all(later - earlier <= 3600 + pause + takes + 1 for earlier, later in pairwise(told))
