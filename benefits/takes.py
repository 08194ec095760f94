"""What a rule says it takes of the law, so that a misspelt name is found when the files are read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Takes:
    """The parameters that a rule reads, by how they are written: names with spaces between, as `"adult_age mrp"`.

    Checked when the files are read: a name that none of them states, or that nothing reads, is an error there and not
    in the middle of a case.
    """

    values: str = ""
    brackets: str = ""
    tables: str = ""

    def __or__(self, other: "Takes") -> "Takes":
        """Those of both, as of a rule and of what it shares with others."""
        return Takes(
            f"{self.values} {other.values}", f"{self.brackets} {other.brackets}", f"{self.tables} {other.tables}"
        )

    def kinds(self) -> dict[str, str]:
        """For each name "values", "brackets" or "table", as the files say it."""
        named = {"values": self.values, "brackets": self.brackets, "table": self.tables}
        return {name: kind for kind, names in named.items() for name in names.split()}
