"""What those who look after cases are told."""


class BadInput(ValueError):
    """What was typed cannot be right. The text names the field and the rule."""
