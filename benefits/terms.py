"""Ages, birthdays and terms in months, counted the way the benefits count them.

A person is N years old from the birthday itself. Nobody has a birthday on a missing 29 February: such a person
grows older on 1 March, because a term of years ends with the last day of February (Civil Code, art. 173-175: our
reading, unverified). A term of months that would end on a missing day ends on the last day of that month. This
module never reads the clock.
"""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal

ONE_DAY = timedelta(days=1)


def birthday(born: date, years: int) -> date:
    """The day on which somebody born on `born` becomes `years` old."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def grown(born: date, years: Decimal) -> date:
    """The day on which somebody born on `born` becomes so old; half a year is six months from the birthday."""
    whole = int(years)
    day = birthday(born, whole)
    return day if years == whole else add_months(day, 6)


def age(born: date, on: date) -> int:
    """Full years on the day; negative before birth."""
    years = on.year - born.year
    return years if on >= birthday(born, years) else years - 1


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later (or earlier), or the last day of a shorter month."""
    year, month = divmod(month_number(day) + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year, month + 1, monthrange(year, month + 1)[1])


def month_of(day: date) -> date:
    """The first day of the month of this day."""
    return day.replace(day=1)


def quarter_of(day: date) -> date:
    """The first day of the quarter of this day."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarter_before(day: date) -> date:
    """The first day of the quarter before the day's: its income is what targeted assistance goes by."""
    return add_months(quarter_of(day), -3)


def next_quarter(day: date) -> date:
    """The first day of the quarter after the day's."""
    return add_months(quarter_of(day), 3)


def next_month(day: date) -> date:
    """The first day of the month after the month of this day."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def end_of_month(day: date) -> date:
    """The last day of the month of this day."""
    return day_before(next_month(day))


def month_number(day: date) -> int:
    """The number of the month of this day, rising by one from month to month."""
    return day.year * 12 + day.month - 1


def day_before(day: date) -> date:
    """The last day of something that ends when `day` begins."""
    return day - ONE_DAY


def earlier(until: date | None, end: date) -> date:
    """The last day of what ends on `end`, or before it on `until`; None is no end."""
    return end if until is None else min(until, end)
