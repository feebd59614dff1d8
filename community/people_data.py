"""What communities hold about who was shown which code."""

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from core.people_data import Held, held_register

held_register(
    Held(
        "community.codeshowing",
        "person",
        _("看过的群码"),
        ("store__name", "code__entry__name", "first_at"),
        kept="the place in the group is still taken",
        # One guest of its own for each row: a code is shown to a guest once.
        unlink={
            "guest": Concat(Value("closed"), Cast("pk", CharField())),
            "person": None,
        },
    ),
    Held(
        "community.countercode",
        "person",
        _("柜台码"),
        ("store__name", "label", "made_at"),
        kept="it is printed and lies on the store's counter",
    ),
)
