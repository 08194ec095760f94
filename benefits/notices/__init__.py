"""Notices that need no consent: a pension, the status of a kandas, measures of employment. They assign nothing.

The law's side only: whether a notice is due on a day, which one, and what it has to say. The words of the SMS are the
dialogue's; that a notice is sent once is for whoever sends it, by its `basis`.
"""

from benefits.notices.due import notice_topic, notice_topics, notices_due
from benefits.notices.notice import Notice, NoticeTopic, Value

__all__ = ["Notice", "NoticeTopic", "Value", "notice_topic", "notice_topics", "notices_due"]
