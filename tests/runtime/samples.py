"""Workflows for the tests of the plugin: one that behaves, one that breaks, one with an import that nobody declared."""

from decimal import Decimal

from pydantic import BaseModel
from temporalio import workflow


class Person(BaseModel):
    iin: str
    amount: Decimal


@workflow.defn
class Echo:
    @workflow.run
    async def run(self, person: Person) -> Person:
        return person


@workflow.defn
class Waits:
    @workflow.init
    def __init__(self, person: Person) -> None:
        self.person, self.heard = person, 0

    @workflow.run
    async def run(self, person: Person) -> int:  # noqa: ARG002  (init has taken it)
        await workflow.wait_condition(lambda: self.heard > 1)
        return self.heard

    @workflow.signal
    def go(self) -> None:
        self.heard += 1


@workflow.defn
class Breaks:
    @workflow.run
    async def run(self, person: Person) -> None:
        raise ValueError(f"no account of {person.iin}")
