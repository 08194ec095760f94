"""Every way in which another body can fail us, as Temporal is told: tried again, looked up, or shown to an operator."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.world import ASKED_AGAIN, FIRST_PAUSE, LONGEST_PAUSE, not_yet, pause, translated
from adapters.errors import AdapterError, BadAnswer, Refused, Unavailable, Unclear

IIN, NAME = "850312450017", "Үлгібаева"
WAIT = timedelta(seconds=7)
ERRORS: list[tuple[AdapterError, bool, timedelta | None]] = [
    (Unavailable("bank", "status_503", "POST /bank/v1/transfers was answered with 503", WAIT), False, WAIT),
    (Unavailable("bank", "connect_error", "POST /bank/v1/transfers got no answer"), False, None),
    (Unclear("bank", "deadline", "POST /bank/v1/transfers got no answer"), False, None),
    (Refused("bank", "unknown_person", "GET was answered with 404", NAME, {"iin": IIN}), True, None),
    (BadAnswer("bank", "bad_answer", "GET /persons/v1/{iin}: iin missing"), False, None),
]


def translate(error: Exception) -> None:
    with translated():
        raise error


@pytest.mark.parametrize(("error", "final", "wait"), ERRORS, ids=lambda value: type(value).__name__)
def test_each_error_has_its_place(error: AdapterError, final: bool, wait: timedelta | None) -> None:
    with pytest.raises(ApplicationError) as caught:
        translate(error)
    told = caught.value
    assert (told.type, told.non_retryable) == (type(error).__name__, final)
    if final:
        assert told.next_retry_delay is None
    else:
        assert told.next_retry_delay is not None
        assert (wait or FIRST_PAUSE) <= told.next_retry_delay <= 1.3 * (wait or FIRST_PAUSE)
    assert error.code in str(told)
    assert not told.details
    assert not [secret for secret in (IIN, NAME) if secret in f"{told} {told!r} {told.__cause__} {told.__cause__!r}"]


@pytest.mark.parametrize(("attempt", "final"), [(1, False), (ASKED_AGAIN - 1, False), (ASKED_AGAIN, True)])
async def test_what_breaks_the_contract_is_asked_for_again_before_a_person_is(attempt: int, final: bool) -> None:
    """One of two machines over there was broken: half of all cases stood before an operator, each for good."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    with pytest.raises(ApplicationError) as caught:
        environment.run(translate, BadAnswer("bank", "bad_answer", "GET was answered with nonsense"))
    assert caught.value.non_retryable == final


@given(st.integers(1, 10_000), st.none() | st.timedeltas(min_value=timedelta(), max_value=timedelta(minutes=10)))
def test_neither_a_body_nor_a_case_switches_the_growing_pause_off(attempt: int, asked: timedelta | None) -> None:
    """`Retry-After: 1` once made 1 537 calls in half an hour."""
    own = min(FIRST_PAUSE * 2 ** min(attempt - 1, 10), LONGEST_PAUSE)
    assert max(own, asked or own) <= pause(asked, attempt) <= 1.3 * max(own, asked or own)


@pytest.mark.parametrize("asked", [timedelta(days=9999), timedelta(hours=1)])
def test_no_adapter_parks_a_case_for_hours(asked: timedelta) -> None:
    assert pause(asked, 1) <= 1.3 * timedelta(minutes=15)
    assert pause(-asked, 1) >= FIRST_PAUSE


def test_the_tree_is_closed_and_every_branch_is_translated() -> None:
    assert set(AdapterError.__subclasses__()) == {type(error) for error, _, _ in ERRORS}
    assert not [leaf for branch in AdapterError.__subclasses__() for leaf in branch.__subclasses__()]


def test_a_bug_of_ours_is_not_called_an_error_of_theirs() -> None:
    with pytest.raises(KeyError):
        translate(KeyError("amount"))


@given(st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(days=1)))
def test_waiting_for_an_answer_is_asked_again_after_the_pause(pause: timedelta) -> None:
    error = not_yet("deciding body", pause)
    assert (error.type, error.non_retryable, error.next_retry_delay) == ("NotYet", False, pause)
