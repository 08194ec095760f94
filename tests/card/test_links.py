"""What the database holds against each other: an ending and what was said, ruled and paid; a payment and its right."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from card import accounts, cases, entitlements, messages, money, payments, rights, rulings, snapshots
from card.entitlements import Months, Terms
from card.tables import CaseRecord
from tests.activities.database import answered, applied, owed, paid, sent
from tests.card.conftest import ON, Cards
from workflows.model import Outcome

AMOUNT = Decimal("78798.00")
NEXT = date(2026, 3, 1)
WHEN = timedelta(days=3)


@dataclass
class Story:
    """Cases that stand where their names say, each with the right of a child of its own."""

    cards: Cards
    credited: CaseRecord
    on_its_way: CaseRecord
    assigned: CaseRecord
    contested: CaseRecord
    asked: CaseRecord
    lapsed: CaseRecord
    fresh: CaseRecord

    async def does(self, *deeds: str) -> None:
        """These in one transaction; `{credited}` and the like stand for the references."""
        refs = {name: case.ref for name, case in vars(self).items() if isinstance(case, CaseRecord)}
        async with self.cards.card.engine.begin() as connection:
            for deed in deeds:
                await connection.execute(text(deed.format(**refs)))


@pytest.fixture
async def story(cards: Cards) -> Story:
    names = ("credited", "on_its_way", "assigned", "contested", "asked", "lapsed", "fresh")
    opened = {name: await cards.open(n=n) for n, name in enumerate(names, start=1)}
    about = money.About("budget", ON, ON)
    now = datetime.now(UTC)
    async with cards.card.transaction() as session:
        for name in names[:-1]:
            case = opened[name]
            right = await rights.known_as(session, case.service, {f"child of {name}"})
            await rights.take(session, case.ref, right, basis=f"child of {name}", amount=AMOUNT, ground="g")
            decision = {"net": str(AMOUNT), "withheld": "0", "start": ON.isoformat(), "until": None}
            await snapshots.keep(session, f"detect {name}", case.ref, {"children": [f"child of {name}"]}, decision)
        for name in names[:3]:
            await owed(session, f"assign {name}", opened[name].ref, AMOUNT, about)
        for name in names[4:6]:
            ref, phone = opened[name].ref, f"+7701000000{len(name)}"
            asked: dict[str, Any] = {"phone": phone, "expects": "consent", "window_days": 3, "deadline": now + WHEN}
            await messages.ask(session, key=f"ask {name}", case_ref=ref, **asked)
            await sent(session, f"ask {name}", ref, phone)
        await answered(session, opened["contested"].ref)
    async with cards.card.transaction() as session:
        done = opened["credited"]
        await paid(session, "credit", done, AMOUNT, "KZ36125KZT0000000001", ON)
        await cases.close(session, done.ref, Outcome.CREDITED, None)
        done = await cases.find(session, done.ref)
        month = Months(ON, ON, AMOUNT, Decimal(0))
        terms = Terms(ON, None, [Months(ON, NEXT, AMOUNT, Decimal(0))], NEXT, month, is_difference=False)
        right_of = await rights.of_case(session, done)
        assert right_of is not None
        await entitlements.grant(session, done, right_of, terms)
        await cases.close(session, opened["lapsed"].ref, Outcome.LAPSED, None)
        for name in ("on_its_way", "assigned"):
            case = opened[name]
            to = await accounts.know(session, case.person_id, f"KZ36125KZT00000000{len(name)}", "bank")
            if name == "on_its_way":
                await payments.intend(session, "going", case.ref, to.id, AMOUNT)
        await applied(session, opened["contested"].ref, "EM-C")
        more: dict[str, Any] = {"was": None, "decision_number": "1", "decided_on": ON, "reason": None}
        more |= {"application_number": "EM-C", "computed": AMOUNT, "amount": AMOUNT * 2}
        await rulings.record(session, key="ruling", case_ref=opened["contested"].ref, **more)
    return Story(cards, **opened)


NOT_OF_MONEY = sorted(set(Outcome) - {Outcome.NO_ACCOUNT, Outcome.CLOSED_BY_OPERATOR})
NOT_OF_THE_ASKED = (
    *(Outcome.CREDITED, Outcome.TOLD, Outcome.REFUSED_BY_BODY, Outcome.MISSING_DOCUMENT),
    *(Outcome.REFUSED_BY_PERSON, Outcome.NO_ACCOUNT),
)
ENDS_NEVER_AS = {
    "assigned": NOT_OF_MONEY,
    "on_its_way": list(Outcome),
    "asked": NOT_OF_THE_ASKED,
    "fresh": (*NOT_OF_THE_ASKED, Outcome.LAPSED, Outcome.LATE_YES),
    "contested": (*NOT_OF_THE_ASKED[:-1], Outcome.LAPSED, Outcome.LATE_YES, Outcome.UNREACHABLE),
}
MAY_END_AS = {
    "assigned": (Outcome.NO_ACCOUNT, Outcome.CLOSED_BY_OPERATOR),
    "asked": (Outcome.LAPSED, Outcome.LATE_YES, Outcome.UNREACHABLE, Outcome.ALREADY_PAID),
    "fresh": (Outcome.NO_RIGHT, Outcome.NOT_DUE, Outcome.UNREACHABLE),
    "contested": (Outcome.NO_ACCOUNT, Outcome.NO_RIGHT),
}


async def _refusal(story: Story, case: str, end: Outcome) -> str | None:
    """Why the case may not end so; None where it may. It goes on in any case."""
    sql = f"UPDATE cases SET outcome = '{end}', closed_at = now() WHERE ref = '{{{case}}}'"  # noqa: S608  (ours)
    try:
        await story.does(sql, "SET CONSTRAINTS ALL IMMEDIATE", "SELECT 1 / 0")
    except DBAPIError as refused:
        return None if "division by zero" in str(refused) else str(refused.orig)
    raise AssertionError


@pytest.mark.parametrize("case", ENDS_NEVER_AS)
async def test_a_case_ends_as_its_links_say(story: Story, case: str) -> None:
    """A case to which money was assigned was told, without a right, or refused by a body, and its right was over."""
    for end in ENDS_NEVER_AS[case]:
        assert re.search(r"does not end as|may be on its way", await _refusal(story, case, end) or ""), end


async def test_a_case_ends_as_it_may(story: Story) -> None:
    assert [await _refusal(story, case, end) for case, ends in MAY_END_AS.items() for end in ends] == [None] * 11


PAYMENT = (
    "INSERT INTO payments (key, case_ref, account_id, amount, state, end_to_end_id) "
    "SELECT 'new', '{{assigned}}', a.id, 78798, 'intended', {name} "
    "FROM accounts a JOIN cases c ON c.person_id = a.person_id WHERE c.ref = '{{assigned}}'"
)
SETTLED = (
    "INSERT INTO ledger (key, case_ref, debit, credit, amount, payer, period, value_date) "
    "SELECT 'going', '{on_its_way}', 'payable', 'paid', 78798, 'budget', '2025-03-01', '2025-03-01'"
)
RETURNED = (
    "INSERT INTO decisions (key, case_ref, action, why, by, note, at) VALUES ('credit' || chr(58) || 'returned', "
)
BACK = (
    "INSERT INTO ledger (key, case_ref, debit, credit, amount, payer, period, value_date) SELECT key || chr(58) || "
    "'returned', case_ref, 'paid', 'payable', amount, payer, period, value_date FROM ledger WHERE key = 'credit'"
)
ACCEPTED = (
    "INSERT INTO decisions (key, case_ref, action, why, by, note, at) "
    "VALUES ('yes', '{contested}', 'accept-amount', 'amounts_differ', 'a.omarova', '', now())"
)
ASKED = (
    "INSERT INTO questions (key, case_ref, phone, number, expects, window_days, deadline) "
    "VALUES ('q', '{fresh}', '+77079999999', 1, 'consent', 3, now() + interval '3 days')"
)
SAID = (
    "INSERT INTO incoming (message_id, phone, text, complete, received_at) "
    "VALUES ('m', '+77079999999', 'ИӘ', true, now())"
)
AGREED = (
    "INSERT INTO consents (key, case_ref, given, question_key, message_id, received_at, applied_on) "
    "VALUES ('k', '{fresh}', true, 'q', 'm', now(), current_date)"
)
SMS = (
    "INSERT INTO messages (key, case_ref, phone, language, kind, text, parts, paid_by, state) "
    "VALUES ('q', '{{{of}}}', '{phone}', 'kk', '{kind}', '?', 1, 'budget', 'sent')"
)
PART = (
    "INSERT INTO message_parts (operator, smsc_message_id, message_key, number, reading) VALUES ('o', '1', 'q', 1, '1')"
)
HERE = {"of": "fresh", "phone": "+77079999999", "kind": "offer"}
LOOK = (
    "INSERT INTO looks (root, right_id, service, person_id, day, why, n) "
    "SELECT 'r', right_id, service, person_id, current_date, 'x', 0 FROM cases WHERE ref = '{lapsed}'"
)
FRAUDS: dict[str, tuple[tuple[str, ...], str]] = {
    "the name of another right at the bank": (
        (PAYMENT.format(name="(SELECT end_to_end_id FROM payments WHERE key = 'credit')"),),
        "the name of its own right",
    ),
    "a fresh name at the bank": ((PAYMENT.format(name="'fresh-1'"),), "the name of its own right"),
    "the number of another payment": (
        ("UPDATE payments SET state = 'settled', bank_reference = 'BR-credit' WHERE key = 'going'", SETTLED),
        "another payment under this number",
    ),
    "the number of another payment, before": (
        (
            "UPDATE payments SET bank_reference = 'BR-credit' WHERE key = 'going'",
            "UPDATE payments SET state = 'settled' WHERE key = 'going'",
            SETTLED,
        ),
        "another payment under this number",
    ),
    "asked where no SMS has gone": ((ASKED, SAID, AGREED), "what the asked phone has written"),
    "asked where an SMS was to go": ((SMS.format(**HERE), ASKED, SAID, AGREED), "what the asked phone has written"),
    "asked elsewhere than its SMS": (
        (SMS.format(**HERE | {"phone": "+77010000001"}), PART, ASKED, SAID, AGREED),
        "what the asked phone has written",
    ),
    "asked by the SMS of another case": (
        (SMS.format(**HERE | {"of": "lapsed"}), PART, ASKED, SAID, AGREED),
        "what the asked phone has written",
    ),
    "asked by what is no question": (
        (SMS.format(**HERE | {"kind": "paid"}), PART, ASKED, SAID, AGREED),
        "what the asked phone has written",
    ),
    "asked for years": (("UPDATE questions SET deadline = now() + interval '9 years'",), "the window is open"),
    "asked for no time": (("UPDATE questions SET deadline = '2000-01-01'",), "the window is open"),
    "asked again": (("UPDATE questions SET closed_at = NULL",), "stays so"),
    "come back for another reason": (
        (
            RETURNED + "'{credited}', 'returned', 'AC04', 'a.omarova', '', now())",
            "UPDATE payments SET state = 'returned', reason = 'FR01' WHERE key = 'credit'",
            BACK,
        ),
        "somebody decides that money has come back",
    ),
    "an amount that nobody reckoned": (("UPDATE cases SET amount = 99 WHERE ref = '{asked}'",), "the law gave"),
    "no amount": (("UPDATE cases SET amount = NULL WHERE ref = '{asked}'",), "the law gave"),
    "accepted ten times": (
        (
            "UPDATE assignments SET state = 'superseded' WHERE key = 'ruling'",
            "INSERT INTO assignments (key, case_ref, application_number, computed, amount, state) "
            "SELECT 'x', case_ref, application_number, computed, computed * 10, 'contested' FROM assignments "
            "WHERE key = 'ruling'",
            ACCEPTED,
            "UPDATE assignments SET state = 'accepted' WHERE key = 'x'",
        ),
        "a slip of the body",
    ),
    "well again": (("UPDATE accounts SET rejected = 'AC04'", "UPDATE accounts SET rejected = NULL"), "stays"),
    "no account": (("DELETE FROM accounts",), "accounts stay"),
    "from the bank, said by nobody": (("UPDATE accounts SET source = 'person'",), "source of accounts stays"),
    "looked at later": ((LOOK, "UPDATE looks SET day = '2199-01-01'"), "on its day, or sooner"),
    "looked at for another": (
        (LOOK, "UPDATE looks SET person_id = (SELECT person_id FROM cases WHERE ref = '{fresh}')"),
        "person_id of looks stays",
    ),
    "never reviewed": (("UPDATE entitlements SET next_review = NULL",), "a case of it that is credited"),
    "reviewed in ages": (("UPDATE entitlements SET next_review = '2199-01-01'",), "a case of it that is credited"),
    "months to come for nothing": (
        ("UPDATE entitlement_amounts SET last_month = first_month",),
        "a case of it that is credited",
    ),
    "months without end": (
        ("UPDATE entitlement_amounts SET last_month = '2199-01-01'",),
        "a case of it that is credited",
    ),
    "months to come of more": (
        (
            "INSERT INTO entitlement_amounts SELECT entitlement_id, date '2026-04-01', date '2026-09-01', gross * 2, 0 "
            "FROM entitlement_amounts",
        ),
        "a case of it that is credited",
    ),
    "claimed by nobody": (("UPDATE rights SET state = 'claimed' WHERE state = 'offered'",), "as its cases have come"),
    "refused by nobody": (("UPDATE rights SET state = 'refused' WHERE state = 'offered'",), "as its cases have come"),
}


@pytest.mark.parametrize("fraud", FRAUDS)
async def test_the_database_refuses_what_its_rows_deny(story: Story, fraud: str) -> None:
    """Each was taken from the program's own role."""
    deeds, why = FRAUDS[fraud]
    with pytest.raises(DBAPIError, match=why):
        await story.does(*deeds)


async def test_where_the_sms_has_gone_the_answer_counts(story: Story) -> None:
    await story.does(SMS.format(**HERE), PART, ASKED, SAID, AGREED)


async def test_what_was_agreed_to_is_never_read_otherwise(story: Story) -> None:
    """A yes stood on a message that nobody had read, and that then said no."""
    await story.does(SMS.format(**HERE), PART, ASKED, SAID, AGREED)
    with pytest.raises(DBAPIError, match="what was understood stays"):
        await story.does("UPDATE incoming SET meaning = 'no' WHERE message_id = 'm'")
    await story.does("UPDATE incoming SET meaning = 'yes' WHERE message_id = 'm'")


async def test_what_was_accepted_before_is_not_what_is_ruled_after(story: Story) -> None:
    """A ruling that came later was accepted by the decision on the one before it."""
    await story.does(ACCEPTED)
    accept = "UPDATE assignments SET state = 'accepted' WHERE state = 'contested'"
    again = (
        "UPDATE assignments SET state = 'superseded' WHERE key = 'ruling'",
        "INSERT INTO assignments (key, case_ref, application_number, computed, amount, state) SELECT 'x', case_ref, "
        "application_number, computed, amount, 'contested' FROM assignments WHERE key = 'ruling'",
    )
    with pytest.raises(DBAPIError, match="somebody decides"):
        await story.does(*again, accept)
    await story.does(accept)


async def test_money_is_for_a_right_that_bears_a_name_of_its_facts(story: Story) -> None:
    """A right with a name that nobody has was paid beside the true one."""
    await story.does(
        "UPDATE cases SET basis = 'nobody' WHERE ref = '{contested}'",
        "UPDATE facts_snapshots SET facts = '{{}}' WHERE case_ref = '{contested}'",
        ACCEPTED,
        "UPDATE assignments SET state = 'accepted' WHERE key = 'ruling'",
    )
    book = (
        "INSERT INTO ledger (key, case_ref, debit, credit, amount, payer, period, value_date) "
        "VALUES ('x', '{contested}', 'entitled', 'payable', 78798, 'budget', '2025-03-01', '2025-03-01')"
    )
    with pytest.raises(DBAPIError, match="bears a name of what it rests on"):
        await story.does(book)
    await story.does("UPDATE cases SET basis = 'child of contested' WHERE ref = '{contested}'", book)


WRITTEN = {
    ("cases", "opened_at"),
    ("cases", "started_at"),
    ("questions", "opened_at"),
    ("messages", "intended_at"),
    ("message_parts", "sent_at"),
    ("incoming", "stored_at"),
    ("applications", "intended_at"),
    ("applications", "finished_at"),
    ("assignments", "ruled_at"),
    ("payments", "intended_at"),
    ("rights", "since"),
}


async def test_when_it_was_written_the_database_says(story: Story) -> None:
    """The history was written anew, and dated back and forth."""
    for table, column in sorted(WRITTEN):
        for when in ("2001-01-01", "2199-01-01"):
            with suppress(DBAPIError):  # what says no is as good as what changes nothing
                await story.does(f"UPDATE {table} SET {column} = '{when}'")  # noqa: S608  (ours)
            there = text(f"SELECT count(*), count(*) FILTER (WHERE {column} = '{when}') FROM {table}")  # noqa: S608
            async with story.cards.card.statements() as session:
                rows, dated = (await session.execute(there)).one()
            assert rows > 0
            assert dated == 0, (table, column, when)


async def test_a_decision_is_written_when_it_is_written(story: Story) -> None:
    await story.does(ACCEPTED.replace("now())", "now() + interval '9 years')"))
    async with story.cards.card.statements() as session:
        assert await session.scalar(text("SELECT bool_and(written_at <= now()) FROM decisions"))
