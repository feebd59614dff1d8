"""What was delivered to a buyer on a screen."""

from django.utils.translation import gettext_lazy as _

from core.people_data import Held, held_register

held_register(
    Held(
        "digital.digitalitem",
        "line__order__buyer",
        _("卡密和文字"),
        ("line__order__public_id", "content", "delivered_at"),
        kept="a part of the trade record, and what proves that it was delivered",
    ),
)
