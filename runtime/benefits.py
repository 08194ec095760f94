"""Benefits from outside the checkout: a folder that the environment names joins the eleven, law and texts alike."""

import benefits
import dialogue
from runtime.settings import Settings


def add_benefits(settings: Settings) -> tuple[str, ...]:
    """Read the law, and add the benefits of `DEMEU_BENEFITS_DIRECTORY`; the codes added. So a fault in any file stops a
    program at its start. Raises benefits.BadParameters with file and line.
    """
    benefits.load()
    benefits.notice_topics()
    if settings.benefits_directory is None:
        return ()
    folder = settings.benefits_directory.resolve()
    dialogue.add_texts(folder)
    return benefits.add_directory(folder)
