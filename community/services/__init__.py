"""Use cases of communities: group codes and who is shown which, and codes on the counter."""

from community.services.codes import CodeRefused, code_add, code_change, code_show
from community.services.counters import CounterRefused, counter_add

__all__ = [
    "CodeRefused",
    "CounterRefused",
    "code_add",
    "code_change",
    "code_show",
    "counter_add",
]
