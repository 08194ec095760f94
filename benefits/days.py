"""Days and terms as the country counts them: Asia/Almaty by the tz database, working days by the public calendar."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

ALMATY = ZoneInfo("Asia/Almaty")


def day_of(at: datetime) -> date:
    """The day in Asia/Almaty on which this moment falls."""
    return at.astimezone(ALMATY).date()


def end_of(day: date) -> datetime:
    """The last second of a day in Asia/Almaty."""
    return datetime.combine(day, time(23, 59, 59), ALMATY)


def window_closes(opened: datetime, days: int) -> datetime:
    """The end of a window of so many calendar days: the day of opening is not counted, the last day counts whole.

    The sources say "three calendar days" and no more; this is the reading that favours the person.
    """
    return end_of(day_of(opened) + timedelta(days=days))


def term_ends(start: date, working_days: int) -> datetime:
    """The end of a term in working days after `start`, which is not counted itself."""
    day = start
    left = working_days
    while left > 0:
        day += timedelta(days=1)
        if _calendar().is_working_day(day):
            left -= 1
    return end_of(day)


@lru_cache(maxsize=1)
def _calendar() -> holidays.HolidayBase:
    # Years are filled in as they are asked for; observed days (a holiday moved off a weekend) are included.
    return holidays.country_holidays("KZ")
