"""What a bank has booked though it turned it down is not paid once more while a person finds out."""

from datetime import date

from sqlalchemy import text

from card import bank_lines
from card.bank_lines import Said
from tests.activities.month import FEBRUARY, JANUARY, Runs
from tests.entitled_people import Entitled


async def test_what_was_booked_though_rejected_is_not_tried_again(runs_: Runs) -> None:
    """The next try left while the item waited for a person, and the month was paid twice."""
    one = Entitled(0)
    closed = one.document(accounts=[{"iban": one.iban, "at_transfer": "closed"}])
    await runs_.settle([one], closed)
    await runs_.play()
    async with runs_.life.card.transaction() as session:
        rejected = (
            await session.execute(text("SELECT end_to_end_id, amount FROM run_lines WHERE state = 'rejected'"))
        ).one()
        name, amount = rejected
        booked = Said(1, "settled", name, amount, None, "BOOKED-1", date(2026, 1, 20), None)
        assert (await bank_lines.stated(session, date(2026, 1, 20), [booked])).waiting == 1
    await runs_.life.outside.cast(one.document(accounts=[{"iban": Entitled(9).iban}]))
    await runs_.play(FEBRUARY)
    async with runs_.life.card.statements() as session:
        sql = "SELECT d.month, l.state, l.reason FROM run_lines l JOIN dues d ON d.id = l.due_id ORDER BY l.id"
        lines = [tuple(row) for row in (await session.execute(text(sql))).all()]
    january = [row[1:] for row in lines if row[0] == JANUARY]
    assert january == [("rejected", "AC04"), ("held", "operator")]
    assert await runs_.at_the_bank() == one.gross, "February alone"
