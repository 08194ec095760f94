"""Days, windows and terms in Asia/Almaty: three calendar days, ten working days, and the night that divides them."""

from datetime import UTC, date, datetime, time, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benefits.days import ALMATY, day_of, end_of, term_ends, window_closes

moments = st.datetimes(datetime(2024, 3, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
days = st.dates(date(2024, 3, 1), date(2030, 1, 1))


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2025, 2, 28, 18, 59, 59, tzinfo=UTC), date(2025, 2, 28)),
        (datetime(2025, 2, 28, 19, 0, tzinfo=UTC), date(2025, 3, 1)),
        (datetime(2024, 2, 28, 18, 0, tzinfo=UTC), date(2024, 2, 29)),
    ],
    ids=["just before midnight", "midnight", "midnight while it was UTC+6"],
)
def test_the_day_is_the_countrys(at: datetime, day: date) -> None:
    assert day_of(at) == day


@given(moments, st.integers(1, 30))
def test_a_window_ends_with_its_last_day(opened: datetime, length: int) -> None:
    closes = window_closes(opened, length)
    assert closes.astimezone(ALMATY).time() == time(23, 59, 59)
    assert timedelta(days=length) <= closes - opened + timedelta(seconds=1) <= timedelta(days=length + 1)


@given(moments, moments)
def test_a_later_delivery_never_shortens_the_window(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert window_closes(earlier, 3) <= window_closes(later, 3)


@given(days, st.integers(0, 30))
def test_a_term_has_as_many_working_days_as_the_law_says(start: date, length: int) -> None:
    calendar = holidays.country_holidays("KZ")
    ends = term_ends(start, length)
    last = ends.astimezone(ALMATY).date()
    counted = [start + timedelta(days=n + 1) for n in range((last - start).days)]
    assert sum(calendar.is_working_day(day) for day in counted) == length
    assert ends == end_of(last)


def test_holidays_are_no_working_days() -> None:
    # Nauryz, 21 to 23 March 2025, falls on a weekend in part and is moved to the 24th and 25th.
    assert term_ends(date(2025, 3, 20), 1).date() == date(2025, 3, 26)


def test_a_window_opened_in_the_night_ends_with_the_last_second_of_its_last_day() -> None:
    # 20:00 UTC on 28 February is 1 March in Almaty, which is UTC+5.
    closes = window_closes(datetime(2025, 2, 28, 20, 0, tzinfo=UTC), 3)
    assert closes == datetime(2025, 3, 4, 18, 59, 59, tzinfo=UTC)
    assert closes.tzinfo == ALMATY


def test_a_term_leaves_out_the_weekend() -> None:
    # Friday 28 February; 1 and 2 March are a weekend, 5 March is the third working day.
    assert term_ends(date(2025, 2, 28), 3) == datetime(2025, 3, 5, 18, 59, 59, tzinfo=UTC)
    assert term_ends(date(2025, 2, 28), 0) == end_of(date(2025, 2, 28))
