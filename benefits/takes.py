"""What a rule says it takes of the law, so that a misspelt name is found when the files are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Takes:
    """The parameters that a rule reads, by how they are written: names with units, as `"adult_age:years mrp:tenge"`.

    `says` are the conditions, questions and figures whose texts it needs; `rows` are the words that the rows of a table
    have, for those that come from a register; `used` names for brackets the parameters between which they are looked
    up, from the number of the first on and below that of the second (None: without a bound); `divides` are those by
    which the rule divides. All are checked when the files are read: a name that none of them states, one that nothing
    reads, another unit or a nought to divide by is an error there and not in the middle of a case.
    """

    values: str = ""
    brackets: str = ""
    tables: str = ""
    says: str = ""
    rows: Mapping[str, type[StrEnum]] = field(default_factory=dict)
    used: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    divides: frozenset[str] = frozenset()

    def __or__(self, other: "Takes") -> "Takes":
        """Those of both, as of a rule and of what it shares with others."""
        return Takes(
            f"{self.values} {other.values}",
            f"{self.brackets} {other.brackets}",
            f"{self.tables} {other.tables}",
            f"{self.says} {other.says}",
            {**self.rows, **other.rows},
            {**self.used, **other.used},
            self.divides | other.divides,
        )

    def kinds(self) -> dict[str, str]:
        """For each name "values", "brackets" or "table", as the files say it."""
        return {name: kind for kind, name, _ in self._each()}

    def units(self) -> dict[str, str]:
        """For each name the unit that the rule reckons with."""
        return {name: unit for _, name, unit in self._each()}

    def texts(self) -> frozenset[str]:
        """The names of conditions, questions and figures."""
        return frozenset(self.says.split())

    def _each(self) -> list[tuple[str, str, str]]:
        named = {"values": self.values, "brackets": self.brackets, "table": self.tables}
        return [(kind, *one.split(":")) for kind, ones in named.items() for one in ones.split()]  # type: ignore[misc]


COMMON = "common"
TERMS = Takes(
    (
        "payer:choice decider:choice frequency:choice residence:choice offered:choice events:codes "
        "consent_window_days:days reminder_after_days:days late_reply_days:days account_days:days "
        "term_working_days:working_days document_days:days most_offers:times follows_changes:choice "
        "partial_months:choice appeal:choice suspended_by:codes suspended_look_days:days"
    ),
    tables="again_after_days:days",
    says=(
        "already_paid amount applicant_died citizenship_lost exact imprisoned is_it_paid_to_who_is_gone kandas_expired "
        "kandas_term_unknown law_not_entered law_of_that_day_unknown left_country missing months_before_the_law "
        "not_permanent_resident nothing_with_this_basis record_unclear which_months_were_paid who_receives_it"
    ),
)
"""What the shared conditions and the steps of a case read of every service."""

MUST_STATE = ("payer", "decider", "frequency", "rounding", "events")
"""What every service says in its own file, because no default could be right."""
