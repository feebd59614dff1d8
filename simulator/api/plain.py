"""What the calls of api.weixin.qq.com have in common: they misbehave in plain errcodes."""

import time
from collections.abc import Callable

from django.http import HttpResponse

from simulator.services.faults import CALL_MODES, fault_take

# Longer than a client of ours waits, short enough that threads come back.
SILENCE_S, SLOW_S = 3.5, 1.2
BUSY = (-1, "system error")
_before = {
    "system_error_before": BUSY,
    "frequency_limited": (45011, "api minute-quota reach limit, must slower, retry next minute"),
    "sign_error": (40001, "invalid credential, access_token is invalid or not latest"),
}


def misbehaving(
    operation: str, act: Callable[[], HttpResponse], say: Callable[[int, str], HttpResponse]
) -> HttpResponse:
    """The answer of `act`, unless a rule says otherwise; `say` writes an errcode and errmsg."""
    mode = fault_take(operation, among=frozenset(CALL_MODES))
    if mode in _before:
        return say(*_before[mode])
    if mode == "timeout":
        time.sleep(SILENCE_S)
        return say(*BUSY)
    answer = act()
    if mode == "timeout_after":
        time.sleep(SILENCE_S)
    if mode == "slow":
        time.sleep(SLOW_S)
    return say(*BUSY) if mode == "system_error_after" else answer
