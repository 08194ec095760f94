"""The commands as they are typed: what they print, for people and for programs, and with which exit code they end."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from demo.crowd import crowd
from demo.outside import Outside
from runtime.embedded.stack import EmbeddedStack

ROOT = Path(__file__).parent.parent.parent
ON = "2026-11-20"


async def starter(stack: EmbeddedStack | None, *words: str, typed: str = "") -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command; `typed` comes through a pipe."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DEMEU_", "TEMPORAL_"))}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "starter.py",
        *words,
        cwd=ROOT,
        env={**inherited, **(stack.env if stack else {}), "COLUMNS": "200"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(f"{typed}\n".encode())
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_a_case_from_the_command_line(stack: EmbeddedStack, outside: Outside) -> None:
    person = crowd(1)[0]
    await outside.settle_in([person])
    code, out, _ = await starter(stack, "open", "multi-child", "--on", ON, "--json", typed=person["iin"])
    assert code == 0
    ref = json.loads(out)["ref"]
    async with asyncio.timeout(30):
        while not await outside.sms(person["phone"]):
            await asyncio.sleep(0.1)

    code, out, _ = await starter(stack, "case", ref)
    assert code == 0
    assert "Waits for the person's answer until" in out
    code, out, _ = await starter(stack, "cases", "--stage", "consent", "--json")
    assert [row["ref"] for row in json.loads(out)] == [ref]

    code, out, _ = await starter(stack, "case", ref, "--why", "--language", "ru")
    assert code == 0
    assert "Размер: 69 330 тенге каждый месяц." in out
    assert person["iin"] not in out
    assert (await starter(stack, "reply", person["phone"], "Неге?"))[0] == 0
    async with asyncio.timeout(60):
        while len(said := await outside.sms(person["phone"])) < 2:
            await asyncio.sleep(0.1)
    assert "69 330" in said[-1]["text"]

    assert (await starter(stack, "reply", person["phone"], "Иә"))[0] == 0
    async with asyncio.timeout(60):
        while len(await outside.sms(person["phone"])) < 3:
            await asyncio.sleep(0.1)
        while (view := await _case(stack, ref))["outcome"] is None:
            await asyncio.sleep(0.2)
    assert (view["outcome"], view["assigned"], view["credited"], view["pending"]) == (
        "credited",
        "69330.00",
        "69330.00",
        "0.00",
    )
    assert [message["kind"] for message in view["messages"]] == ["offer", "why_amount", "assigned_and_paid"]
    for secret in (person["iin"], person["phone"], person["accounts"][0]["iban"]):
        assert secret not in json.dumps(view, ensure_ascii=False)
    code, _, err = await starter(stack, "resolve", ref, "close", "--by", "a.omarova")
    assert (code, err) == (2, f"ref: case {ref} is over\n")


async def _case(stack: EmbeddedStack, ref: str) -> dict[str, Any]:
    code, out, err = await starter(stack, "case", ref, "--json")
    assert code == 0, err
    view: dict[str, Any] = json.loads(out)
    return view


async def test_bad_input_ends_with_the_field_and_the_rule(stack: EmbeddedStack) -> None:
    iin = crowd(1)[0]["iin"]
    wrong = iin[:-1] + str((int(iin[-1]) + 1) % 10)
    room = asyncio.Semaphore(3)  # each is a process of its own

    async def is_refused(words: tuple[str, ...], says: str) -> None:
        async with room:
            code, out, err = await starter(stack, *words, typed=iin)
        assert (code, out) == (2, ""), (words, err)
        assert err.startswith(says)
        assert err.count("\n") == 1

    trying = []
    for words, says in (
        (("open", "nothing"), "unknown service 'nothing'"),
        (("open", "multi-child", "--on", "2025-13-01"), "on: '2025-13-01' is no date"),
        (("open", "multi-child", "--iin-from", "/dev/zero"), "iin-from: a regular file (no directory, device or pipe)"),
        (("open", "multi-child", "--iin-from", "nowhere"), "iin-from: a file that can be read (No such file"),
        (("resolve", "4827-1031-6", "close", "--by", " "), "ref: no case"),
        (("returned", "4827-1031-6", "AC04", "--account", "0010", "--by", "x"), "ref: no case"),
        (("returned", "4827-1031-6", "ZZ99", "--account", "0010", "--by", "x"), "reason: 'ZZ99' is no code"),
        (("reply", "+77011234567", ""), "text: "),
        (("benefits", "--changes", "2025-01-01", "2026-01-01", "--on", "2025-01-01"), "on: --changes names its two"),
        (("pay-owed", "4827-1031-6", "--by", "x"), "ref: no case"),
        (("case", "1234-5678-0"), "ref: '1234-5678-0' is no case reference"),
        (("reply", "12", "x"), "phone: a telephone number"),
        (("assess", "multi-child", "--facts", "nowhere.yaml"), "facts: a file that can be read (No such file"),
    ):
        trying.append(asyncio.create_task(is_refused(words, says)))
    await asyncio.gather(*trying)
    assert await starter(stack, "open", "multi-child", typed=wrong) == (2, "", "iin: check digit\n")


async def test_nothing_to_talk_to_is_said_in_one_line() -> None:
    code, _, err = await starter(None, "cases")
    if code == 0:
        return  # somebody runs `make up` in this checkout: then there is something to talk to
    assert code == 1
    assert err.startswith("no Demeu runs here")


async def test_the_law_alone(stack: EmbeddedStack) -> None:
    facts = "tests/law/families/five-children.yaml"
    code, out, _ = await starter(None, "assess", "multi-child", "--on", "2025-03-01", "--facts", facts)
    assert code == 0
    for shown in ("78 798 tenge", "20.04 MRP", "3 932 tenge", "in force from 01.01.2025"):
        assert shown in out
    code, out, _ = await starter(None, "assess", "multi-child", "--on", "2025-03-01", "--facts", facts, "--json")
    assert json.loads(out)[0]["net"] == "78798.00"
