"""Which services an event of a registry may give a right to. The law decides in each case; this only opens it."""

from gateway.messages import EventKind

OPENED_BY: dict[EventKind, tuple[str, ...]] = {
    EventKind.BIRTH: ("childbirth", "multi-child"),
    EventKind.DISABILITY: ("disability",),
}
