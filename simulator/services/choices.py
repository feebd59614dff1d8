"""Where Tencent's documents disagree with each other, somebody here chooses."""

from simulator.models import Setting

# What a prepay is told about a number that is paid already.
PAID_AGAIN = {
    "OUT_TRADE_NO_USED": (403, "商户订单号重复"),
    "INVALID_REQUEST": (400, "重入请求数据和已存在的业务单据数据不一致"),
    "ORDERPAID": (400, "该订单已支付"),
}


def paid_again() -> str:
    """The chosen code; OUT_TRADE_NO_USED unless another was asked for."""
    chosen = Setting.objects.filter(name="paid_again").values_list("value", flat=True).first()
    return chosen or "OUT_TRADE_NO_USED"


def paid_again_set(code: str) -> None:
    """Raises ValueError for a code that no document names."""
    if code not in PAID_AGAIN:
        raise ValueError(f"paid_again is one of {', '.join(PAID_AGAIN)}")
    Setting.objects.update_or_create(name="paid_again", defaults={"value": code})
