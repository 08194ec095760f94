"""The Digital Family Card: people, families, and the lasting record of every case, on PostgreSQL.

The database is the guard that outlives Temporal's retention: one right is one case, one key is one effect. Nothing
here calls anybody, and no session is meant to stay open while somebody is called.
"""

import card.reckoned_tables
import card.run_tables  # noqa: F401  (with them the tables are whole)
from card.migrate import migrate
from card.store import Card, Session

__all__ = ["Card", "Session", "migrate"]
