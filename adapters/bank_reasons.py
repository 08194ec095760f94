"""Why a bank rejects a transfer, sorted by whom it is about: codes of ISO 20022, ExternalStatusReason1Code."""

from typing import Final

ABOUT_THE_ACCOUNT: Final = frozenset(
    {
        *("AC01", "AC02", "AC03", "AC04", "AC05", "AC06", "AC07", "AC10", "AC11", "AC13", "AC14", "AC15"),
        *("AG01", "AG03", "BE01", "BE06", "BE23", "CNOR", "CURR", "RC01", "RC04"),
    }
)
"""The account, or whose it is: another may be paid, this one not. All other codes are about the payment, about us, or
say nothing: an account that nothing is known against is not barred for them, and an operator looks."""
