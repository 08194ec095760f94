"""The administrator's side of a stub: the cast, the faults, the settings, and the count of effects.

Never part of the production contract: a real agency has nothing of the kind. It changes what the stub knows and how it
behaves, never what has been done there, except that all of it can be forgotten at once.
"""

from typing import Annotated, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from stubs.agency import Problem, answer
from stubs.cast import CAST
from stubs.faults import RuleSet
from stubs.front import Front, invalid_request, respond

_Model = TypeVar("_Model", bound=BaseModel)
_SETTINGS = TypeAdapter(dict[str, Annotated[float, Field(ge=0)]])


class Admin:
    """Adds the /admin routes to a front."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._first_settings = dict(front.agency.settings)
        front.add_route("/admin/people", self._put_people, "PUT")
        front.add_route("/admin/faults", self._put_faults, "PUT")
        front.add_route("/admin/faults", self._get_faults, "GET")
        front.add_route("/admin/faults", self._delete_faults, "DELETE")
        front.add_route("/admin/settings", self._put_settings, "PUT")
        front.add_route("/admin/settings", self._get_settings, "GET")
        front.add_route("/admin/calls", self._get_calls, "GET")
        front.add_route("/admin/reads", self._get_reads, "GET")
        front.add_route("/admin/all", self._delete_all, "DELETE")

    async def _put_people(self, request: Request) -> Response:
        try:
            people = CAST.validate_json(await request.body())
        except ValidationError as error:
            raise invalid_request(error) from None
        agency = self._front.agency
        with agency.store.transaction():
            for person in people:
                agency.keep_person(person)
        for person in people:
            self._front.faults.of_person(person.iin, agency.faults_for(person))
        return respond(answer(200, {"people": len(people)}))

    async def _put_faults(self, request: Request) -> Response:
        self._front.faults.replace(await _checked(request, RuleSet))
        return await self._get_faults(request)

    async def _get_faults(self, _: Request) -> Response:
        return respond(answer(200, {"rules": self._front.faults.listing()}))

    async def _delete_faults(self, _: Request) -> Response:
        self._front.faults.clear()
        return Response(status_code=204)

    async def _put_settings(self, request: Request) -> Response:
        try:
            wanted = _SETTINGS.validate_json(await request.body())
        except ValidationError as error:
            raise invalid_request(error) from None
        settings = self._front.agency.settings
        for name in wanted:
            if name not in settings:
                raise Problem(422, "invalid_request", f"{name}: this agency has no such setting")
        settings.update(wanted)
        return await self._get_settings(request)

    async def _get_settings(self, _: Request) -> Response:
        return respond(answer(200, self._front.agency.settings))

    async def _get_calls(self, request: Request) -> Response:
        key = request.query_params.get("key")
        effects = self._front.agency.effects_by_key()
        calls = [dict(row) | {"effects": effects.get(row["key"], 0)} for row in self._front.store.arrivals(key)]
        if key is not None and not calls:
            calls = [{"key": key, "arrivals": 0, "replays": 0, "conflicts": 0, "effects": effects.get(key, 0)}]
        return respond(answer(200, {"calls": calls}))

    async def _get_reads(self, _: Request) -> Response:
        return respond(answer(200, {"reads": dict(self._front.asked)}))

    async def _delete_all(self, _: Request) -> Response:
        self._front.store.forget()
        self._front.faults.clear()
        self._front.asked.clear()
        self._front.agency.settings.update(self._first_settings)
        return Response(status_code=204)


async def _checked(request: Request, model: type[_Model]) -> _Model:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise invalid_request(error) from None
