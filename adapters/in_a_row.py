"""What is said of one subject after the other, and of none the contrary, is no matter of theirs."""

MOST = 10_000
"""So many are counted."""


class InARow:
    """Different subjects of which the same was said since something else was said of any. `many` are too many."""

    def __init__(self, many: int) -> None:
        self._many = many
        self._said_of: set[str] = set()

    def one_more(self, about: str) -> bool:
        """Note one. Returns whether there are too many in a row now."""
        if len(self._said_of) < MOST:
            self._said_of.add(about)
        return len(self._said_of) >= self._many

    def over(self) -> bool:
        """Something else was said. Returns whether there were too many in a row until now."""
        were = len(self._said_of) >= self._many
        self._said_of.clear()
        return were
