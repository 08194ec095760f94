"""What is done with cases by those who look after them: opening, looking, listing, deciding, and finding the lost.

Over the Card and Temporal's client, so that command line, gateway, demo, bench and a page use one thing.
Nothing that is returned here for showing holds a name, IIN, phone or IBAN.
"""

from desk.errors import BadInput
from desk.opening import Opening

__all__ = ["BadInput", "Opening"]
