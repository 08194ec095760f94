"""A workflow file with an import that nobody declared as passed through: the strict sandbox must refuse it."""

from temporalio import workflow

import tests.runtime.samples


@workflow.defn
class Stray:
    @workflow.run
    async def run(self) -> str:
        return tests.runtime.samples.Echo.__name__
