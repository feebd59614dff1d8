"""Misbehaving on command."""

import random

from django.db import transaction

from simulator.models import Fault
from simulator.services.remembered import Remembered

CALL_MODES = {
    "system_error_before": "不做事就报 SYSTEM_ERROR",
    "system_error_after": "做完事再报 SYSTEM_ERROR",
    "frequency_limited": "报 FREQUENCY_LIMITED",
    "timeout": "不做事，也不回答",
    "timeout_after": "做完事，但不回答",
    "sign_error": "说请求的签名不对",
    "bad_signature": "回答的签名是假的",
    "slow": "回答得慢，但还来得及",
}
NOTICE_MODES = {
    "duplicate": "同一通知送两次",
    "late": "两分钟以后才送",
    "reordered": "让后面的通知先到",
    "lost": "从不送达",
    "forged": "先送一封伪造签名的",
    "stale": "先送一封十分钟前的",
    "signtest": "先送一封签名探测",
}
# Their answers are not signed, so none of them can be signed badly.
PLAIN_MODES = {mode: means for mode, means in CALL_MODES.items() if mode != "bad_signature"}
MODES = {
    **dict.fromkeys(("prepay", "query", "close", "refund_query"), CALL_MODES),
    "token": PLAIN_MODES,
    "refund": {
        **CALL_MODES,
        "abnormal": "退款异常，要人处理",
        "not_enough": "报 NOT_ENOUGH，说商户余额不足",
    },
    "bill": {**CALL_MODES, "tampered": "账单里改一笔金额", "bad_hash": "账单的校验值不对"},
    "notice": NOTICE_MODES,
    "message": {
        **PLAIN_MODES,
        "refused": "报 43101，说没有订阅或已经用完",
        "not_following": "报 43004，说没有关注",
        "bad_template": "报 40037，说模板编号不对",
        "quota": "报 45009，说今天的次数用完了",
    },
    "oauth": {**PLAIN_MODES, "snapshot": "只给快照页的虚拟身份"},
}


# So that the many calls without a rule ask nobody; where there may be one, the rows decide.
_operations = Remembered(
    Fault, lambda: frozenset(Fault.objects.values_list("operation", flat=True))
)


def rule_new(
    *, operation: str, mode: str, times: int | None, probability: float, seed: int
) -> None:
    """A rule; `times` None is for ever. Raises ValueError when it makes no sense."""
    if mode not in MODES.get(operation, {}):
        raise ValueError(f"{operation} knows {', '.join(MODES.get(operation, MODES))}")
    if times is not None and times < 1:
        raise ValueError("times is a positive number, or null for ever")
    if not 0 <= probability <= 1:
        raise ValueError("a probability is between 0 and 1")
    Fault.objects.create(
        operation=operation, mode=mode, times=times, probability=probability, seed=seed
    )


def fault_take(operation: str, *, among: frozenset[str] | None = None) -> str:
    """How to misbehave now; empty for not at all. Each answer uses a rule once."""
    if operation not in _operations.get():
        return ""
    with transaction.atomic():
        for rule in Fault.objects.filter(operation=operation).order_by("pk"):
            if rule.times == 0 or (among is not None and rule.mode not in among):
                continue
            rule.asked += 1
            chance = random.Random(
                f"{rule.seed}:{rule.operation}:{rule.mode}:{rule.asked}"
            ).random()
            hit = chance < rule.probability
            if hit:
                rule.hits += 1
                rule.times = None if rule.times is None else rule.times - 1
            rule.save(update_fields=["asked", "hits", "times"])
            if hit:
                return rule.mode
    return ""
