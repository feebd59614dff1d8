"""What sharers hold about a person who recommends goods."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.people_data import Held, held_register, obstacle_register
from sharers.models import Sharer

LEDGER = "the store's books of what it owed and paid"

held_register(
    Held(
        "sharers.sharer",
        "person",
        gettext_lazy("分享员"),
        (
            *("store__name", "state", "name", "intro", "frozen_fen", "available_fen"),
            *("applied_at", "approved_at", "stopped_at"),
        ),
        kept=LEDGER,
        unlink={"name": "—", "intro": ""},
    ),
    Held(
        "sharers.showcaseitem",
        "sharer__person",
        gettext_lazy("橱窗"),
        ("product__title", "note", "added_at"),
    ),
    # Whose order it was is the friend's.
    Held(
        "sharers.reward",
        "sharer__person",
        gettext_lazy("分享奖励"),
        ("line__title", "state", "amount_fen", "earned_at", "released_at"),
        kept=LEDGER,
    ),
    Held(
        "sharers.rewardentry",
        "sharer__person",
        gettext_lazy("分享奖励账目"),
        ("kind", "amount_fen", "note", "at"),
        kept=LEDGER,
    ),
)


def balance(user_id: int) -> str:
    rows = Sharer.objects.filter(person_id=user_id).exclude(frozen_fen=0, available_fen=0)
    row = rows.select_related("store").first()
    if row is None:
        return ""
    return _("你在“%(store)s”的分享奖励还没有结清，请先和商家结算。") % {"store": row.store.name}


obstacle_register("sharers.balance", balance)
