"""Which errors pass by themselves, and how they are told in the log: one line, without what was said or by whom."""

import structlog
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from card.store import DatabaseError, DatabaseRefused


def passes(error: Exception) -> bool:
    """Whether somebody is away, who may be back when it is tried again."""
    if isinstance(error, ApplicationError):
        return not error.non_retryable
    if isinstance(error, DatabaseError):
        return not isinstance(error, DatabaseRefused)
    # Temporal names no status that could not pass: even FAILED_PRECONDITION says that a worker has just stumbled.
    return isinstance(error, OSError | RPCError)


def report(event: str, error: Exception, **about: object) -> None:
    """A warning for what passes, an error with its traceback for what does not."""
    log = structlog.get_logger()
    if passes(error):
        log.warning(event, error=type(error).__name__, **about)
    else:
        log.error(event, exc_info=error, **about)
