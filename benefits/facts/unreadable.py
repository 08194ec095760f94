"""What a register holds and nobody can read: a value that may stand in the facts, but not be used.

Whoever compares it, reckons with it or asks it whether it is there gets `NotReadable`: so a broken field stands in the
way of those rules alone that look into it. Only `is` does not notice it; a field that may be empty has therefore two
readings, the empty one and this (`benefits.readings`).
"""

from typing import Any, NoReturn


class NotReadable(Exception):
    """A rule looked into a field that its register holds unreadably; `field` is the field's path."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: cannot be read")
        self.field = field


class Unreadable:
    """Stands in the place of a value; `field` is its path."""

    __slots__ = ("field",)

    def __init__(self, field: str) -> None:
        self.field = field

    def _used(self, *_: Any) -> NoReturn:
        raise NotReadable(self.field)

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = _used
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __neg__ = __abs__ = __round__ = __index__ = _used
    __float__ = __mul__ = __rmul__ = __bool__ = __hash__ = __iter__ = __len__ = __contains__ = __getitem__ = __int__ = (
        _used
    )
    __str__ = __format__ = _used

    def __deepcopy__(self, _: Any) -> "Unreadable":
        return self

    def __getattr__(self, name: str) -> NoReturn:
        raise NotReadable(self.field)

    def __repr__(self) -> str:
        return f"<unreadable {self.field}>"


def is_known(value: object) -> bool:
    """Whether there is a value, and one that can be used."""
    return value is not None and not isinstance(value, Unreadable)
