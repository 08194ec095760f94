"""The database moves: the pool leaves a server that takes no writes, and the gateway says meanwhile it is not ready."""

import pytest
from sqlalchemy import text

from tests.activities.people import phone_of
from tests.gateway.house import House, now


@pytest.fixture
async def demoted(house: House) -> House:
    """The primary has become a standby and stays up: every open connection can read and not write."""
    engine = house.card.engine
    open_ones = [await engine.connect() for _ in range(engine.pool.size())]  # type: ignore[attr-defined]
    for connection in open_ones:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SET default_transaction_read_only = on"))
    for connection in open_ones:
        await connection.close()
    return house


async def test_the_pool_leaves_a_demoted_primary(demoted: House) -> None:
    """Each post was a 500, for ever; now the first is told to come again, and shows the way to all."""
    answers = []
    for n in range(10):
        said = {"message_id": f"moved-{n}", "phone": phone_of(1), "text": "да", "received_at": now().isoformat()}
        answers.append(await demoted.post("/v1/sms/replies", said))
    assert [answer.status_code for answer in answers] == [503, *[202] * 9]
    assert answers[0].headers["retry-after"] == "1"


async def test_a_gateway_that_is_not_ready_becomes_so_without_a_post(demoted: House) -> None:
    assert [(await demoted.http.get("/readyz")).status_code for _ in range(3)] == [503, 200, 200]
