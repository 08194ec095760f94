"""What every stub agency is made of: answers, problems (RFC 9457), reads, effects, and the base class.

An agency is plain synchronous code over its store; it knows neither HTTP nor faults, which are the front's. An effect
runs inside the transaction that also keeps its answer, and refuses before it writes.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, ClassVar, NoReturn

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StrictStr

from stubs.cast import Iin, Person
from stubs.store import Store

Params = Mapping[str, str]
"""The parameters of a call, from path and query together."""

Money = Annotated[
    Decimal, Field(gt=0, max_digits=16, decimal_places=2), PlainSerializer(lambda amount: f"{amount:.2f}")
]
"""Tenge, to the tiyn; a string such as "78798.00" on the wire."""

Text = Annotated[StrictStr, Field(min_length=1, max_length=500)]


class Message(BaseModel):
    """Base of request bodies. Unknown members are ignored, as a real agency would."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


@dataclass(frozen=True)
class Answer:
    """A status and a body, JSON unless it says otherwise, ready for the wire."""

    status: int
    body: bytes
    retry_after: int | None = None
    media_type: str = "application/json"


def answer(status: int, members: Mapping[str, Any]) -> Answer:
    """An answer with these members; decimals and dates must have been made strings before."""
    return Answer(status, json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode())


class Problem(Exception):
    """An answer that is an error: status, code, our sentence, and further members."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        extra: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.detail = detail
        self.extra = dict(extra or {})
        self.retry_after = retry_after

    def answer(self) -> Answer:
        """The problem document."""
        document = self.extra | {
            "type": f"urn:demeu:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        return Answer(self.status, answer(self.status, document).body, self.retry_after)


def invalid(field: str, rule: str) -> Problem:
    """A request that breaks a rule of the contract: 422 naming the field and the rule, never the value."""
    return Problem(422, "invalid_request", f"{field}: {rule}", {"errors": [{"field": field, "rule": rule}]})


def need(params: Params, name: str) -> str:
    """A parameter that must be there."""
    value = params.get(name, "")
    if not value:
        raise invalid(name, "required")
    return value


def need_iin(params: Params) -> str:
    """The `iin` parameter: twelve digits."""
    iin = need(params, "iin")
    if len(iin) != 12 or not (iin.isascii() and iin.isdigit()):
        raise invalid("iin", "twelve digits")
    return iin


@dataclass(frozen=True)
class Read:
    """A GET. `iin` tells whom the call is about, for the matching of faults; `spoil` answers in one of the wrong ways
    that a `statement` fault names."""

    path: str
    reply: Callable[[Params], Answer]
    iin: Callable[[Params], str | None] = lambda params: params.get("iin")
    spoil: Callable[[Params, str], Answer] | None = None


class AboutPerson(Message):
    """Every request body names the person it is about."""

    iin: Iin


@dataclass(frozen=True)
class Effect:
    """A POST. `act` gets the key and the checked body and runs in the transaction that keeps its answer."""

    path: str
    body: type[AboutPerson]
    act: Callable[[str, Any], Answer]

    def read(self, raw: bytes) -> Any:
        """The checked body. Raises ValidationError."""
        return self.body.model_validate_json(raw)

    def canonical(self, raw: bytes) -> bytes:
        """The body without its order and spacing, which may differ where the same is sent again."""
        return json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":")).encode()

    def iin(self, message: Any) -> str | None:
        """Whom it is about."""
        return str(message.iin)


@dataclass(frozen=True)
class FileEffect:
    """A POST of a file, about nobody in particular. `read` raises Problem for what is no such file."""

    path: str
    read: Callable[[bytes], Any]
    act: Callable[[str, Any], Answer]

    def canonical(self, raw: bytes) -> bytes:
        return raw

    def iin(self, message: Any) -> str | None:  # noqa: ARG002 - of many people
        return None


class Agency(ABC):
    """One agency over its own file `{name}.sqlite` in the data folder.

    `books` is the table with one row per effect, from which effects are counted; `settings` are the figures (seconds)
    that the administrator may change while it runs.
    """

    name: ClassVar[str]
    schema: ClassVar[str]
    books: ClassVar[str | None] = None

    def __init__(self, data: Path | str, **settings: float) -> None:
        path = ":memory:" if data == ":memory:" else Path(data) / f"{self.name}.sqlite"
        if isinstance(path, Path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self.store = Store(path, self.schema)
        self.settings: dict[str, float] = settings

    @abstractmethod
    def reads(self) -> tuple[Read, ...]:
        """What can be asked."""

    def effects(self) -> tuple[Effect | FileEffect, ...]:
        """What can be done."""
        return ()

    @abstractmethod
    def keep_person(self, person: Person) -> None:
        """Keeps this agency's part of the person's document in place of the one it had."""

    @abstractmethod
    def faults_for(self, person: Person) -> tuple[Any, ...]:
        """The rules of misbehaviour towards this person that are meant for this agency."""

    def effects_by_key(self) -> dict[str, int]:
        """How many effects each key had, counted in the books and not in the store of keys."""
        if self.books is None:
            return {}
        rows = self.store.all(f"SELECT key, count(*) FROM {self.books} GROUP BY key")  # noqa: S608 - our own table
        return {row[0]: row[1] for row in rows}

    def kept_or_unknown(self, key: str) -> Answer:
        """What the key was answered with, if it was a refusal or is final; 404 `unknown_key` if it never arrived."""
        kept = self.store.kept(key)
        if kept is None:
            raise Problem(404, "unknown_key", "No call with this key has arrived.")
        return Answer(kept.status, kept.body)


def refuse(code: str, reason: str, extra: Mapping[str, Any] | None = None) -> NoReturn:
    """The agency's own no: 422 with a code and a reason."""
    raise Problem(422, code, reason, {"reason": reason, **(extra or {})})
