"""What flash sales hold about buyers."""

from django.utils.translation import gettext_lazy as _

from core.people_data import Held, held_register

COUNTED = "the offer's counters are made of it"

held_register(
    Held("flash.flashbuyer", "user", _("秒杀件数"), ("offer__public_id", "bought"), kept=COUNTED),
    Held(
        "flash.flashpurchase",
        "user",
        _("秒杀"),
        ("order__public_id", "state", "quantity", "bought_at", "returned_at"),
        kept=COUNTED,
    ),
    Held("flash.flashreminder", "user", _("秒杀提醒"), ("offer__public_id", "asked_at")),
)
