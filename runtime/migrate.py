"""``python -m runtime.migrate``: makes database and Temporal ready for this version, before gateway and worker start.

It brings the Card to its newest shape and makes the search attributes known. It may be run again at any time, and by
two deployments at once; it never removes anything.
"""

import asyncio
import sys

from runtime.settings import Settings, SettingsError, load_settings
from runtime.temporal import (
    NotPrepared,
    TemporalUnreachable,
    connect,
    missing_search_attributes,
    register_search_attributes,
)
from workflows.model import SearchAttributes


async def migrate_database(url: str, role: str | None = None) -> None:
    """Bring the database to the newest shape, without stopping the event loop meanwhile; see `card.migrate`."""
    from card import migrate  # only here: Alembic is heavy, and most who import this do not migrate

    await asyncio.to_thread(migrate, url, role)


async def prepare(settings: Settings) -> tuple[str, ...]:
    """Database and search attributes; returns the names of the search attributes that were new.

    Where somebody has added the search attributes already, no operator's rights are needed. Raises TemporalUnreachable
    when no server answers within 30 seconds, and NotPrepared when search attributes are missing and can't be added.
    """
    await migrate_database(settings.database_url.get_secret_value(), settings.database_role)
    client = await connect(settings, connect_seconds=30)
    if not await missing_search_attributes(client, SearchAttributes.ALL):
        return ()
    return await register_search_attributes(client, SearchAttributes.ALL)


def main() -> int:
    """Exit code 0 when all is ready, 2 for a wrong setting, 1 when Temporal cannot be reached or made ready."""
    try:
        added = asyncio.run(prepare(load_settings()))
    except SettingsError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    except (TemporalUnreachable, NotPrepared) as not_ready:
        sys.stderr.write(f"{not_ready}\n")
        return 1
    sys.stdout.write(f"the database is of the newest shape; new search attributes: {', '.join(added) or 'none'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
