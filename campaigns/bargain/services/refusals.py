"""Why somebody cannot launch, help or buy: each with a sentence that says so, and what to do."""

from django.utils.translation import gettext as _


class BargainRefused(Exception):
    """What was wanted cannot be done. The message is for the shopper; nothing was written."""


class LaunchRefused(BargainRefused):
    """No bargain can be launched."""


class CampaignOver(LaunchRefused):
    """The campaign is not running: not published yet, ended, or stopped."""

    def __init__(self) -> None:
        super().__init__(_("砍价活动没有在进行，可以直接购买。"))


class AlreadyRunning(LaunchRefused):
    """The person has a live bargain of the campaign; `bargain_public_id` says which."""

    def __init__(self, bargain_public_id: str = "") -> None:
        self.bargain_public_id = bargain_public_id
        super().__init__(_("你已经有一个进行中的砍价，等它有了结果才能再发起。"))


class LaunchLimitReached(LaunchRefused):
    """The person has launched as often as the campaign allows."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        message = _("这个活动每人可发起 %(limit)d 次，你已经用完了，可以直接购买。")
        super().__init__(message % {"limit": limit})


class PurchaseLimitReached(LaunchRefused):
    """The person has bought as much of the product as one person may."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        message = _("这件商品每人限购 %(limit)d 件，你已经买满了，砍到底价也不能再买。")
        super().__init__(message % {"limit": limit})


class QuotaGone(LaunchRefused):
    """The campaign's quota is reserved or sold."""

    def __init__(self) -> None:
        super().__init__(_("砍价名额已经占满，有人过期会空出来；也可以直接购买。"))


class StoreResting(LaunchRefused):
    """The store takes no orders for now: nobody could buy in it what friends cut."""

    def __init__(self) -> None:
        super().__init__(_("店铺正在休息，暂时不能发起砍价。"))


class NotOnSale(LaunchRefused):
    """The goods were withdrawn; bargains that run go on."""

    def __init__(self) -> None:
        super().__init__(_("这件商品已下架，不能发起砍价。"))


class NothingLeft(LaunchRefused):
    """No piece in stock can be kept: friends would help in vain."""

    def __init__(self) -> None:
        super().__init__(_("这件商品没有可留的库存了，暂时不能发起砍价。"))


class HelpRefused(BargainRefused):
    """A help that cannot be given."""


class OwnBargain(HelpRefused):
    """Nobody helps themselves."""

    def __init__(self) -> None:
        super().__init__(_("自己的砍价要朋友来帮，你可以按现价购买。"))


class AlreadyHelped(HelpRefused):
    """One help per person and bargain."""

    def __init__(self) -> None:
        super().__init__(_("你已经帮砍过了，每人只能帮一次。"))


class HelpLimitReached(HelpRefused):
    """The person has helped as often today as the campaign allows."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        message = _("你今天已经帮砍了 %(limit)d 次，明天再来吧。")
        super().__init__(message % {"limit": limit})


class BargainOver(HelpRefused):
    """Its time is up, or it was bought."""

    def __init__(self) -> None:
        super().__init__(_("来晚了，这个砍价已经结束，没有再砍。"))


class FloorReached(HelpRefused):
    """Every cut has landed."""

    def __init__(self) -> None:
        super().__init__(_("已经砍到底价了，不用再帮砍。"))


class PriceStands(HelpRefused):
    """An order awaits its payment: its price must not move."""

    def __init__(self) -> None:
        super().__init__(_("发起人正在按现价付款，价格已定。没有付成的话可以再来帮砍。"))


class OutsideOnly(HelpRefused):
    """WeChat's policy: launching and helping happen outside its pages."""

    def __init__(self) -> None:
        super().__init__(_("微信里不能发起或帮砍，请点右上角的「···」，用浏览器打开本页。"))


class BuyRefused(BargainRefused):
    """The bargain's price cannot be had."""


class NotYours(BuyRefused):
    """Only the launcher buys at the bargain's price."""

    def __init__(self) -> None:
        super().__init__(_("只有发起人能按这个价格购买，你可以自己发起砍价或直接购买。"))


class TooLateToBuy(BuyRefused):
    """The price has lapsed."""

    def __init__(self) -> None:
        super().__init__(_("这个砍价已经过期，价格不再保留，可以直接购买。"))


class AlreadyOrdered(BuyRefused):
    """An order at the bargain's price exists; `order_public_id` says which."""

    def __init__(self, order_public_id: str) -> None:
        self.order_public_id = order_public_id
        super().__init__(_("你已经按砍后的价格下了单，请去那个订单付款。"))


class NotMidway(BuyRefused):
    """The campaign sells at the floor price only."""

    def __init__(self) -> None:
        super().__init__(_("这个活动到底价才能购买，还没有到底价。"))


class SoldOut(BuyRefused):
    """The SKU has nothing left, and no piece was kept; the message is the catalog's own."""
