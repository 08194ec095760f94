"""The TCP front of the centre: checks who binds, and can do to a connection what no SMPP library does on purpose.

Passes PDUs between the operator's clients and the SMPP server behind it, but for answers with a message id of the two
kinds below; it can be gone altogether for a while. It understands nothing else.

smpp34 1.5 answers the deliver_sm_resp of a receiver with generic_nack; those of a transceiver it takes. So a receiver
is shown to it as a transceiver.
"""

import asyncio
import contextlib
import struct

DOOMED = "!cut!"
"""A message id that begins so is never answered: the connection ends where the answer would have gone."""

REFUSED = "!refuse!"
"""A message id that begins so becomes a no with the status that follows (hexadecimal): smpp34 knows too few of them."""

_RECEIVER, _TRANSMITTER, _TRANSCEIVER = 1, 2, 9
_RESPONSE = 0x80000000
_SUBMIT_RESP = 0x80000004
_INVALID_PASSWORD = 0x0E


class Wire:
    """Listens on `port` and leads to `inner_port`; with a password, every bind must bear it."""

    def __init__(self, host: str, port: int, inner_port: int, password: str | None = None) -> None:
        self.host, self.port = host, port
        self._inner_port = inner_port
        self._password = password
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._return: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to listen; port 0 takes a free one and keeps it."""
        self._server = await asyncio.start_server(self._join, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cuts every connection and listens no more."""
        if self._return is not None:
            self._return.cancel()
            await asyncio.gather(self._return, return_exceptions=True)
            self._return = None
        await self._vanish()

    async def down(self, seconds: float) -> None:
        """Gone now, and back after so many seconds."""
        await self.stop()
        self._return = asyncio.create_task(self._come_back(seconds))

    async def _come_back(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self.start()

    async def _vanish(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for end in tuple(self._ends):
            end.transport.abort()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._ends.add(writer)
        inner: asyncio.StreamWriter | None = None
        try:
            bind = await _pdu(reader)
            refusal = self._refusal(bind)
            if refusal is not None:
                writer.write(refusal)
                await writer.drain()
                return
            there, inner = await asyncio.open_connection("127.0.0.1", self._inner_port)
            self._ends.add(inner)
            is_receiver = _command(bind) == _RECEIVER
            inner.write(_as(_TRANSCEIVER, bind) if is_receiver else bind)
            bound = await _pdu(there)
            writer.write(_as(_RECEIVER | _RESPONSE, bound) if is_receiver else bound)
            back = asyncio.create_task(self._answers(there, writer))
            try:
                while chunk := await reader.read(65536):
                    inner.write(chunk)
                    await inner.drain()
            finally:
                back.cancel()
                await asyncio.gather(back, return_exceptions=True)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            return
        finally:
            for end in (writer, inner):
                if end is not None:
                    self._ends.discard(end)
                    end.close()
                    with contextlib.suppress(OSError):
                        await end.wait_closed()

    async def _answers(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                pdu = await _pdu(there)
                if _command(pdu) == _SUBMIT_RESP and pdu[16:].startswith(DOOMED.encode()):
                    break
                if _command(pdu) == _SUBMIT_RESP and pdu[16:].startswith(REFUSED.encode()):
                    status = int(pdu[16 + len(REFUSED) :].rstrip(b"\0"), 16)
                    pdu = struct.pack("!III", 16, _SUBMIT_RESP, status) + pdu[12:16]
                writer.write(pdu)
                await writer.drain()
        writer.transport.abort()

    def _refusal(self, bind: bytes) -> bytes | None:
        command, sequence = struct.unpack_from("!I4xI", bind, 4)
        if command not in (_RECEIVER, _TRANSMITTER, _TRANSCEIVER):
            raise ValueError("the first PDU must bind")
        password = bind[16:].split(b"\0")[1]
        if self._password is None or password == self._password.encode():
            return None
        return struct.pack("!IIII", 17, command | _RESPONSE, _INVALID_PASSWORD, sequence) + b"\0"


def _command(pdu: bytes) -> int:
    command: int = struct.unpack_from("!I", pdu, 4)[0]
    return command


def _as(command: int, pdu: bytes) -> bytes:
    return pdu[:4] + struct.pack("!I", command) + pdu[8:]


async def _pdu(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(4)
    length: int = struct.unpack("!I", head)[0]
    if not 16 <= length <= 70000:
        raise ValueError("a PDU of an impossible length")
    return head + await reader.readexactly(length - 4)
