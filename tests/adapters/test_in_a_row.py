"""A body that gives everybody the same odd answer is out of order: that is no matter of each of ten thousand people."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import httpx
import pytest

from adapters.bank import HttpBank, Transfer
from adapters.bodies import HttpEMaket
from adapters.errors import AdapterError, BadAnswer, Refused, Unavailable, Unclear
from adapters.gate import SHUTS_AFTER
from adapters.http import OUT_OF_ORDER, HttpSystem
from adapters.in_a_row import NOBODY_KNOWN
from adapters.registries.clients import HttpCivilRegistry, HttpDisabilityDatabase, HttpMobileDatabase

Answer = Callable[[httpx.Request], httpx.Response]


class Body:
    """One that answers as it is told to; counts who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer: Answer = lambda _: httpx.Response(503)
        transport = httpx.MockTransport(self._answers)
        self.system = HttpSystem("there", "http://there", transport=transport)

    def _answers(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        return self.answer(request)


@pytest.fixture
async def body() -> AsyncIterator[Body]:
    body = Body()
    async with body.system:
        yield body


def problem(status: int, code: str) -> Answer:
    return lambda _: httpx.Response(status, json={"code": code}, headers={"Content-Type": "application/problem+json"})


def iin(n: int) -> str:
    return f"8501014{n:05d}"


OUT_OF_ORDER_ANSWERS: dict[str, Answer] = {
    "another document": lambda _: httpx.Response(200, json={"status": "maintenance"}),
    "nothing": lambda _: httpx.Response(200, content=b"null"),
    "a gateway's own no": problem(404, "not_found"),
    "its own mistake": problem(400, "internal_error"),
}


@pytest.mark.parametrize("answer", OUT_OF_ORDER_ANSWERS.values(), ids=OUT_OF_ORDER_ANSWERS)
async def test_the_same_odd_answer_to_everybody_passes(body: Body, answer: Answer) -> None:
    """Every case stood before an operator, and each had to be taken up again by hand."""
    registry = HttpCivilRegistry(body.system)
    body.answer = answer
    for n in range(OUT_OF_ORDER - 1):
        for _ in range(2):
            with pytest.raises((BadAnswer, Refused)):
                await registry.family(iin(n))
    for n in range(OUT_OF_ORDER, 20):
        with pytest.raises(Unavailable):
            await registry.family(iin(n))
    assert len(body.asked) <= 2 * OUT_OF_ORDER + SHUTS_AFTER, "and it is left alone"


async def test_the_same_persons_record_for_everybody_passes(body: Body) -> None:
    """A cache that got stuck: every case stood before an operator with an answer about somebody else."""
    registry = HttpDisabilityDatabase(body.system)
    body.answer = lambda _: httpx.Response(200, json={"iin": "850312450017", "decisions": []})
    for n in range(OUT_OF_ORDER - 1):
        with pytest.raises(BadAnswer, match="the answer's iin is not the one"):
            await registry.decisions(iin(n))
    for n in range(OUT_OF_ORDER, 20):
        with pytest.raises(Unavailable):
            await registry.decisions(iin(n))
    assert len(body.asked) <= OUT_OF_ORDER + SHUTS_AFTER, "and it is left alone"


async def test_one_transfers_answer_to_everybodys_says_nothing_of_theirs(body: Body) -> None:
    bank = HttpBank(body.system)
    stuck = {"key": "another", "state": "settled", "bank_reference": "B-1"}
    body.answer = lambda _: httpx.Response(200, json=stuck)
    raised: list[type[AdapterError]] = []
    for n in range(OUT_OF_ORDER):
        with pytest.raises(AdapterError) as caught:
            await bank.transfer(f"key-{n}", _transfer(n))
        raised.append(caught.type)
    assert raised == [BadAnswer, BadAnswer, Unclear]


def _transfer(n: int) -> Transfer:
    given = {"iban": "KZ36125KZT0000000010", "iin": "850312450017", "amount": "1", "purpose": "x"}
    return Transfer.model_validate({**given, "end_to_end_id": str(n)})


async def test_a_no_that_was_agreed_is_an_answer_to_however_many(body: Body) -> None:
    emaket = HttpEMaket(body.system)
    body.answer = problem(404, "unknown_key")
    for n in range(20):
        assert await emaket.registration(f"key-{n}") is None
    assert len(body.asked) == 20


async def test_what_is_no_answer_to_a_transfer_says_nothing_of_it(body: Body) -> None:
    bank = HttpBank(body.system)
    body.answer = lambda _: httpx.Response(200, json={"state": "settled"})
    raised: list[type[AdapterError]] = []
    for n in range(OUT_OF_ORDER):
        try:
            await bank.transfer(f"key-{n}", _transfer(n))
        except AdapterError as error:
            raised.append(type(error))
    assert raised == [BadAnswer, BadAnswer, Unclear]


async def test_one_register_that_is_away_shuts_no_other_and_is_left_alone(body: Body) -> None:
    """All eleven had one gate, and the ten that answered opened it for the one that did not."""
    civil, mobile = HttpCivilRegistry(body.system), HttpMobileDatabase(body.system)

    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/civil"):
            return httpx.Response(503)
        whom = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={"iin": whom, "phone": "+77011234567"})

    body.answer = answers
    for n in range(20):
        with suppress(Unavailable):
            await civil.family("850312450017" if n % 2 else "061211600012")
        assert await mobile.phone("850312450017")
    assert len([path for path in body.asked if path.startswith("/civil")]) == SHUTS_AFTER
    assert len([path for path in body.asked if path.startswith("/mobile")]) == 20


async def test_a_bank_that_knows_nobodys_accounts_was_emptied(body: Body) -> None:
    """Everybody was asked for the number of an account that the banks had known the day before."""
    bank = HttpBank(body.system)
    body.answer = lambda _: httpx.Response(200, json={"accounts": []})
    for n in range(NOBODY_KNOWN - 1):
        assert await bank.accounts(iin(n)) == ()
    with pytest.raises(Unavailable, match="knows no account of 10 people in a row"):
        await bank.accounts(iin(NOBODY_KNOWN))
    one = {"iban": "KZ36125KZT0000000010", "state": "open"}
    body.answer = lambda _: httpx.Response(200, json={"accounts": [one]})
    assert await bank.accounts(iin(1))


async def test_a_mobile_database_that_knows_nobody_was_emptied(body: Body) -> None:
    """Everybody was unreachable at once, for a fortnight."""
    mobile = HttpMobileDatabase(body.system)
    body.answer = problem(404, "no_phone")
    for n in range(NOBODY_KNOWN - 1):
        assert await mobile.phone(iin(n)) is None
    with pytest.raises(Unavailable, match="knows no phone of 10 people in a row"):
        await mobile.phone(iin(NOBODY_KNOWN))
    whom = "850312450017"
    body.answer = lambda _: httpx.Response(200, json={"iin": whom, "phone": "+77011234567"})
    assert await mobile.phone(whom)
    body.answer = problem(404, "no_phone")
    assert await mobile.phone(iin(1)) is None
