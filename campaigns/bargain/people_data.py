"""What bargains hold about who launched and who helped."""

from django.utils.translation import gettext_lazy as _

from core.people_data import Held, held_register

SEALED = "the bargain's sequence of cuts, which anybody may check afterwards"

held_register(
    Held(
        "bargain.bargain",
        "launcher",
        _("发起的砍价"),
        (
            *("public_id", "store__name", "state", "list_fen", "floor_fen", "cut_fen"),
            *("shows_profile", "launched_at", "deadline_at"),
        ),
        kept=SEALED,
        unlink={"shows_profile": False},
    ),
    Held(
        "bargain.help",
        "user",
        _("帮砍"),
        ("bargain__public_id", "cut_fen", "shows_profile", "helped_at"),
        kept=SEALED,
        unlink={"shows_profile": False},
    ),
    Held("bargain.helperday", "user", _("每天的帮砍次数"), ("day", "helps"), kept=SEALED),
)
