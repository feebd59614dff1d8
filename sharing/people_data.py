"""What sharing holds about who opened what, and who brought whom."""

from django.utils.translation import gettext_lazy as _

from core.people_data import Held, held_register

held_register(
    Held(
        "sharing.sharelink",
        "sharer",
        _("分享链接"),
        ("token", "store__name", "target_kind", "path", "channel", "made_at"),
        kept="what is in friends' chats must still open; it names nobody any more",
    ),
    Held(
        "sharing.visit",
        "visitor",
        _("打开过的分享"),
        ("store__name", "link__path", "link__channel", "first_at", "last_at", "count"),
    ),
    Held(
        "sharing.arrival",
        "visitor",
        _("从站内搜索或直接打开到过的店"),
        ("store__name", "source", "first_at", "last_at"),
    ),
    # What friends bought is theirs: only that a share brought something.
    Held(
        "sharing.attribution",
        "sharer",
        _("分享带来的订单"),
        ("store__name", "link__token", "rule", "attributed_at"),
        kept="why an order was somebody's, as the store and the order keep it",
    ),
    # Who the other one is, is about the other one.
    Held("sharing.tie", "low", _("来往"), ("kind", "first_at", "last_at")),
    Held("sharing.tie", "high", _("来往"), ("kind", "first_at", "last_at")),
)
