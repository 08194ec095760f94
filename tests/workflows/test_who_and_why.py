"""Who decided and why stays for good, and is read by every operator."""

import pytest

from workflows.model import who_and_why


@pytest.mark.parametrize(
    ("by", "note"),
    [
        ("", "why"),
        (" \t", "why"),
        ("a" * 101, "why"),
        ("a.omarova", "n" * 1001),
        ("a\0b", ""),
        ("\x1b[2J\x1b[31mEVIL", ""),
        ("a\u202eb", ""),
        ("\u200b", ""),
        ("\udcff\udcfe", ""),
        ("---", ""),
        ("a.omarova", "\x1b[2J"),
        ("Омарова 880505400013", ""),
        ("a.omarova", "звонить +7 (701) 555-00-01"),
        ("a.omarova", "8 701 555 00 01"),
        ("a.omarova", "8503 1245 0017 came by"),
        ("a.omarova", "to KZ48125KZT5004100100"),
    ],
)
def test_what_is_no_name_or_would_name_somebody_is_refused(by: str, note: str) -> None:
    """Signs of control painted another state on the terminal of who looked; an IIN was shown to everybody."""
    assert who_and_why(by, note) is not None


@pytest.mark.parametrize(
    ("by", "note"),
    [("a.omarova", ""), ("Ә. Омарова", "bank's letter 4827-2026/11 of 01.02.2026\nseen"), ("7", "case 4827-1031-6")],
)
def test_a_name_and_a_reason_are_taken(by: str, note: str) -> None:
    assert who_and_why(by, note) is None
