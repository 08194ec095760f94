"""Days of the law. A day that its month doesn't have (29 February, the 31st) may be the last of that month or the first
of the next: the sources don't say, so every reckoning is done with both.
"""

import calendar as months_of
from collections.abc import Iterator
from datetime import date, timedelta

from tests.law.oracle.figures import MEN_PENSION_MONTHS, WOMEN_PENSION_MONTHS

DAY = timedelta(days=1)


class Days:
    """The calendar under one reading of the missing days."""

    def __init__(self, *, late: bool) -> None:
        self.late = late

    def after(self, day: date, months: int) -> date:
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        last = months_of.monthrange(year, month + 1)[1]
        if day.day <= last:
            return date(year, month + 1, day.day)
        return date(year, month + 1, last) + (DAY if self.late else timedelta())

    def turns(self, born: date, years: int) -> date:
        return self.after(born, years * 12)

    def pension(self, born: date, sex: str) -> date:
        """The first day on which the age reached is the pension age of that very day."""
        if sex == "male":
            return self.after(born, MEN_PENSION_MONTHS)
        starts = sorted(WOMEN_PENSION_MONTHS)
        for number, start in enumerate(starts):
            day = self.after(born, WOMEN_PENSION_MONTHS[start])
            if number + 1 == len(starts) or day < starts[number + 1]:
                return day
        raise AssertionError("the last age has no end")


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(day: date) -> date:
    return (day.replace(day=28) + 4 * DAY).replace(day=1)


def month_end(day: date) -> date:
    return next_month(day) - DAY


def months_between(first: date, last: date) -> Iterator[date]:
    month = month_of(first)
    while month <= last:
        yield month
        month = next_month(month)


def quarter_of(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarter_before(day: date) -> date:
    return quarter_of(quarter_of(day) - DAY)
