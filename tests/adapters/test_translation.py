"""The one translator: which answer, or lack of one, becomes which error, and that no error names a person."""

import asyncio
import functools
import gzip
import json
import logging
import pickle
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.bank import HttpBank
from adapters.bodies import HttpDecidingBody
from adapters.errors import AdapterError, BadAnswer, Refused, Unavailable, Unclear
from adapters.http import HttpSystem
from adapters.registries.clients import HttpCivilRegistry, HttpMobileDatabase, HttpPersonsRegistry
from tests.adapters.outside import AIGUL, FIRST, PHONE, Outside, aigul, case_file, transfer

KEY = "multi-child/0000-1042-7:credit"
Answering = Callable[[httpx.Request], httpx.Response]


def system(answering: Answering, deadline: timedelta = timedelta(seconds=5)) -> HttpSystem:
    """A system whose wire is this function."""
    return HttpSystem("there", "http://there", transport=httpx.MockTransport(answering), deadline=deadline)


def raising(error: Exception) -> Answering:
    def raise_it(_: httpx.Request) -> httpx.Response:
        raise error

    return raise_it


def problem(status: int, headers: dict[str, str] | None = None, **members: Any) -> httpx.Response:
    return httpx.Response(status, headers={"Content-Type": "application/problem+json"} | (headers or {}), json=members)


async def failure(answering: Answering, *, acting: bool) -> AdapterError:
    """The error that a read or an effect ends in."""
    async with system(answering) as there:
        bank = HttpBank(there)
        with pytest.raises(AdapterError) as caught:
            await (bank.transfer(KEY, transfer()) if acting else bank.accounts(AIGUL))
    return caught.value


@pytest.mark.parametrize(
    ("error", "reading", "acting"),
    [
        (httpx.ConnectError("x"), Unavailable, Unavailable),
        (httpx.ConnectTimeout("x"), Unavailable, Unavailable),
        (httpx.PoolTimeout("x"), Unavailable, Unavailable),
        (httpx.WriteError("x"), Unavailable, Unclear),
        (httpx.WriteTimeout("x"), Unavailable, Unclear),
        (httpx.ReadError("x"), Unavailable, Unclear),
        (httpx.ReadTimeout("x"), Unavailable, Unclear),
        (httpx.CloseError("x"), Unavailable, Unclear),
        (httpx.RemoteProtocolError("x"), Unavailable, Unclear),
        (httpx.DecodingError("x"), Unavailable, Unclear),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_no_answer(error: Exception, reading: type[AdapterError], acting: type[AdapterError]) -> None:
    assert type(await failure(raising(error), acting=False)) is reading
    assert type(await failure(raising(error), acting=True)) is acting


@pytest.mark.parametrize(
    ("status", "reading", "acting"),
    [
        (400, Refused, Refused),
        (401, Unavailable, Unavailable),
        (403, Unavailable, Unavailable),
        (404, Refused, Refused),
        (408, Unavailable, Unavailable),
        (409, Refused, Unclear),
        (422, Refused, Refused),
        (429, Unavailable, Unavailable),
        (500, Unavailable, Unavailable),
        (503, Unavailable, Unavailable),
        (504, Unavailable, Unclear),
    ],
)
async def test_problems(status: int, reading: type[AdapterError], acting: type[AdapterError]) -> None:
    answering = lambda _: problem(status, code="some_code", detail="words")  # noqa: E731 - reads better here
    assert type(await failure(answering, acting=False)) is reading
    failed = await failure(answering, acting=True)
    assert (type(failed), failed.system, failed.code) == (acting, "there", "some_code")


@pytest.mark.parametrize("status", [301, 400, 403, 404, 422])
@pytest.mark.parametrize("acting", [False, True])
async def test_a_page_of_a_proxy_is_no_word_of_the_body_and_passes(status: int, acting: bool) -> None:
    failed = await failure(lambda _: httpx.Response(status, html="<h1>nginx</h1>"), acting=acting)
    assert isinstance(failed, Unavailable)


@pytest.mark.parametrize("page", ["<h1>We are working on it</h1>", "", "{"])
async def test_a_page_that_says_it_is_well_passes_too(page: str) -> None:
    """Eleven cases of eleven stood before an operator for ten minutes of maintenance, and stayed there."""
    assert isinstance(await failure(lambda _: httpx.Response(200, html=page), acting=False), Unavailable)
    assert isinstance(await failure(lambda _: httpx.Response(200, html=page), acting=True), Unclear)


async def test_a_problem_nested_beyond_reason_is_no_refusal() -> None:
    deep = httpx.Response(422, content=b"[" * 200_000, headers={"Content-Type": "application/problem+json"})
    assert isinstance(await failure(lambda _: deep, acting=True), Unavailable)


async def test_an_answer_without_end_is_not_read_to_it() -> None:
    """Three hundred megabytes of blanks, which had come as a few kilobytes, stood in the worker's memory."""
    sent = 0

    async def blanks() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 1024 * 1024

    for acting, kind in ((False, Unavailable), (True, Unclear)):
        failed = await failure(lambda _: httpx.Response(200, content=blanks()), acting=acting)
        assert isinstance(failed, kind)
    assert sent < 20
    squeezed = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(b"{}")))
    assert isinstance(await failure(lambda _: squeezed, acting=False), Unavailable)


@pytest.mark.parametrize("member", ["iban", "amount", "end_to_end_id"])
async def test_what_a_bank_repeats_of_a_transfer_shows_whether_it_is_about_it(member: str) -> None:
    asked = transfer()
    said = {"key": KEY, "state": "settled", "bank_reference": "B-1", **asked.model_dump(mode="json")}
    other = {"iban": "KZ48125KZT5004100100", "amount": "1.00", "end_to_end_id": "other"}
    async with system(lambda _: httpx.Response(201, json=said)) as there:
        assert (await HttpBank(there).transfer(KEY, asked)).contradicts(asked) is None
    async with system(lambda _: httpx.Response(200, json={**said, member: other[member]})) as there:
        found = await HttpBank(there).transfer_status(KEY)
        assert found is not None
        assert found.contradicts(asked) == member


async def test_only_the_bodys_own_not_found_means_none() -> None:
    async with system(lambda _: problem(404, code="no_phone")) as there:
        assert await HttpMobileDatabase(there).phone(AIGUL) is None
    async with system(lambda _: problem(404, code="no_such_route")) as there:
        with pytest.raises(Refused):
            await HttpMobileDatabase(there).phone(AIGUL)
    async with system(lambda _: httpx.Response(404)) as there:
        with pytest.raises(Unavailable):
            await HttpBank(there).transfer_status(KEY)


@pytest.mark.parametrize(
    ("given_", "at_least", "at_most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("-5", 0, 0),
        ("999999999999999999999", None, None),
        ("300", 300, 300),
        ("3600", 600, 600),
        ("99999999", 600, 600),
        ("soon", None, None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None, None),
        pytest.param(format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True), 200, 300, id="soon"),
        pytest.param(format_datetime(datetime.now(UTC) + timedelta(minutes=50), usegmt=True), 600, 600, id="later"),
        pytest.param(format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True), 0, 0, id="yesterday"),
    ],
)
async def test_retry_after(given_: str, at_least: int | None, at_most: int | None) -> None:
    failed = await failure(lambda _: problem(429, {"Retry-After": given_}, code="slow"), acting=False)
    assert isinstance(failed, Unavailable)
    if at_least is None or at_most is None:
        assert failed.retry_after is None
    else:
        assert failed.retry_after is not None
        assert at_least <= failed.retry_after.total_seconds() <= at_most


async def test_a_date_is_by_the_clock_of_who_sends_it() -> None:
    """A clock that is an hour ahead made each answer of "in a minute" an hour's pause."""
    theirs = datetime.now(UTC) + timedelta(hours=1)
    headers = {"Date": format_datetime(theirs, usegmt=True)}
    headers["Retry-After"] = format_datetime(theirs + timedelta(minutes=1), usegmt=True)
    failed = await failure(lambda _: problem(503, headers, code="slow"), acting=False)
    assert isinstance(failed, Unavailable)
    assert failed.retry_after == timedelta(minutes=1)


HERS = {"iin": AIGUL, "phone": PHONE}


@pytest.mark.parametrize(
    "headers", [{"Content-Encoding": "Identity"}, {"Content-Encoding": ""}, {"Content-Encoding": " identity"}]
)
async def test_what_is_not_squeezed_is_read_however_that_is_written(headers: dict[str, str]) -> None:
    async with system(lambda _: httpx.Response(200, json=HERS, headers=headers)) as there:
        assert await HttpMobileDatabase(there).phone(AIGUL) == PHONE


async def test_a_byte_order_mark_is_no_part_of_an_answer() -> None:
    marked = b"\xef\xbb\xbf" + json.dumps(HERS).encode()
    async with system(lambda _: httpx.Response(200, content=marked)) as there:
        assert await HttpMobileDatabase(there).phone(AIGUL) == PHONE
    unknown = b"\xef\xbb\xbf" + b'{"code": "no_phone"}'
    written = {"Content-Type": "Application/Problem+JSON"}
    async with system(lambda _: httpx.Response(404, content=unknown, headers=written)) as there:
        assert await HttpMobileDatabase(there).phone(AIGUL) is None


def _always(answer: httpx.Response, _: httpx.Request) -> httpx.Response:
    return answer


async def test_asking_is_never_unclear() -> None:
    """A GET changes nothing, whatever it is answered."""
    for answer in (problem(409, {}, code="conflict"), problem(504, {}, code="slow")):
        failed = await failure(functools.partial(_always, answer), acting=False)
        assert not isinstance(failed, Unclear)


async def test_a_redirect_to_nowhere_is_a_system_that_is_away() -> None:
    failed = await failure(lambda _: httpx.Response(302, headers={"Location": "http://xn--/"}), acting=False)
    assert isinstance(failed, Unavailable)


async def test_the_deadline_bounds_the_whole_call() -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return httpx.Response(200)

    transport = httpx.MockTransport(slow)
    async with HttpSystem("there", "http://there", transport=transport, deadline=timedelta(seconds=0.05)) as there:
        with pytest.raises(Unclear) as caught:
            await HttpBank(there).transfer(KEY, transfer())
        assert caught.value.code == "deadline"
        with pytest.raises(Unavailable):
            await HttpBank(there).accounts(AIGUL)


async def test_a_cancelled_call_is_cancelled_and_not_an_error() -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(5)
        return httpx.Response(200)

    async with HttpSystem("there", "http://there", transport=httpx.MockTransport(slow)) as there:
        task = asyncio.ensure_future(HttpBank(there).accounts(AIGUL))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b'{"accounts": null}',
        b'{"accounts": [{"iban": "KZ1", "state": "open"}]}',
        b'{"accounts": [{"iban": "KZ120000000000000001", "state": "melted"}]}',
    ],
)
async def test_answers_outside_the_contract(answer: bytes) -> None:
    assert isinstance(await failure(lambda _: httpx.Response(200, content=answer), acting=False), BadAnswer)


@pytest.mark.parametrize("acting", [False, True])
async def test_an_answer_that_says_a_thing_twice_says_nothing(acting: bool) -> None:
    """The last of the two was taken, whatever the first was."""
    answer = b'{"accounts": [{"iban": "KZ36125KZT0000000010", "state": "closed", "own": false, "own": true}]}'
    failed = await failure(lambda _: httpx.Response(200, content=answer), acting=acting)
    assert (failed.code, "own is given twice" in str(failed)) == ("key_twice", True)
    assert isinstance(failed, BadAnswer)


async def test_a_problem_that_says_a_thing_twice_is_no_refusal() -> None:
    no = httpx.Response(
        422, content=b'{"code": "refused", "code": "other"}', headers={"Content-Type": "application/problem+json"}
    )
    assert isinstance(await failure(lambda _: no, acting=True), Unavailable)


RULING = {"application_number": "EM-1", "state": "assigned", "decision_number": "D-1", "decided_on": "2025-03-05"}


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"amount": 78798.00},
        {"amount": "-1.00"},
        {"amount": "1.001"},
        {"amount": "NaN"},
        {"amount": "78798.00", "decided_on": None},
        {"amount": "78798.00", "application_number": "EM-2"},
        {"state": "refused"},
    ],
)
async def test_rulings_outside_the_contract(members: dict[str, Any]) -> None:
    async with system(lambda _: httpx.Response(200, json=RULING | members)) as there:
        with pytest.raises(BadAnswer):
            await HttpDecidingBody(there).ruling("EM-1")


async def test_an_answer_about_somebody_else_is_not_taken() -> None:
    person = {
        "iin": "700101300041",
        "family_name": "A",
        "given_name": "B",
        "birth_date": "1970-01-01",
        "sex": "male",
        "citizenship": "citizen",
        "permanent_resident": True,
        "language": "ru",
        "region": "KZ-75",
    }
    async with system(lambda _: httpx.Response(200, json=person)) as there:
        with pytest.raises(BadAnswer) as caught:
            await HttpPersonsRegistry(there).person(AIGUL)
    assert caught.value.code == "other_subject"


async def test_unknown_members_of_an_answer_are_ignored() -> None:
    answer = {"application_number": "EM-1", "state": "pending", "queue": 3}
    async with system(lambda _: httpx.Response(200, json=answer)) as there:
        assert await HttpDecidingBody(there).submit(KEY, case_file())


async def test_what_goes_over_the_wire() -> None:
    seen: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return problem(503, code="down")

    transport = httpx.MockTransport(answering)
    async with HttpSystem("there", "http://there/gateway/", token="secret", transport=transport) as there:
        with pytest.raises(Unavailable):
            await HttpBank(there).transfer(KEY, transfer(amount=Decimal("78798")))
        with pytest.raises(Unavailable):
            await HttpBank(there).transfer_status(KEY)
    posted, asked = seen
    assert posted.headers["Idempotency-Key"] == KEY
    assert posted.headers["Authorization"] == "Bearer secret"
    assert b'"amount":"78798.00"' in posted.content
    assert asked.url.raw_path == b"/gateway/bank/v1/transfers/by-key/multi-child%2F0000-1042-7%3Acredit"


def everything_said(error: BaseException) -> str:
    """What a log or a history could show of an error: text, repr, causes and contexts."""
    shown = "".join(traceback.format_exception(error)) + str(error) + repr(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    return shown


PRIVATE = (AIGUL, FIRST, PHONE, "Айгүл")
private = st.sampled_from(PRIVATE)
said = st.lists(st.one_of(private, st.text(max_size=8)), max_size=4).map("".join)


@settings(max_examples=150, deadline=None)
@given(
    status=st.sampled_from([200, 301, 400, 401, 404, 409, 422, 429, 500, 503, 504]),
    members=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("code", "detail", "reason", "title", "document", "accounts", "state"), said)
    ),
    as_problem=st.booleans(),
    acting=st.booleans(),
)
async def test_no_error_names_a_person(status: int, members: dict[str, str], as_problem: bool, acting: bool) -> None:
    media_type = "application/problem+json" if as_problem else "application/json"
    answer = httpx.Response(status, headers={"Content-Type": media_type}, json=members)
    error = await failure(lambda _: answer, acting=acting)
    assert not [value for value in PRIVATE if value in everything_said(error)]
    assert len(str(error)) < 500


@pytest.mark.parametrize("code", [f"no_{AIGUL}", FIRST, "Айгүл", "a b", "", 7, None])
async def test_a_code_that_is_none_is_not_repeated(code: object) -> None:
    error = await failure(lambda _: problem(422, code=code), acting=True)
    assert (type(error), error.code) == (Refused, "status_422")


@pytest.mark.parametrize("error", [httpx.ReadTimeout(f"to {AIGUL}"), httpx.ConnectError(FIRST)])
async def test_no_lost_call_names_a_person(error: Exception) -> None:
    for acting in (False, True):
        said_ = everything_said(await failure(raising(error), acting=acting))
        assert not [value for value in PRIVATE if value in said_]


async def test_no_log_line_names_a_person(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await outside.cast(aigul())
    await outside.registries.persons.person(AIGUL)
    await outside.bank.account(AIGUL, FIRST)
    await outside.registries.mobile.phone(AIGUL)
    await outside.bank.transfer(KEY, transfer())
    assert not [value for value in PRIVATE if value in caplog.text]


def test_errors_survive_pickling() -> None:
    refused = pickle.loads(pickle.dumps(Refused("emaket", "rejected", "words", "why", {"document": "x"})))  # noqa: S301
    assert (str(refused), refused.reason, refused.extra) == ("emaket: words [rejected]", "why", {"document": "x"})
    later = pickle.loads(pickle.dumps(Unavailable("bank", "down", "words", timedelta(seconds=3))))  # noqa: S301
    assert later.retry_after == timedelta(seconds=3)


async def test_what_is_broken_in_a_list_leaves_the_rest_of_it_whole() -> None:
    """No record at all, NUL, half a character: each stopped every service of the family."""
    whole = {"birth_date": "2020-01-01", "sex": "male", "born_alive": True, "relation": "born", "birth_record": "R-1"}
    children = [whole, None, "x", whole | {"birth_record": "a\0b"}, whole | {"birth_record": "\ud83d"}]
    content = json.dumps({"iin": AIGUL, "children": children}).encode()
    headers = {"Content-Type": "application/json"}
    async with system(lambda _: httpx.Response(200, content=content, headers=headers)) as there:
        found = (await HttpCivilRegistry(there).family(AIGUL)).children
    assert [one.unreadable == () for one in found] == [True, False, False, False, False]
    assert [one.birth_record for one in found] == ["R-1", None, None, None, None]
    assert [one.birth_date is not None for one in found] == [True, False, False, True, True]


OPEN = {"iban": "KZ36125KZT0000000010", "state": "open"}


@pytest.mark.parametrize("broken", [{"state": "open"}, OPEN | {"state": "sleeps"}, OPEN | {"iban": "?"}, None, 7])
async def test_an_account_that_cannot_be_read_spoils_none_of_the_others(
    broken: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with system(lambda _: httpx.Response(200, json={"accounts": [broken, OPEN, broken]})) as there:
        (account,) = await HttpBank(there).accounts(AIGUL)
    assert account.iban == OPEN["iban"]
    assert [record.getMessage() for record in caplog.records] == [
        "bank: 2 of 3 accounts of a list cannot be read, and are passed over"
    ]
    async with system(lambda _: httpx.Response(200, json={"accounts": [broken]})) as there:
        with pytest.raises(BadAnswer):  # she would be asked for an account, and has one
            await HttpBank(there).accounts(AIGUL)
