"""What the commands about cases show. What is printed holds no name, IIN, phone or IBAN."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from textwrap import fill
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table

import benefits
from adapters.phones import phone_number
from benefits import read_iin
from benefits.days import day_of
from card import findings
from card.entitlements import Entitled, Months
from cli.connection import Running
from cli.tables import table, titled
from desk import BadInput
from desk.looking import LOST, CaseView
from desk.reconcile import Reconciler
from desk.why import Why
from runtime.codec import codec_of
from workflows.model import local, tenge, zoned


async def open_case(running: Running, service: str, iin: str, on: date | None) -> dict[str, Any]:
    """Open a case; each call is a new wish, so each has its own key. Raises BadIin, UnknownService."""
    read_iin(iin)
    day = on or day_of(datetime.now(UTC))
    opened = await running.opening.open(service=service, iin=iin, on=day, opened_by=f"starter:{uuid4()}")
    return {"ref": opened.case.ref, "service": service, "workflow_id": opened.case.id, "on": day.isoformat()}


def check_code(code: str) -> None:
    """Raises UnknownService for what is neither a service nor a topic of notices."""
    if code not in {topic.code for topic in benefits.notice_topics()}:
        benefits.service(code)


def handset(env: Mapping[str, str]) -> str:
    """Where the stub's handset is. Raises BadInput where there is no stub."""
    url = env.get("DEMEU_HANDSET_URL")
    if url is None:
        raise BadInput("reply: DEMEU_HANDSET_URL is not set; only the SMS centre's stub has a handset")
    return url


async def reply(handset: str, phone: str, text: str) -> dict[str, Any]:
    """Answer as the person, through the SMS centre's handset. For the stub only: production has no such door."""
    try:
        phone = phone_number(phone)
    except ValueError as bad:
        raise BadInput(f"phone: {bad}") from None
    if not text.strip():
        raise BadInput("text: at least one character")
    if not text.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise BadInput("text: a text in UTF-8")
    async with httpx.AsyncClient(base_url=handset, timeout=10, trust_env=False) as client:
        answer = await client.post("/admin/reply", json={"phone": phone, "text": text})
    if answer.status_code >= 400:
        raise BadInput(f"phone, text: the SMS centre refused the message ({answer.status_code}): {answer.text[:200]}")
    taken: dict[str, Any] = answer.json()
    return taken


async def keys(running: Running) -> list[dict[str, Any]]:
    """The payload keys of the ring and of cases: how many open cases and retained histories need each."""
    needed = await Reconciler(running.card, running.client, running.opening).keys_needed()
    codec = codec_of(running.client)
    current, known = codec.current, codec.known
    return [
        {
            "key": one.key or "(kept since this version)",
            "here": "encrypts" if one.key == current else "decrypts" if one.key in known or not one.key else "missing",
            "open_cases": one.open,
            "retained_histories": one.retained,
            "last_closed": one.last_closed,
            "may_be_dropped": one.key in known and one.key != current and not one.open + one.retained,
        }
        for one in sorted(needed, key=lambda one: one.key or "")
    ]


def show_keys(console: Console, rows: list[dict[str, Any]]) -> None:
    console.print(_titled("payload keys", rows))


async def reconcile(running: Running) -> tuple[int, list[findings.Found]]:
    """Hold Card and Temporal against each other now: how many cases were begun anew, and what waits for a person."""
    begun = await Reconciler(running.card, running.client, running.opening).whole()
    async with running.card.statements() as session:
        return begun, await findings.listed(session)


def show_findings(console: Console, begun: int, found: list[findings.Found]) -> None:
    console.print(f"{begun} lost cases begun anew; {len(found)} findings for a person")
    if found:
        rows = [{"since (UTC+5)": one.since, "case": one.ref, "kind": one.kind, "what": one.what} for one in found]
        console.print(_titled("", rows))


def show(console: Console, view: CaseView) -> None:
    head, live = view.head, view.live
    state = head["outcome"] or live.get("stage")
    console.print(f"[bold]{head['service']}  {head['ref']}[/bold]  {state}")
    if view.details:
        console.print(Markdown(view.details))
    else:
        opened, closed = (zoned(at) if at else "" for at in (head["opened"], head["closed"]))
        console.print(f"opened {opened}" + (f", closed {closed}" if closed else ""))
        if head["reason"]:
            console.print(f"reason: {head['reason']}", markup=False)
        if head["outcome"] is None:
            lost = live.get("stage") in (LOST, "not started")
            console.print(
                "no workflow works on it now"
                + ("" if head["findings"] else "; it is begun anew by itself within minutes")
                if lost
                else "no worker answers now, so the case itself cannot say where it stands"
            )
    for one in head["findings"]:
        console.print(f"found by `reconcile`: {one['kind']} since {zoned(one['since'])}: {one['what']}", markup=False)
    if live.get("attempts"):
        console.print(f"step {live['step']}: {live['attempts']} attempts, the last: {live['last_error']}", markup=False)
    if head["assigned"] is not None:
        console.print(
            f"assigned {tenge(Decimal(head['assigned']))}, credited {tenge(Decimal(head['credited']))}, "
            f"pending {tenge(Decimal(head['pending']))}"
        )
    for one in head["owed"] or ():
        console.print(f"owed for {one['from']:%m.%Y} to {one['to']:%m.%Y}: {tenge(Decimal(one['net']))} a month")
    for title, rows in (("SMS", view.messages), ("payments", view.payments), ("decisions", view.decisions)):
        if rows:
            console.print(_titled(title, rows))


def show_entitled(console: Console, found: Sequence[Entitled]) -> None:
    if not found:
        console.print("nothing runs month by month")
    for one in found:
        until = f"until {one.until:%d.%m.%Y}" if one.until else "without a known end"
        console.print(f"[bold]{one.service}  {one.case_ref}[/bold]  {one.state}, from {one.since:%d.%m.%Y} {until}")
        if one.next_review:
            console.print(f"looked at again on {one.next_review:%d.%m.%Y}")
        console.print(_titled("months, as far as the law is known", [_months(row) for row in one.months]))
        paid = [
            {
                "month": f"{row.month:%m.%Y}",
                "paid": tenge(row.net),
                "by": row.case_ref or f"the run of {row.run:%m.%Y}",
            }
            for row in one.paid
        ]
        console.print(_titled("credited", paid))
        if one.owed:
            console.print(_titled("owed", [_months(row) for row in one.owed]))


def _months(row: Months) -> dict[str, Any]:
    return {
        "from": f"{row.first:%m.%Y}",
        "to": f"{row.last:%m.%Y}",
        "gross": tenge(row.gross),
        "withheld": tenge(row.withheld),
        "to be paid": tenge(row.net),
    }


def show_why(console: Console, why: Why) -> None:
    """The explanation as it is told, and what an operator needs beside it."""
    console.print(f"[bold]{why.ref}[/bold]  the law was asked on {zoned(why.asked_at)}")
    for line in why.text.splitlines():
        console.print(fill(line, console.width, subsequent_indent="    " * line[:1].isdigit()), markup=False)
    if why.refused:
        console.print(f"the deciding body refused: {why.refused}", markup=False)
    if why.looked_again:
        console.print(f"the right is looked at again on {why.looked_again}")


def show_list(console: Console, rows: list[dict[str, Any]]) -> None:
    if not rows:
        console.print("no cases")
        return
    shown = [
        (
            row["ref"],
            row["service"],
            row["outcome"] or row["stage"],
            _cell(row["deadline"]),
            ", ".join(row["attention"]).replace("_", " "),
        )
        for row in rows
    ]
    console.print("[bold]cases[/bold]")
    console.print(table(("case", "service", "state", "until (UTC+5)", "needs a person"), shown, 3, 4))


def _titled(title: str, rows: list[dict[str, Any]]) -> Table:
    return titled(title, [{name: _cell(value) for name, value in row.items()} for row in rows])


def _cell(value: Any) -> str:
    if value is None or value is False:
        return ""
    return local(value) if isinstance(value, datetime) else str(value)
