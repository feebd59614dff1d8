"""The use cases of notices: telling, reading, and in which ways."""

from notices.services.read import notice_open, notices_read_all
from notices.services.tell import notices_purge, notices_tell

__all__ = [
    "notice_open",
    "notices_purge",
    "notices_read_all",
    "notices_tell",
]
