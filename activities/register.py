"""Step *register*: E-Maket takes the application, dated with the day of consent."""

from datetime import date

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import attempts
from activities.attempts import YES
from activities.consent import granted_key
from activities.detect import look_again
from activities.world import World, translated
from adapters.bodies import Application as ApplicationForm
from adapters.bodies import Registration
from adapters.errors import Refused
from adapters.in_a_row import RefusesAlike
from card import applications, consents, snapshots
from card.tables import ApplicationState
from workflows.model import Registered, RegisterInput, Step


class RegisterStep:
    def __init__(self, world: World) -> None:
        self.world = world
        self._refuses = RefusesAlike("emaket")

    @activity.defn(name=Step.REGISTER)
    async def register(self, step: RegisterInput) -> Registered:
        """Register once under the key. An attempt that left no clear answer is looked up before it is made again.

        Before the first the registries are asked once more: since the right was found somebody may have died or been
        paid otherwise, or a register may have corrected itself. Then nothing is applied for, and the case looks again.
        Raises `Refused` for an operator where the Card has no yes of the person.
        """
        case = step.case
        async with self.world.card.statements() as session:
            if not await consents.is_agreed(session, case.ref, granted_key(case)):
                raise ApplicationError("by the Card nobody has said yes to this", type="Refused", non_retryable=True)
            standing = await applications.standing(session, case.ref)
        if standing is not None and standing.number is not None:
            return Registered(number=standing.number)
        if standing is None and step.on is not None and await self._has_changed(step, step.on):
            return Registered(changed=True)
        key = standing.key if standing is not None else step.key
        async with self.world.card.statements() as session:
            new = await applications.intend(session, key, case.ref, step.applied_on)
            said = await consents.given(session, case.ref)
        iin = await self.world.card.iin(case.person_id)
        form = ApplicationForm(
            case_ref=case.ref,
            service=case.service,
            iin=iin,
            applied_on=step.applied_on,
            computed_amount=step.amount,
            consent_ref=case.key(Step.RECORD_CONSENT) if said else granted_key(case),
        )
        with translated():
            try:
                answer = await self._registration(key, form, known=not new)
            except Refused as refused:
                if refused.code == "missing_document":
                    named = refused.extra.get("document")
                    words = named.strip() if isinstance(named, str) else ""
                    self._refuses.answered(case.service, case.ref, None)
                    document = await self.world.without_people(case, words) or "document"
                    await self._finish(key, ApplicationState.MISSING_DOCUMENT, detail=document)
                    return Registered(missing_document=document)
                if refused.code == "rejected":
                    reason = await self.world.without_people(case, refused.reason.strip())
                    self._refuses.answered(case.service, case.ref, reason or refused.code)
                    await self._finish(key, ApplicationState.REJECTED, detail=reason)
                    return Registered(refused=reason or refused.code)
                raise
        self._refuses.answered(case.service, case.ref, None)
        await self._finish(key, ApplicationState.REGISTERED, number=answer.number)
        return Registered(number=answer.number)

    async def _registration(self, key: str, form: ApplicationForm, *, known: bool) -> Registration:
        answer = await self.world.emaket.registration(key) if known else None
        return answer or await self.world.emaket.register(key, form)

    async def _has_changed(self, step: RegisterInput, on: date) -> bool:
        asked, decisions = await look_again(self.world, step.case, on, step.was)
        async with self.world.card.transaction() as session:
            found = await attempts.again(session, step.case, asked.mapping, decisions, was=step.was)
            changed = found.question is not None or found.decision.right is not YES or found.decision.net != step.amount
            if changed:  # what the case is worth from now on rests on these facts
                await snapshots.keep(session, step.key, step.case.ref, asked.mapping, found.decision.to_dict())
        return changed

    async def _finish(self, key: str, state: ApplicationState, **found: str) -> None:
        async with self.world.card.statements() as session:
            await applications.finish(session, key, state, **found)
