"""Reads the cast: people as the stubs take them, and the cases that are played with them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from gateway.messages import EventKind
from workflows.model import Action, Outcome

CAST = Path(__file__).parent / "cast.yaml"


class Act(BaseModel):
    """One deed of a case; exactly one member is given. What they mean is said at the head of the cast file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hears: str | None = None
    say: str | None = None
    say_late: str | None = None
    pass_days: float | None = None
    undelivered: int | None = None
    asked_account: bool = False
    needs_attention: bool = False
    resolve: Action | None = None
    opens_account: str | None = None


class Played(BaseModel):
    """A case of the cast, and how it must end. Money in tenge."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str
    expected: Outcome
    event: EventKind | None = None
    assessed_on: date | None = None
    """The day of the assessment, if it is not the cast's."""
    amount: Decimal = Decimal(0)
    credited: Decimal | None = None
    acts: tuple[Act, ...] = ()


Month = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")]


class InMonth(BaseModel):
    """What has become of the person before the run of a month, what a registry reports of it, what they write to 1414,
    and what the run must pay to them and for them to the pension fund. Whatever else is given is a section of the
    person's document. Money in tenge."""

    model_config = ConfigDict(extra="allow", frozen=True)

    event: EventKind | None = None
    says: str | None = None
    paid: Decimal = Decimal(0)
    to_fund: Decimal = Decimal(0)

    @property
    def sections(self) -> dict[str, Any]:
        return self.model_extra or {}


class Script(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: tuple[Played, ...]
    months: dict[Month, InMonth] = {}


@dataclass(frozen=True)
class Family:
    """A person of the cast: the document for the stubs, the story, and the cases."""

    document: dict[str, Any]
    story: str
    cases: tuple[Played, ...]
    months: dict[str, InMonth]

    @property
    def iin(self) -> str:
        return str(self.document["iin"])

    @property
    def phone(self) -> str | None:
        phone: str | None = self.document.get("phone")
        return phone


@dataclass(frozen=True)
class Cast:
    on: date
    """The day for which every right is assessed, so that the amounts are the same whenever the demo is played."""
    families: tuple[Family, ...]

    @property
    def documents(self) -> list[dict[str, Any]]:
        """What the stubs are given."""
        return [family.document for family in self.families]


class _Document(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)

    story: Annotated[str, Field(min_length=1)]
    demo: Script


def read_cast(path: Path = CAST) -> Cast:
    """The cast of a file. Raises pydantic.ValidationError naming the member that is wrong."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    families = []
    for raw in content["people"]:
        checked = _Document.model_validate(raw)
        document = {name: value for name, value in raw.items() if name not in ("story", "demo")}
        families.append(Family(document, checked.story, checked.demo.cases, checked.demo.months))
    return Cast(content["assessed_on"], tuple(families))
