"""A case that only listens: what the relay brings can be asked for. It bears the name of the real one."""

from contextlib import suppress
from datetime import timedelta

from pydantic import BaseModel
from temporalio import workflow

from workflows.model import WORKFLOW, Case, Message, Receipt, Reply, ReplyTaken, SearchAttributes, Stage

END = "end"
HEARD = "heard"
STAGE = "stage"
WORKS = "works"
IDLE = "idle"
DEAF = "deaf"
LONG = timedelta(hours=1)


class Heard(BaseModel):
    """What has come, in order."""

    replies: list[Reply]
    receipts: list[Receipt]


@workflow.defn(name=WORKFLOW, sandboxed=False)
class Ear:
    @workflow.init
    def __init__(self, case: Case) -> None:  # noqa: ARG002  (as the real one takes it)
        self.heard = Heard(replies=[], receipts=[])
        self.over = self.idle = self.deaf = False

    @workflow.run
    async def run(self, case: Case) -> None:  # noqa: ARG002
        with suppress(TimeoutError):  # a timer runs, as in every case that waits, unless it is made idle
            await workflow.wait_condition(lambda: self.over or self.idle, timeout=LONG)
        await workflow.wait_condition(lambda: self.over or not self.idle)
        with suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.over, timeout=LONG)

    @workflow.update(name=Message.REPLY)
    def reply(self, reply: Reply) -> ReplyTaken:
        if not self.deaf:
            self.heard.replies.append(reply)
        return ReplyTaken(stage=Stage.CONSENT, noted=not self.deaf)

    @workflow.signal(name=Message.RECEIPT)
    def receipt(self, receipt: Receipt) -> None:
        self.heard.receipts.append(receipt)

    @workflow.signal(name=STAGE)
    def stand(self, stage: str) -> None:
        workflow.upsert_search_attributes([SearchAttributes.STAGE.value_set(stage)])

    @workflow.signal(name=WORKS)
    def work(self) -> None:
        workflow.start_activity("detect", activity_id="1", task_queue="nobody", schedule_to_close_timeout=LONG)

    @workflow.signal(name=IDLE)
    def wait_for_nothing(self, idle: bool) -> None:
        self.idle = idle

    @workflow.signal(name=DEAF)
    def listen_to_nobody(self, deaf: bool) -> None:
        self.deaf = deaf

    @workflow.signal(name=END)
    def end(self) -> None:
        self.over = True

    @workflow.query(name=HEARD)
    def what(self) -> Heard:
        return self.heard
