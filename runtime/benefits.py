"""Benefits from outside the checkout: a folder that the environment names joins the eleven, law and texts alike."""

import benefits
import dialogue
from runtime.settings import Settings


def add_benefits(settings: Settings) -> tuple[str, ...]:
    """Add the benefits of `DEMEU_BENEFITS_DIRECTORY`; their codes. Raises benefits.BadParameters with file and line."""
    if settings.benefits_directory is None:
        return ()
    folder = settings.benefits_directory.resolve()
    dialogue.add_texts(folder)
    return benefits.add_directory(folder)
