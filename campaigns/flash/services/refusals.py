"""Why somebody cannot buy or reserve: each with a sentence that says so, and what to do."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _


class FlashRefused(Exception):
    """What was wanted cannot be done. The message is for the shopper; nothing was written."""


class BuyRefused(FlashRefused):
    """No order at the flash price."""


class NotStarted(BuyRefused):
    """The slot has not begun."""

    def __init__(self, starts_at: datetime) -> None:
        at = date_format(timezone.localtime(starts_at), "m-d H:i")
        super().__init__(_("还没有开抢，%(at)s 开始。") % {"at": at})


class SlotOver(BuyRefused):
    """The slot is over, or the campaign was cancelled."""

    def __init__(self) -> None:
        super().__init__(_("这场秒杀已经结束，可以直接购买。"))


class SoldOut(BuyRefused):
    """Every piece is in a live order, or fewer are left than wanted."""

    def __init__(self, left: int = 0) -> None:
        self.left = left
        if left > 0:
            message = _("秒杀名额只剩 %(left)d 件了，请减少数量。") % {"left": left}
        else:
            message = _("秒杀名额已经抢光。有人没付款会空出来，也可以直接购买。")
        super().__init__(message)


class JustBeingTaken(BuyRefused):
    """As many as are left are ordering at this moment; whether they all succeed shows in seconds."""

    def __init__(self) -> None:
        super().__init__(_("剩下的名额正在被下单，请过几秒再试一次。你填写的内容还在。"))


class LimitReached(BuyRefused):
    """The person's live orders hold as many as one may have. `left` is what may still be bought."""

    def __init__(self, limit: int, left: int) -> None:
        self.limit, self.left = limit, left
        if left > 0:
            message = _("秒杀每人限购 %(limit)d 件，你还可以买 %(left)d 件。")
        else:
            message = _("秒杀每人限购 %(limit)d 件，你已经买满了。")
        super().__init__(message % {"limit": limit, "left": left})


class StockGone(BuyRefused):
    """The quota is there, the goods are not."""

    def __init__(self) -> None:
        super().__init__(_("这件商品的库存不够了，暂时不能购买。"))


class ReminderRefused(FlashRefused):
    """It starts in a moment, has started, or is no more: nobody could be reminded."""

    def __init__(self) -> None:
        super().__init__(_("马上就要开抢（或已经开抢），不用提醒了，请直接去抢。"))
