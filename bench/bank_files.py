"""The banks' files alone: payments written and statement lines read a second, and the memory that a file takes.

Against the floor of the same machine: the same bytes parsed by libxml2 alone, with nothing made of them. Each figure is
of a process of its own, for the memory of one that has done something else tells nothing.
"""

import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from adapters.bank_files import Debtor, Head, Order, Ours, read_statement, write_initiation
from stubs.iso20022 import Entry, write_statement

LINES = 20_000
AIM = 5_000
"""Payments a second that a run aims at, of which files are a part."""

PAYER, BIC, DAY, AMOUNT = "KZ750000000000000000", "NBRKKZKX", date(2026, 1, 5), Decimal("78798.00")


def measure(lines: int = LINES) -> None:
    """Print lines a second, both ways, megabytes by which memory grows, and the ratios to the aim and the floor."""
    with TemporaryDirectory() as folder:
        payments, statement = Path(folder) / "payments.xml", Path(folder) / "statement.xml"
        entries = (
            Entry(f"0000-1042-{number}", AMOUNT, f"BR-{number}", DAY.isoformat(), "Үлгіқызы Айгүл")
            for number in range(lines)
        )
        statement.write_bytes(write_statement("N", datetime.now(UTC) - timedelta(days=1), PAYER, BIC, entries))
        figures = {what: _in_a_process(what, path, lines) for what, path in (("write", payments), ("read", statement))}
        floor, _ = _in_a_process("parse", statement, lines)
    (written, write_mb), (read, read_mb) = figures["write"], figures["read"]
    print(f"bank files: {written:,.0f} payments a second written, {write_mb:.0f} MB for {lines:,}")
    print(f"bank files: {read:,.0f} statement lines a second checked and read, {read_mb:.0f} MB for {lines:,}")
    print(f"ratio: {read / floor:.2f} bank-files-read-against-libxml2-alone")
    print(f"ratio: {min(read, written) / AIM:.2f} bank-files-against-the-aim-of-{AIM}-a-second")


def _in_a_process(what: str, path: Path, lines: int) -> tuple[float, float]:
    """Lines a second, and megabytes by which memory has grown."""
    command = [sys.executable, "-m", "bench.bank_files", what, str(path), str(lines)]
    seconds, megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()  # noqa: S603
    return lines / float(seconds), float(megabytes)


def _orders(lines: int) -> Iterator[Order]:
    for number in range(lines):
        yield Order(
            end_to_end_id=f"0000-1042-{number}",
            amount=AMOUNT,
            iban=f"KZ12{number:016d}",
            iin=f"{number:012d}",
            name="Үлгіқызы Айгүл",
            purpose_code="042",
        )


def _write(path: Path, lines: int) -> None:
    debtor = Debtor(name="Қор", bin="000140000014", iban=PAYER, bic=BIC)
    at = datetime.now(UTC)
    head = Head(message_id="B", created_at=at, execution_day=DAY, debtor=debtor, count=lines, total=lines * AMOUNT)
    with path.open("wb") as file:
        write_initiation(head, _orders(lines), file)


def _read(path: Path, lines: int) -> None:
    with path.open("rb") as file:
        found = read_statement(file, Ours(frozenset({PAYER}), BIC, datetime.now(UTC)))
        understood = sum(line.waits is None for line in found.lines())
    assert found.count == understood == lines


def _parse(path: Path, lines: int) -> None:
    """The floor."""
    for _, element in etree.iterparse(str(path), events=("end",), tag="{*}Ntry"):
        element.clear()
        lines -= 1
    assert lines == 0


def _peak() -> float:
    """Megabytes. Linux's own figure where there is one: `getrusage` begins with those of the parent."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    what, path, lines = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    before, begun = _peak(), time.perf_counter()
    {"write": _write, "read": _read, "parse": _parse}[what](path, lines)
    print(time.perf_counter() - begun, _peak() - before)


if __name__ == "__main__":
    main()
