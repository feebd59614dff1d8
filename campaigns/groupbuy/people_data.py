"""What group-buy holds about a member."""

from django.utils.translation import gettext_lazy as _

from core.people_data import Held, held_register

TRADE = "a part of the order's record: its price was the group's"

held_register(
    Held(
        "groupbuy.group",
        "leader",
        _("发起的团"),
        ("public_id", "store__name", "state", "size", "formed_at", "deadline_at"),
        kept=TRADE,
    ),
    Held(
        "groupbuy.member",
        "user",
        _("参加的团"),
        (
            *("group__public_id", "order__public_id", "state", "is_leader", "quantity"),
            *("shows_profile", "reserved_at", "joined_at", "left_at", "returned_at"),
        ),
        kept=TRADE,
        unlink={"shows_profile": False},
    ),
)
