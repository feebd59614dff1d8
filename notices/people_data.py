"""What notices hold about whom they told."""

from django.utils.translation import gettext_lazy as _

from core.people_data import Held, held_register

held_register(
    Held(
        "notices.notice",
        "user",
        _("消息"),
        ("store__name", "title", "body", "made_at", "read_at"),
    ),
    Held(
        "notices.noticeconsent",
        "user",
        _("消息订阅"),
        ("appid", "topic", "state", "asked_at", "given_at", "used_at"),
    ),
    Held("notices.noticepreference", "user", _("消息偏好"), ("topic", "wechat", "email")),
)
