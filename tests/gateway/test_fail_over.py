"""The database moves: the pool leaves a server that takes no writes, and the gateway says meanwhile it is not ready."""

import gc

import pytest
from sqlalchemy import text

from card import Card
from tests.activities.people import phone_of
from tests.gateway.desk import Desk, now


# What the pool leaves is dropped, not closed: nobody can be waited for where a call has just failed.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_the_pool_leaves_a_demoted_primary(desk: Desk) -> None:
    """It stays up, and every open connection can read and not write: each post was a 500, for ever."""
    engine = desk.card.engine
    open_ones = [await engine.connect() for _ in range(engine.pool.size())]  # type: ignore[attr-defined]
    for connection in open_ones:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SET default_transaction_read_only = on"))
    for connection in open_ones:
        await connection.close()
    assert (await desk.http.get("/readyz")).status_code == 503
    codes = []
    for n in range(4):
        body = {"message_id": f"f{n}", "phone": phone_of(1), "text": "да", "received_at": now().isoformat()}
        codes.append((await desk.post("/v1/sms/replies", body)).status_code)
    await engine.dispose()
    del open_ones, connection
    gc.collect()
    assert codes[1:] == [202, 202, 202], "one call may fail, and shows the way to all"


async def test_prepared_statements_can_be_switched_off(database_url: str) -> None:
    card = Card(database_url + ("&" if "?" in database_url else "?") + "prepare_threshold=None")
    try:
        for n in range(8):
            async with card.statements() as session:
                await session.execute(text("select :a"), {"a": n})
        async with card.statements() as session:
            assert (await session.execute(text("select count(*) from pg_prepared_statements"))).scalar() == 0
    finally:
        await card.close()
