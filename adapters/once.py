"""Reads JSON in which each key is given once. A library that takes the last of two, and another one before it the
first, have read two messages: who checks sees one, who acts the other.
"""

import json
import re
from typing import Any

_NAME = re.compile(r"[A-Za-z_]{1,40}")


class KeyTwice(ValueError):
    """A key is given twice in one object. Names it where it looks like the name of a field: a key may be any text."""


def read_json(content: bytes | str) -> Any:
    """What the JSON says. Raises KeyTwice, json.JSONDecodeError, UnicodeDecodeError or RecursionError."""
    return json.loads(content, object_pairs_hook=_each_once)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in pairs:
        if key in read:
            raise KeyTwice(f"{key if _NAME.fullmatch(key) else 'a key'} is given twice")
        read[key] = value
    return read
