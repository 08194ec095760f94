"""Which cases an event of a registry may open: the services and notices whose law names it.

The law decides in each case; this only opens it.
"""

from datetime import date

import benefits
from gateway.messages import EventKind


def opened_by(kind: EventKind, today: date) -> list[str]:
    """The services that the Card offers and the notices that this event opens, each assessed for today.

    However late a registry tells of what happened: an event of last year would be paid by last year's figures, or to a
    family that has grown up since. What is owed of the months before, each rule says itself. Raises BadFacts for a day
    before the first parameter.
    """
    services = [service.code for service in benefits.services(today) if kind in service.events]
    return services + [topic.code for topic in benefits.notice_topics(today) if kind in topic.events]
