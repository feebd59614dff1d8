"""Where Tencent's documents disagree with each other, somebody here chooses.

Each question has its answers as code: (HTTP status, message); the first one is given unless another
was asked for. Codes of v2 and of the list of 2022 are among them, because merchants still get them.
"""

from simulator.models import Setting

CHOICES: dict[str, dict[str, tuple[int, str]]] = {
    # What a prepay is told about a number that is paid already.
    "paid_again": {
        "OUT_TRADE_NO_USED": (403, "商户订单号重复"),
        "INVALID_REQUEST": (400, "重入请求数据和已存在的业务单据数据不一致"),
        "ORDERPAID": (400, "该订单已支付"),
    },
    # What a prepay is told about a number that was closed.
    "closed_again": {
        "INVALID_REQUEST": (400, "该订单已关闭"),
        "OUT_TRADE_NO_USED": (403, "商户订单号重复"),
        "ORDER_CLOSED": (400, "订单已关闭"),
        "ORDERCLOSED": (400, "订单已关闭"),
    },
    # What closing a paid trade is told.
    "close_paid": {
        "INVALID_REQUEST": (400, "该订单已支付，不能关闭"),
        "TRADE_ERROR": (403, "交易错误"),
        "ORDERPAID": (400, "该订单已支付"),
    },
    # What a refund is told that the merchant has no money for.
    "not_enough": {
        "NOT_ENOUGH": (403, "基本账户余额不足，请充值后重新发起"),
        "NOTENOUGH": (403, "基本账户余额不足，请充值后重新发起"),
    },
}


def chosen(name: str) -> str:
    """The code that answers this question."""
    found = Setting.objects.filter(name=name).values_list("value", flat=True).first()
    return found or next(iter(CHOICES[name]))


def choose(name: str, code: str) -> None:
    """Raises ValueError for a code that no document names."""
    if code not in CHOICES[name]:
        raise ValueError(f"{name} is one of {', '.join(CHOICES[name])}")
    Setting.objects.update_or_create(name=name, defaults={"value": code})
