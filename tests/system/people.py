"""What the system tests agree on."""

from datetime import date

ON = date(2026, 11, 20)
"""The day for which rights are assessed: the amounts then do not depend on when the test runs."""
