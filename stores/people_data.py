"""What stores hold about who works in them."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.people_data import Held, held_register, obstacle_register
from stores.models import StoreStaff

held_register(
    Held("stores.storestaff", "user", gettext_lazy("店铺人员"), ("store__name", "role", "since_at"))
)


def staff(user_id: int) -> str:
    row = StoreStaff.objects.filter(user_id=user_id).select_related("store").first()
    if row is None:
        return ""
    return _("你还是“%(store)s”的工作人员，请先请店主移除你。") % {"store": row.store.name}


obstacle_register("stores.staff", staff)
