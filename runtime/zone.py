"""Refuses to run on wrong time zone data: an hour decides whether a yes was in time, and of which day it is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

AFTER_THE_CHANGE = datetime(2026, 1, 1, tzinfo=UTC)
"""Almaty is UTC+5 since 1.03.2024; data of before say UTC+6."""


class OldZoneData(RuntimeError):
    """The host's time zone data are too old, or there are none. One line that says how to mend it."""


def check_zone() -> None:
    """Raises OldZoneData where Asia/Almaty is not UTC+5 in 2026."""
    try:
        offset = AFTER_THE_CHANGE.astimezone(ZoneInfo("Asia/Almaty")).utcoffset()
    except ZoneInfoNotFoundError:
        raise OldZoneData("time zone data: Asia/Almaty is unknown; install the package tzdata") from None
    if offset != timedelta(hours=5):
        raise OldZoneData(
            "time zone data of this host are older than 2024a: Asia/Almaty must be UTC+5; update the host's tzdata, "
            "or set PYTHONTZPATH to an empty value so that the installed package tzdata is used"
        )


check_zone()
