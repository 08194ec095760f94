"""The SMPP session against a scripted SMS centre: what a real one may send that neither library nor stub would."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from adapters.errors import BadAnswer, Unavailable, Unclear
from adapters.sms import SmppCentre
from adapters.sms.link import SmppLink
from adapters.sms.pdu import BadPdu
from adapters.sms.port import OutgoingSms
from tests.adapters.sms_link import SOON, until

SMS = OutgoingSms(key="k", phone="+77010000001", parts=("Иә",))


def pdu(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    return struct.pack("!IIII", 16 + len(body), command, status, sequence) + body


class Scripted:
    """A centre that binds whoever comes and answers each submit_sm as `answer` says; it notes what it gets."""

    def __init__(self, answer: Callable[[int], bytes] | None = None) -> None:
        self._answer = answer
        self.got: list[tuple[int, int, int]] = []
        """Command, status and sequence number of each PDU."""
        self.sessions: list[asyncio.StreamWriter] = []
        self.port = 0
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving[task] = writer
        try:
            while True:
                head = await reader.readexactly(16)
                length, command, status, sequence = struct.unpack("!IIII", head)
                await reader.readexactly(length - 16)
                self.got.append((command, status, sequence))
                if command in (1, 2):
                    writer.write(pdu(command | 0x80000000, sequence, b"smsc\0"))
                    self.sessions.append(writer)
                elif command == 6:
                    writer.write(pdu(0x80000006, sequence))
                elif command == 4 and self._answer is not None:
                    writer.write(self._answer(sequence))
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
            del self._serving[task]

    async def end(self) -> None:
        """Break every connection off, bound or not, and wait until none is served: the next test finds nothing open."""
        serving = dict(self._serving)
        for writer in {*self.sessions, *serving.values()}:
            writer.transport.abort()
        await asyncio.gather(*serving, return_exceptions=True)

    def commands(self) -> list[int]:
        return [command for command, _, _ in self.got]


@asynccontextmanager
async def scripted(answer: Callable[[int], bytes] | None = None) -> AsyncIterator[Scripted]:
    centre = Scripted(answer)
    server = await asyncio.start_server(centre.serve, "127.0.0.1", 0)
    centre.port = server.sockets[0].getsockname()[1]
    try:
        yield centre
    finally:
        server.close()
        await centre.end()
        await asyncio.sleep(0)


@asynccontextmanager
async def sending_to(centre: Scripted, patience: timedelta = SOON) -> AsyncIterator[SmppCentre]:
    async with SmppCentre("127.0.0.1", centre.port, "demeu", "secret", answer_within=patience) as sender:
        assert await sender.wait_bound(SOON)
        yield sender


@asynccontextmanager
async def receiving_from(centre: Scripted, take: Callable[[bytes], Awaitable[None]]) -> AsyncIterator[SmppLink]:
    link = SmppLink("127.0.0.1", centre.port, "demeu", "secret", on_delivery=take)
    await link.open()
    assert await link.wait_bound(SOON)
    try:
        yield link
    finally:
        await link.close(timedelta(seconds=1))


async def test_generic_nack_is_a_no() -> None:
    async with (
        scripted(lambda sequence: pdu(0x80000000, sequence, status=0x02)) as centre,
        sending_to(centre) as sender,
    ):
        with pytest.raises(Unavailable, match="ESME_RINVCMDLEN"):
            await sender.send(SMS)


async def test_a_yes_without_a_body_is_no_yes() -> None:
    async with scripted(lambda sequence: pdu(0x80000004, sequence)) as centre, sending_to(centre) as sender:
        with pytest.raises(BadAnswer):
            await sender.send(SMS)


async def test_an_answer_to_somebody_else_is_no_answer() -> None:
    async with (
        scripted(lambda sequence: pdu(0x80000004, sequence + 7, b"id\0")) as centre,
        sending_to(centre, patience=timedelta(seconds=0.5)) as sender,
    ):
        with pytest.raises(Unclear):
            await sender.send(SMS)
        assert sender.bound


async def test_answers_out_of_order_and_twice() -> None:
    waiting: list[int] = []

    def later(sequence: int) -> bytes:
        waiting.append(sequence)
        if len(waiting) < 3:
            return b""
        answers = [pdu(0x80000004, number, f"id{number}\0".encode()) for number in reversed(waiting)]
        return b"".join(answers * 2)

    async with scripted(later) as centre, sending_to(centre) as sender:
        sent = await asyncio.gather(*(sender.send(SMS.model_copy(update={"key": f"k{n}"})) for n in range(3)))
        assert [parts[0].smsc_message_id for parts in sent] == [f"id{number}" for number in waiting]


@pytest.mark.parametrize("answer", [struct.pack("!IIII", 8, 4, 0, 1), b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_rubbish_costs_the_session_and_no_more(answer: bytes) -> None:
    async with scripted(lambda _: answer) as centre, sending_to(centre) as sender:
        with pytest.raises(Unclear):
            await sender.send(SMS)
        await until(lambda: len(centre.sessions) == 2)
        assert await sender.wait_bound(SOON)


async def test_a_command_nobody_knows_is_answered_and_costs_nothing() -> None:
    def answer(sequence: int) -> bytes:
        own = pdu(0x00010200, 77, b"\x01\x02") + pdu(0x80010200, 78) + pdu(0x15, 79)
        return own + pdu(0x80000004, sequence, b"id\0")

    async with scripted(answer) as centre, sending_to(centre) as sender:
        assert (await sender.send(SMS))[0].smsc_message_id == "id"
        await until(lambda: 0x80000015 in centre.commands())
        assert (0x80000000, 0x03, 77) in centre.got
        assert len(centre.sessions) == 1


async def test_a_centre_that_unbinds_is_bound_again() -> None:
    async with scripted(lambda sequence: pdu(0x80000004, sequence, b"id\0")) as centre, sending_to(centre) as sender:
        centre.sessions[0].write(pdu(6, 5))
        await until(lambda: 0x80000006 in centre.commands())
        centre.sessions[0].close()
        await until(lambda: len(centre.sessions) == 2)
        assert await sender.wait_bound(SOON)
        assert await sender.send(SMS)


async def test_silence_is_noticed() -> None:
    async with scripted() as centre:
        link = SmppLink(
            "127.0.0.1",
            centre.port,
            "demeu",
            "secret",
            keep_alive=timedelta(seconds=0.1),
            patience=timedelta(seconds=0.2),
        )
        await link.open()
        await until(lambda: len(centre.sessions) == 2)
        assert 0x15 in centre.commands()
        await link.close(timedelta(seconds=0.5))


async def test_an_unknown_status_is_a_no_that_keeps_the_session() -> None:
    async with (
        scripted(lambda sequence: pdu(0x80000004, sequence, status=0x4FF)) as centre,
        sending_to(centre) as sender,
    ):
        with pytest.raises(Unavailable, match="status_0x000004FF"):
            await sender.send(SMS)
        assert sender.bound


async def test_deliveries_are_acknowledged_each_with_its_own_fate() -> None:
    async def take(raw: bytes) -> None:
        sequence = struct.unpack_from("!I", raw, 12)[0]
        await asyncio.sleep(0.05 if sequence == 1 else 0)
        if sequence == 2:
            raise RuntimeError("no database")
        if sequence == 3:
            raise BadPdu("unreadable")

    async with scripted() as centre, receiving_from(centre, take):
        centre.sessions[0].write(b"".join(pdu(5, sequence, b"x") for sequence in (1, 2, 3, 4)))
        await until(lambda: centre.commands().count(0x80000005) == 4)
        fates = {sequence: status for command, status, sequence in centre.got if command == 0x80000005}
        assert fates == {1: 0, 2: 0x64, 3: 0x65, 4: 0}


async def test_no_more_deliveries_are_in_work_than_allowed() -> None:
    working, most = 0, 0
    go_on = asyncio.Event()

    async def take(_: bytes) -> None:
        nonlocal working, most
        working += 1
        most = max(most, working)
        await go_on.wait()
        working -= 1

    async with scripted() as centre, receiving_from(centre, take):
        centre.sessions[0].write(b"".join(pdu(5, sequence, b"x") for sequence in range(1, 101)))
        await until(lambda: working == 32)
        await asyncio.sleep(0.05)
        go_on.set()
        await until(lambda: centre.commands().count(0x80000005) == 100)
        assert most == 32


async def test_what_is_stored_after_the_session_is_lost_acknowledges_nothing_in_the_next() -> None:
    stored = asyncio.Event()
    seen: list[int] = []

    async def take(raw: bytes) -> None:
        seen.append(len(raw))
        if len(seen) == 1:
            await stored.wait()
        else:
            await asyncio.sleep(60)

    async with scripted() as centre, receiving_from(centre, take) as link:
        centre.sessions[0].write(pdu(5, 1, b"old"))
        await until(lambda: len(seen) == 1)
        centre.sessions[0].transport.abort()
        await until(lambda: len(centre.sessions) == 2)
        assert await link.wait_bound(SOON)
        centre.sessions[1].write(pdu(5, 1, b"another"))  # numbers begin anew
        await until(lambda: len(seen) == 2)
        stored.set()
        await asyncio.sleep(0.1)
        assert 0x80000005 not in centre.commands()
