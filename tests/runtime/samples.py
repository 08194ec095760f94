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
class Breaks:
    @workflow.run
    async def run(self, person: Person) -> None:
        raise ValueError(f"no account of {person.iin}")
