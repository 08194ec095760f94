"""Which cases an event of a registry may open: the services and notices whose law names it.

The law decides in each case; this only opens it.
"""

from datetime import date

import benefits
from gateway.messages import EventKind


def opened_by(kind: EventKind, on: date) -> tuple[str, ...]:
    """Codes of the services that the Card offers and of the notices that this event opens, by the law of the day.

    Raises BadFacts for a day before the first parameter.
    """
    services = (service.code for service in benefits.services(on) if kind in service.events)
    notices = (topic.code for topic in benefits.notice_topics(on) if kind in topic.events)
    return (*services, *notices)
