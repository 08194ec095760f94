"""The outside world: other bodies' systems as separate HTTP services, with their own storage and faults to switch on.

They speak the wire contract that the real systems will speak, so they share no code with the rest of Demeu: what the
contract tests prove against a stub holds against the real body. How to start and steer them: `stubs/README.md`.
"""

NAMES = ("registries", "emaket", "body", "bank", "smsc")
"""The stubs that `python -m stubs NAME` can start."""
