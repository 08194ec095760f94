"""The migrations make exactly the tables that the code declares, on an empty database and on one of an older day."""

import asyncio
import sys
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
from alembic import command
from psycopg.rows import dict_row
from sqlalchemy import create_engine
from sqlmodel import SQLModel

import card
import card.tables  # (fills the metadata)
from card.migrate import alembic_config, migrate
from runtime.embedded.servers import Database

ROOT = Path(card.__file__).parents[1]
_numbers = count(1)

Shape = set[tuple[object, ...]]

SHAPE = {
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale,
               is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """
        SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 't'""",
    "named constraints": """
        SELECT conname FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype IN ('u', 'c')""",
    "indexes": "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "sequences": "SELECT sequencename, data_type::text, increment_by FROM pg_sequences WHERE schemaname = 'public'",
}


@pytest.fixture
async def empty(postgres_server: Database) -> AsyncIterator[str]:
    """The name of a database without any table."""
    name = f"migrations_{next(_numbers)}"
    await postgres_server.create(name)
    yield name
    await postgres_server.drop(name)


async def shape(server: Database, database: str) -> dict[str, Shape]:
    """Everything that PostgreSQL knows of the database's tables, Alembic's own left aside."""
    found: dict[str, Shape] = {}
    async with await server.connect(database) as connection:
        for what, query in SHAPE.items():
            rows = await (await connection.cursor(row_factory=dict_row).execute(query.encode())).fetchall()
            found[what] = {
                tuple(row.values()) for row in rows if not any("alembic_version" in str(v) for v in row.values())
            }
    return found


async def test_the_migrations_make_what_the_code_declares(postgres_server: Database, empty: str) -> None:
    await asyncio.to_thread(migrate, postgres_server.url(empty))
    migrated = await shape(postgres_server, empty)
    declared = f"{empty}_declared"
    engine = create_engine(await postgres_server.create(declared))
    try:
        await asyncio.to_thread(SQLModel.metadata.create_all, engine)
        engine.dispose()
        # Alembic's own comparison knows neither checks nor the conditions of partial indexes; PostgreSQL does.
        assert migrated == await shape(postgres_server, declared)
    finally:
        await postgres_server.drop(declared)
    assert len(migrated["columns"]) > 100
    await asyncio.to_thread(command.check, alembic_config(postgres_server.url(empty)))


async def test_upgrading_again_changes_nothing_and_keeps_what_is_there(postgres_server: Database, empty: str) -> None:
    url = postgres_server.url(empty)
    await asyncio.to_thread(migrate, url)
    before = await shape(postgres_server, empty)
    async with await postgres_server.connect(empty) as connection:
        await connection.execute(
            "INSERT INTO receipts (operator, smsc_message_id, reading, delivered, at) "
            "VALUES ('smsc', '7', '7', true, now())"
        )
        await asyncio.to_thread(migrate, url)
        kept = await (await connection.execute("SELECT count(*) FROM receipts")).fetchone()
    assert kept == (1,)
    assert await shape(postgres_server, empty) == before


async def test_two_upgrades_at_once_are_one(postgres_server: Database, empty: str) -> None:
    """Two deployments: processes of their own, for Alembic itself knows one upgrade at a time in a process."""
    program = "import sys; from card import migrate; migrate(sys.argv[1])"
    url = postgres_server.url(empty)
    both = [await asyncio.create_subprocess_exec(sys.executable, "-c", program, url, cwd=ROOT) for _ in range(2)]
    assert [await one.wait() for one in both] == [0, 0]
    async with await postgres_server.connect(empty) as connection:
        version = await (await connection.execute("SELECT version_num FROM alembic_version")).fetchall()
    assert len(version) == 1


async def test_a_downgrade_takes_everything_away(postgres_server: Database, empty: str) -> None:
    url = postgres_server.url(empty)
    await asyncio.to_thread(migrate, url)
    there = await shape(postgres_server, empty)
    await asyncio.to_thread(command.downgrade, alembic_config(url), "base")
    assert await shape(postgres_server, empty) == {what: set() for what in SHAPE}
    await asyncio.to_thread(migrate, url)
    assert await shape(postgres_server, empty) == there


async def test_requests_that_were_seen_before_stay_accepted(postgres_server: Database, empty: str) -> None:
    url = postgres_server.url(empty)
    await asyncio.to_thread(command.upgrade, alembic_config(url), "0004")
    async with await postgres_server.connect(empty) as connection:
        await connection.execute("INSERT INTO seen_requests (signature) SELECT n::text FROM generate_series(1, 1000) n")
    await asyncio.to_thread(migrate, url)
    async with await postgres_server.connect(empty) as connection:
        held = await (
            await connection.execute("SELECT count(*) FROM seen_requests WHERE accepted_at IS NULL")
        ).fetchone()
    assert held == (0,)


OLD_RECEIPTS = """
    INSERT INTO messages (key, phone, language, kind, text, parts, paid_by, state, sent_at)
    VALUES ('m', '+77010000017', 'kk', 'offer', '?', 2, 'budget', 'sent', now() - interval '1 hour');
    INSERT INTO message_parts (smsc_message_id, message_key, number) VALUES ('39F99DD5', 'm', 1), ('0042', 'm', 2);
    INSERT INTO receipts (smsc_message_id, delivered, at, told_at) VALUES
        ('39F99DD5', true, now(), now()), ('0042', true, now(), NULL), ('stray', true, now() - interval '9 days', NULL),
        ('young', true, now(), NULL)"""


async def test_receipts_of_an_older_day_keep_their_messages(postgres_server: Database, empty: str) -> None:
    config = alembic_config(postgres_server.url(empty))
    await asyncio.to_thread(command.upgrade, config, "0005")
    async with await postgres_server.connect(empty) as connection:
        await connection.execute(OLD_RECEIPTS.encode())
    await asyncio.to_thread(command.upgrade, config, "head")
    async with await postgres_server.connect(empty) as connection:
        query = "SELECT smsc_message_id, operator, reading, message_key, part, told_at IS NULL FROM receipts ORDER BY 1"
        assert await (await connection.execute(query)).fetchall() == [
            ("0042", "smsc", "42", "m", "0042", True),
            ("39F99DD5", "smsc", "39F99DD5", "m", "39F99DD5", False),
            ("stray", "smsc", "stray", None, None, False),
            ("young", "smsc", "young", None, None, True),
        ]
        sent = await connection.execute("SELECT bool_and(sent_at < now() - interval '59 minutes') FROM message_parts")
        assert await sent.fetchone() == (True,)
    await asyncio.to_thread(command.downgrade, config, "0005")
    async with await postgres_server.connect(empty) as connection:
        kept = await (await connection.execute("SELECT count(*) FROM receipts")).fetchone()
    assert kept == (4,)


OLD_ROWS = """
INSERT INTO persons(id,iin,language) VALUES ('00000000-0000-0000-0000-000000000001','061211600012','kk');
INSERT INTO cases(ref,service,person_id,basis,opened_by,assessed_on,amount,outcome,closed_at) VALUES
 ('a','multi-child','00000000-0000-0000-0000-000000000001','B1','e1','2025-03-01',63030,'credited',now()),
 ('b','childbirth','00000000-0000-0000-0000-000000000001','ACT','e2','2025-03-01',100,'lapsed',now()),
 ('c','disability','00000000-0000-0000-0000-000000000001','M1','e3','2025-03-01',100,NULL,NULL),
 ('d','kandas','00000000-0000-0000-0000-000000000001',NULL,'e4','2025-03-01',NULL,'not_due',now()),
 ('f','awarded-mother','00000000-0000-0000-0000-000000000001','W','e5','2025-03-01',9,'refused_by_person',now());
INSERT INTO facts_snapshots(key,case_ref,facts,decision)
 VALUES ('k','a','{}','{"frequency":"monthly","payer":"budget"}');
INSERT INTO assignments(key,case_ref,application_number,computed,amount,state)
 VALUES ('as','a','N',63030,63030,'assigned');
INSERT INTO questions(key,case_ref,phone,number,expects,window_days,deadline)
 VALUES ('q','a','+77010000001',1,'consent',3,now());
INSERT INTO incoming(message_id,phone,text,complete,received_at)
 VALUES ('i1','+77010000001','x',true,now()),
 ('i2','+77010000001','y',true,'0001-01-02');
INSERT INTO consents(key,case_ref,given,question_key,message_id,received_at,applied_on)
 VALUES ('co','a',true,'q','i1',now(),'2025-03-01');
INSERT INTO ledger(key,case_ref,debit,credit,amount) VALUES ('l','a','entitled','payable',63030);
INSERT INTO messages(key,case_ref,phone,language,kind,text,parts,paid_by,state)
 VALUES ('m','a','+77010000001','kk','offer','t',1,'budget','sent');
INSERT INTO message_parts VALUES ('p1','m',1);
INSERT INTO receipts(smsc_message_id,delivered,at) VALUES ('p1',true,now()),('zz',true,now());
INSERT INTO seen_requests(signature) VALUES ('s');
"""
"""A little of everything that a database of the first shape may hold; one reply has a time that cannot be read back."""


async def test_a_database_full_of_old_rows_goes_forward(postgres_server: Database, empty: str) -> None:
    url = postgres_server.url(empty)
    await asyncio.to_thread(command.upgrade, alembic_config(url), "0001")
    async with await postgres_server.connect(empty) as connection:
        await connection.execute(OLD_ROWS.encode())
    await asyncio.to_thread(migrate, url)
    async with await postgres_server.connect(empty) as connection:

        async def found(query: bytes) -> list[tuple[object, ...]]:
            return await (await connection.execute(query)).fetchall()

        assert await found(b"SELECT service, state FROM rights ORDER BY service") == [
            ("awarded-mother", "refused"),
            ("childbirth", "offered"),
            ("disability", "found"),
            ("multi-child", "entitled"),
        ]
        assert await found(b"SELECT ref FROM cases WHERE right_id IS NULL") == [("d",)]
        assert await found(b"SELECT message_id FROM incoming WHERE set_aside IS NOT NULL") == [("i2",)]
        assert await found(b"SELECT question_key FROM incoming WHERE message_id = 'i1'") == [("q",)]
        assert await found(b"SELECT payer FROM ledger") == [("budget",)]
