"""Which cases an event of a registry may open: the services and notices whose law names it.

The law decides in each case; this only opens it.
"""

from datetime import date

import benefits
from gateway.messages import EventKind


def opened_by(kind: EventKind, on: date, today: date) -> dict[str, date]:
    """The services that the Card offers and the notices that this event opens, each with the day it is assessed for.

    Where the law of the day of application counts, that is today, however late a registry tells of what happened: an
    event of last year would be paid by last year's figures, or to a family that has grown up since. Raises BadFacts for
    a day before the first parameter.
    """
    services = [service for service in benefits.services(on) if kind in service.events and service.counts == "right"]
    services += [
        service for service in benefits.services(today) if kind in service.events and service.counts != "right"
    ]
    notices = [topic.code for topic in benefits.notice_topics(today) if kind in topic.events]
    return {one.code: on if one.counts == "right" else today for one in services} | dict.fromkeys(notices, today)
