"""Every kind of message is sent by somebody: a text without a sender is a promise that nobody keeps."""

import ast
from collections.abc import Iterator
from pathlib import Path

import benefits
from dialogue import MessageKind
from workflows.model import NoticeKind

ROOT = Path(__file__).parents[2]
LOOKED_AT = {"activities": "MessageKind", "gateway": "MessageKind", "desk": "MessageKind", "workflows": "NoticeKind"}
"""Where messages are sent from, and by which name of the kind."""


def _sent(tree: ast.AST) -> Iterator[ast.expr]:
    """The places where a kind is chosen to be said: `kind=`, what is returned, `_tell(...)`, the table of endings."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="kind", value=chosen) | ast.Return(value=ast.expr() as chosen):
                yield chosen
            case ast.Assign(targets=[ast.Name(id="kind")], value=chosen):
                yield chosen
            case ast.Call(func=ast.Attribute(attr="_tell"), args=[chosen, *_]):
                yield chosen
            case ast.Assign(targets=[ast.Name(id="NOTICE_OF")], value=ast.Dict(values=told)):
                yield from told


def senders() -> set[str]:
    """The values of all kinds that the code chooses somewhere to say."""
    found = set()
    for folder, name in LOOKED_AT.items():
        kinds: type[MessageKind] | type[NoticeKind] = MessageKind if name == "MessageKind" else NoticeKind
        for path in sorted((ROOT / folder).glob("*.py")):
            for choice in _sent(ast.parse(path.read_text(encoding="utf-8"))):
                for part in ast.walk(choice):
                    if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == name:
                        found.add(kinds[part.attr].value)
    return found


def test_every_kind_of_message_has_a_sender() -> None:
    told = {kind for topic in benefits.notice_topics() for kind in topic.kinds}
    assert {kind.value for kind in MessageKind} == senders() | told


def test_every_notice_of_a_case_is_a_message() -> None:
    assert {kind.value for kind in NoticeKind} <= {kind.value for kind in MessageKind}
