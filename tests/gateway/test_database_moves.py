"""A primary that became a standby under a running gateway: replies are not refused for long, and never for good."""

from sqlalchemy import text

from tests.activities.people import phone_of
from tests.gateway.desk import Desk, now


async def test_the_pool_leaves_a_demoted_primary(desk: Desk) -> None:
    engine = desk.card.engine
    open_ones = [await engine.connect() for _ in range(engine.pool.size())]  # type: ignore[attr-defined]
    for connection in open_ones:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SET default_transaction_read_only = on"))
    for connection in open_ones:
        await connection.close()
    answers = []
    for n in range(10):
        said = {"message_id": f"moved-{n}", "phone": phone_of(1), "text": "да", "received_at": now().isoformat()}
        answers.append(await desk.post("/v1/sms/replies", said))
    assert [answer.status_code for answer in answers] == [503, *[202] * 9]
    assert answers[0].headers["retry-after"] == "1"
    assert "moved" not in answers[0].text
