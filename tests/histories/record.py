"""Records one history for every ending: `python -m tests.histories.record [NAME ...]`, after a change that is meant.

A change of the workflow that would strand running cases fails in `test_replay`. Then either guard it with
`workflow.patched` and keep the old histories beside new ones, or, while nothing runs anywhere, record them anew.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from runtime.codec import KeyRing
from runtime.embedded.servers import temporal_server
from runtime.plugin import demeu_plugin
from tests.workflows.acting import AMOUNT, WINDOW, Script, account, found
from tests.workflows.stage import OnStage, start_case
from workflows.model import (
    CASE_OVER,
    NOTICE_WORKFLOW,
    WORKFLOW,
    AccountFound,
    Action,
    Case,
    ConsentRecorded,
    Credited,
    Meaning,
    NoticeFound,
    Offered,
    Outcome,
    QuietHours,
    Registered,
    Right,
    Ruling,
    SearchAttributes,
    Stage,
    Step,
    Told,
)
from workflows.notice import ProactiveNotice
from workflows.proactive_service import ProactiveService

RAN = Decimal("63030")
SUMS = (0, AMOUNT, RAN, AMOUNT - RAN)
"""What the ways assign, if anything."""

FOLDER = Path(__file__).parent / "recorded"
NEWEST = FOLDER / "2026-11-28-lasting-decisions"
"""The histories of the code as it is; those of before, whose cases still run somewhere, stay where they are."""

RING = KeyRing.parse("histories:" + "A" * 43 + "=")
"""A key that everybody knows: the histories hold invented cases, and are kept encrypted because real ones are."""

DAY = timedelta(days=1)
Act = Callable[[OnStage], Awaitable[object]]


async def says_yes(case: OnStage) -> None:
    await case.until(Stage.CONSENT)
    await case.say(Meaning.YES)


async def says_no(case: OnStage) -> None:
    await case.until(Stage.CONSENT)
    await case.say(Meaning.NO)
    await case.called(Step.NOTIFY)
    await case.pass_time(WINDOW + DAY)


async def takes_back_a_no(case: OnStage) -> None:
    await case.until(Stage.CONSENT)
    await case.say(Meaning.NO)
    await case.pass_time(DAY)
    await case.say(Meaning.YES)


async def sends_useless_accounts(case: OnStage) -> None:
    await says_yes(case)
    await case.called(Step.ASK_ACCOUNT)
    for _ in range(3):
        await case.say(Meaning.UNCLEAR)
    await case.until(Stage.ACCOUNT, attention=True)
    await case.resolve(Action.RETRY)


async def asks_back_then_yes(case: OnStage) -> None:
    await case.until(Stage.CONSENT)
    await case.say(Meaning.UNCLEAR)
    await case.say(Meaning.YES)


async def stays_silent(case: OnStage) -> None:
    await case.until(Stage.CONSENT)
    await case.pass_time(WINDOW + DAY)
    await case.until(Stage.LATE)
    await case.pass_time(31 * DAY)


async def says_yes_late(case: OnStage) -> None:
    await case.until(Stage.CONSENT)
    await case.pass_time(WINDOW + DAY)
    await case.until(Stage.LATE)
    await case.say(Meaning.YES)


async def never_gets_it(case: OnStage) -> None:
    await case.until(Stage.CONSENT)
    await case.receipt(None)
    await case.pass_time(1.1 * DAY)
    await case.called(Step.OFFER, 2)
    await case.until(Stage.CONSENT)
    await case.receipt(None)


async def gets_it_later_says_yes(case: OnStage) -> None:
    await case.until(Stage.CONSENT)
    await case.receipt(await case.now() + 2 * WINDOW)
    await case.pass_time(WINDOW + DAY)
    await case.say(Meaning.YES)


def operator(stage: Stage, action: Action) -> Act:
    async def decides(case: OnStage) -> None:
        if stage is not Stage.DETECT:
            await says_yes(case)
        await case.until(stage, attention=True)
        await case.resolve(action)

    return decides


async def says_another_right(case: OnStage) -> None:
    await case.until(Stage.DETECT, attention=True)
    await case.resolve(Action.ANOTHER_RIGHT)
    await says_yes(case)


async def gives_account(case: OnStage) -> None:
    await says_yes(case)
    await case.called(Step.ASK_ACCOUNT)
    await case.until(Stage.ACCOUNT)
    await case.say(Meaning.ACCOUNT)
    await case.say(Meaning.ACCOUNT)


async def gives_no_account(case: OnStage) -> None:
    await says_yes(case)
    await case.called(Step.ASK_ACCOUNT)
    await case.until(Stage.ACCOUNT)
    await case.pass_time(11 * DAY)


async def brings_no_document(case: OnStage) -> None:
    await says_yes(case)
    await case.until(Stage.REGISTER, attention=True)
    await case.pass_time(31 * DAY)


async def is_cancelled(case: OnStage) -> None:
    await case.until(Stage.CONSENT)
    await case.handle.cancel()


async def waits(_: OnStage) -> None:
    """Nothing is done: the case ends by itself."""


async def sleeps_till_morning(case: OnStage) -> None:
    await case.called(Step.DETECT_NOTICE)
    await case.pass_time(DAY)


def plays() -> dict[str, tuple[Outcome, Script, Act]]:
    """Every way that is recorded: name, expected outcome, what the steps answer, what is done."""
    no = AccountFound(reason="none_usable")
    missing = Registered(missing_document="birth certificate")
    other = Ruling(assigned=True, amount=Decimal("63030"), differs=True)
    accepted = Ruling(assigned=True, amount=Decimal("63030"))
    ended = {o: Script(detect=[found(right=Right.NO, ended=o)]) for o in Outcome}
    undecided = found(right=Right.PERSON_DECIDES, amount=None, reason="which cause?")
    return {
        "credited": (Outcome.CREDITED, Script(), says_yes),
        "credited-unclear-first": (Outcome.CREDITED, Script(), asks_back_then_yes),
        "credited-delivered-late": (Outcome.CREDITED, Script(), gets_it_later_says_yes),
        "credited-no-taken-back": (Outcome.CREDITED, Script(), takes_back_a_no),
        "credited-after-three-accounts": (
            Outcome.CREDITED,
            Script(find_account=[no, account()], check_account=[AccountFound(reason="invalid")]),
            sends_useless_accounts,
        ),
        "credited-second-account": (
            Outcome.CREDITED,
            Script(
                find_account=[account("0001"), account("0002")],
                credit=[Credited(settled=False, reason="AC04"), Credited(settled=True)],
            ),
            says_yes,
        ),
        "credited-account-by-sms": (
            Outcome.CREDITED,
            Script(find_account=[no], check_account=[AccountFound(reason="not_own"), account()]),
            gives_account,
        ),
        "credited-document-supplied": (
            Outcome.CREDITED,
            Script(register=[missing, Registered(number="M-2")]),
            operator(Stage.REGISTER, Action.DOCUMENT_SUPPLIED),
        ),
        "credited-amount-accepted": (
            Outcome.CREDITED,
            Script(assign=[other], accept_amount=[accepted]),
            operator(Stage.ASSIGN, Action.ACCEPT_AMOUNT),
        ),
        "credited-found-paid-before": (
            Outcome.CREDITED,
            Script(credit=[ApplicationError("paid before", type="Duplicate", non_retryable=True)]),
            operator(Stage.CREDIT, Action.CONFIRM_PAID),
        ),
        "credited-granted-unasked": (
            Outcome.CREDITED,
            Script(
                detect=[found(was=Decimal("63030"))],
                offer=[
                    Offered(
                        sent=True,
                        granted=True,
                        consent=ConsentRecorded(applied_on=date(2025, 3, 2), due=datetime(2100, 1, 1, tzinfo=UTC)),
                    )
                ],
            ),
            waits,
        ),
        "credited-another-right": (
            Outcome.CREDITED,
            Script(
                detect=[found(right=Right.PERSON_DECIDES, amount=None, same_right=True, reason="the same?"), found()]
            ),
            says_another_right,
        ),
        "over-by-the-card": (
            Outcome.LAPSED,
            Script(offer=[ApplicationError("over", "lapsed", None, type=CASE_OVER, non_retryable=True)]),
            waits,
        ),
        "no-right": (Outcome.NO_RIGHT, ended[Outcome.NO_RIGHT], waits),
        "already-paid": (Outcome.ALREADY_PAID, ended[Outcome.ALREADY_PAID], waits),
        "already-offered": (Outcome.ALREADY_OFFERED, ended[Outcome.ALREADY_OFFERED], waits),
        "unreachable-no-phone": (
            Outcome.UNREACHABLE,
            Script(offer=[Offered(sent=False, reason="no_phone")]),
            waits,
        ),
        "unreachable-not-delivered": (Outcome.UNREACHABLE, Script(), never_gets_it),
        "refused-by-person": (Outcome.REFUSED_BY_PERSON, Script(), says_no),
        "lapsed": (Outcome.LAPSED, Script(), stays_silent),
        "late-yes": (Outcome.LATE_YES, Script(), says_yes_late),
        "no-account": (Outcome.NO_ACCOUNT, Script(find_account=[no]), gives_no_account),
        "no-account-money-owed": (
            Outcome.NO_ACCOUNT,
            Script(find_account=[account(), no], credit=[Credited(settled=False, reason="AC04")]),
            gives_no_account,
        ),
        "missing-document": (Outcome.MISSING_DOCUMENT, Script(register=[missing]), brings_no_document),
        "refused-by-emaket": (
            Outcome.REFUSED_BY_BODY,
            Script(register=[Registered(refused="not insured")]),
            says_yes,
        ),
        "refused-by-body": (
            Outcome.REFUSED_BY_BODY,
            Script(assign=[Ruling(assigned=False, reason="not insured")]),
            says_yes,
        ),
        "closed-amounts-differ": (
            Outcome.CLOSED_BY_OPERATOR,
            Script(assign=[other]),
            operator(Stage.ASSIGN, Action.CLOSE),
        ),
        "closed-law-undecided": (
            Outcome.CLOSED_BY_OPERATOR,
            Script(detect=[undecided]),
            operator(Stage.DETECT, Action.CLOSE),
        ),
        "no-account-told": (Outcome.NO_ACCOUNT, Script(find_account=[no]), gives_no_account),
        "missing-document-told": (Outcome.MISSING_DOCUMENT, Script(register=[missing]), brings_no_document),
        "closed-after-yes-told": (
            Outcome.CLOSED_BY_OPERATOR,
            Script(assign=[other]),
            operator(Stage.ASSIGN, Action.CLOSE),
        ),
        "closed-cancelled": (Outcome.CLOSED_BY_OPERATOR, Script(), is_cancelled),
    }


def notices() -> dict[str, tuple[Outcome, Script, Act]]:
    """Every way of a notice that is recorded."""
    due, quiet = NoticeFound(kind="kandas_ends"), QuietHours(start=0, end=23 * 60 + 59)
    contradiction = ApplicationError("the registries contradict", type="BadFacts", non_retryable=True)
    return {
        "notice-told": (Outcome.TOLD, Script(), waits),
        "notice-told-in-the-morning": (
            Outcome.TOLD,
            Script(detect_notice=[due.model_copy(update={"quiet_hours": quiet})]),
            sleeps_till_morning,
        ),
        "notice-not-due": (Outcome.NOT_DUE, Script(detect_notice=[NoticeFound(reason="said_before")]), waits),
        "notice-unreachable": (Outcome.UNREACHABLE, Script(tell=[Told(sent=False, reason="no_phone")]), waits),
        "notice-closed": (
            Outcome.CLOSED_BY_OPERATOR,
            Script(detect_notice=[contradiction]),
            operator(Stage.DETECT, Action.CLOSE),
        ),
    }


async def record(folder: Path, only: Sequence[str] = ()) -> None:
    """Play everything, or the named ways only, on a server of its own and write the histories into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        async with temporal_server(Path(scratch), search_attributes=SearchAttributes.ALL) as server:
            client = await Client.connect(server.address, plugins=[demeu_plugin(RING, strict=True)])
            ways = {**plays(), **notices()}
            for n, (name, (outcome, script, act)) in enumerate(ways.items(), 1):
                if only and name not in only:
                    continue
                workflow = NOTICE_WORKFLOW if name in notices() else WORKFLOW
                service = "kandas" if workflow == NOTICE_WORKFLOW else "multi-child"
                case = Case(ref=f"{n:04d}-0000-0", service=service, person_id=UUID(int=n), on=date(2025, 3, 1))
                async with Worker(
                    client,
                    task_queue=name,
                    workflows=[ProactiveService, ProactiveNotice],
                    activities=script.activities(),
                ):
                    handle = await start_case(client, case, case.id, name, workflow)
                    on_stage = OnStage(handle, TimeSkipper(client), script)
                    await act(on_stage)
                    result = await on_stage.result()
                if result.outcome is not outcome or result.assigned not in SUMS:
                    raise RuntimeError(f"{name}: ended as {result.outcome}, not {outcome}")
                (folder / f"{name}.json").write_text((await handle.fetch_history()).to_json())
                sys.stdout.write(f"{name}: {result.outcome}\n")


if __name__ == "__main__":
    asyncio.run(record(NEWEST, sys.argv[1:]))
