"""Why somebody cannot lead or join: each with a sentence that says so, and what to do instead."""

from django.utils.translation import gettext as _


class JoinRefused(Exception):
    """A seat that cannot be taken. The message is for the shopper; nothing was written."""


class CampaignOver(JoinRefused):
    """The campaign is not running: not published yet, ended, or stopped."""

    def __init__(self) -> None:
        super().__init__(_("拼团活动没有在进行，可以单独购买。"))


class NotInCampaign(JoinRefused):
    """The SKU has no group price in this campaign."""

    def __init__(self) -> None:
        super().__init__(_("这个规格不参加拼团，请换一个规格或单独购买。"))


class GroupOver(JoinRefused):
    """The group is not open (any more)."""

    def __init__(self) -> None:
        super().__init__(_("这个团已经结束，可以参加其他团或自己开一个团。"))


class GroupFull(JoinRefused):
    """Every seat is taken; one may come back when somebody does not pay."""

    def __init__(self) -> None:
        super().__init__(_("这个团刚刚满员，可以参加其他团或自己开一个团。"))


class TooLate(JoinRefused):
    """The last two minutes: hardly time to pay."""

    def __init__(self) -> None:
        super().__init__(_("离结束不到两分钟，来不及付款了，可以参加其他团或自己开一个团。"))


class AlreadyIn(JoinRefused):
    """The person has a seat: in this group, or in another of the same campaign.

    `group_public_id` and `order_public_id` say where, for a link; empty when it is gone meanwhile.
    """

    def __init__(self, group_public_id: str = "", order_public_id: str = "") -> None:
        self.group_public_id, self.order_public_id = group_public_id, order_public_id
        super().__init__(_("你已经在这个活动的一个团里，等它有了结果才能再参加。"))


class NewcomersOnly(JoinRefused):
    """Joining is for people who never bought in this store; leading is for everybody."""

    def __init__(self) -> None:
        super().__init__(_("这个团留给没有在本店买过的新朋友。"))


class NewcomerSeatTaken(JoinRefused):
    """The person holds another unpaid seat that this store keeps for newcomers; `order_public_id` says
    on which order."""

    def __init__(self, order_public_id: str) -> None:
        self.order_public_id = order_public_id
        super().__init__(
            _("新朋友的名额在一家店一次只能占一个，你还有一个没付款；付款或取消它再来。")
        )


class LimitReached(JoinRefused):
    """More than one person may buy; `left` is how many the person may still buy."""

    def __init__(self, left: int, *, per_order: bool) -> None:
        self.left = left
        if per_order:
            message = _("每单最多 %(count)d 件，请减少数量。")
        elif left > 0:
            message = _("超过每人限购数量，你还可以买 %(count)d 件。")
        else:
            message = _("你已达到这个活动的每人限购数量，可以单独购买。")
        super().__init__(message % {"count": left})


class QuotaGone(JoinRefused):
    """The campaign's quota is used up."""

    def __init__(self, left: int) -> None:
        self.left = left
        if left > 0:
            message = _("拼团名额只剩 %(count)d 件，请减少数量。")
        else:
            message = _("拼团名额已用完，可以单独购买。")
        super().__init__(message % {"count": left})


class NoNewGroup(JoinRefused):
    """What is left of the campaign's quota could not fill another group. `left` is how many pieces
    somebody who leads could take of it."""

    def __init__(self, left: int) -> None:
        self.left = left
        if left > 0:
            message = _("再开一个团，你最多能买 %(count)d 件，请减少数量。")
        else:
            message = _("剩下的拼团名额不够再成一个团，可以参加已开的团或单独购买。")
        super().__init__(message % {"count": left})


class SoldOut(JoinRefused):
    """The SKU's stock is used up; the message is the catalog's own."""
