"""The forms to lead a group and to join one: checkouts at the group's price."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.groupbuy import pages, services
from campaigns.groupbuy.forms import GroupCheckoutForm
from campaigns.groupbuy.pages import Terms
from core.errors import NotHere
from core.limits import limit_check
from orders.checkout import (
    CheckoutView,
    Choice,
    ForSale,
    Refusal,
    Refused,
    address_chosen,
    item_chosen,
    wishes_of,
)
from orders.forms import CheckoutForm
from orders.pricing import CAMPAIGN_KINDS

# A person who really wants to join tries a few times; a script tries more.
JOINS, JOINS_WINDOW_S = 10, 60
_BUY_ALONE = (
    services.CampaignOver,
    services.LimitReached,
    services.NoNewGroup,
    services.QuotaGone,
)


class GroupCheckoutView(CheckoutView):
    """What leading and joining have in common."""

    template_name = "groupbuy/checkout.html"
    form_class: type[CheckoutForm] = GroupCheckoutForm

    def terms(self) -> Terms | None:
        """The terms of what this address is about."""
        raise NotImplementedError

    def refused(self, terms: Terms, now: datetime) -> services.JoinRefused | None:
        """Why the person could not, whatever is typed."""
        raise NotImplementedError

    def act(self, wares: ForSale, form: CheckoutForm, now: datetime) -> services.Joined:
        """Lead or join. Raises JoinRefused."""
        raise NotImplementedError

    def wares_find(self, request: HttpRequest, *, now: datetime) -> ForSale:
        terms = self.terms()
        if terms is None or not terms.skus:
            raise NotHere(_("没有这个拼团，请核对链接。"))
        return ForSale(
            store_id=terms.store_id,
            title=terms.skus[0].sku.title,
            photo=terms.skus[0].sku.photo,
            back_url=reverse("storefront:product", args=[terms.product_public_id]),
            choices=tuple(
                # A withdrawn product's open groups go on.
                Choice(priced.sku, priced.price_fen, goes_on=bool(terms.group_public_id))
                for priced in terms.skus
            ),
            limit=terms.limit_per_order,
            takes=CAMPAIGN_KINDS if terms.takes_coupons else (),
            about=terms,
        )

    def refusal_foreseen(
        self, request: HttpRequest, wares: ForSale, *, now: datetime
    ) -> Refusal | None:
        refused = self.refused(wares.about, now)
        if refused is not None:
            return self.refusal(refused, wares, now, final=True)
        return super().refusal_foreseen(request, wares, now=now)

    def place(self, request: HttpRequest, wares: ForSale, form: CheckoutForm, now: datetime) -> str:
        if not limit_check("join", f"user:{self.buyer_id}", JOINS, JOINS_WINDOW_S):
            raise Refused(
                Refusal(_("操作太频繁了，请过一分钟再试。你填写的内容还在。"), status=429)
            )
        try:
            return self.act(wares, form, now).order_public_id
        except services.JoinRefused as refused:
            raise Refused(self.refusal(refused, wares, now)) from refused

    def refusal(
        self, refused: services.JoinRefused, wares: ForSale, now: datetime, *, final: bool = False
    ) -> Refusal:
        """The refusal's own words, and the way out that fits it."""
        terms: Terms = wares.about
        said = str(refused)
        label, url = _("返回商品页"), wares.back_url
        if isinstance(refused, services.AlreadyIn) and refused.group_public_id:
            label, url = _("去看我的团"), reverse("groupbuy:group", args=[refused.group_public_id])
        elif isinstance(refused, services.GroupOver | services.GroupFull | services.TooLate):
            label = _("看看其他团")
            url = reverse("groupbuy:group", args=[terms.group_public_id]) + "#others"
        elif isinstance(refused, services.NewcomerSeatTaken):
            label, url = _("去那个订单"), reverse("orders:detail", args=[refused.order_public_id])
        elif isinstance(refused, services.NewcomersOnly) and self.may_lead(wares, now):
            said = _("%(refusal)s你可以自己开一个团，带新朋友参加。") % {"refusal": said}
            label, url = _("自己开一个团"), reverse("groupbuy:lead", args=[terms.product_public_id])
        elif isinstance(refused, _BUY_ALONE) and wares.alone_url:
            label, url = _("单独购买"), wares.alone_url
        return Refusal(said, label, url, final=final)

    def may_lead(self, wares: ForSale, now: datetime) -> bool:
        """Whether the buyer could lead a group of the same goods."""
        product: str = wares.about.product_public_id
        return wares.store.is_open and pages.may_lead(product, self.buyer_id, now=now)

    def seat_fields(self, wares: ForSale, form: CheckoutForm, now: datetime) -> dict[str, Any]:
        """What both services take."""
        sku, quantity = item_chosen(wares, form)
        return {
            "user_id": self.buyer_id,
            "sku_id": sku.id,
            "quantity": quantity,
            "address": address_chosen(wares, form),
            "note": form.cleaned_data["note"],
            "shows_profile": form.cleaned_data["shows_profile"],
            "shown": services.Shown(form.cleaned_data["shown_fen"], wishes_of(self.request.POST)),
            "form_key": form.cleaned_data["form_key"],
            "now": now,
        }


class LeadView(GroupCheckoutView):
    """/p/<product>/group/?sku=…&quantity=n"""

    def terms(self) -> Terms | None:
        return pages.terms_to_lead(self.kwargs["product"])

    def refused(self, terms: Terms, now: datetime) -> services.JoinRefused | None:
        return pages.lead_refusal(terms.campaign_id, self.buyer_id, now=now)

    def act(self, wares: ForSale, form: CheckoutForm, now: datetime) -> services.Joined:
        return services.group_lead(
            campaign_id=wares.about.campaign_id, **self.seat_fields(wares, form, now)
        )


class JoinView(GroupCheckoutView):
    """/g/<group>/join/?sku=…&quantity=n"""

    def terms(self) -> Terms | None:
        return pages.terms_to_join(self.kwargs["public_id"])

    def refused(self, terms: Terms, now: datetime) -> services.JoinRefused | None:
        return pages.join_refusal(terms, self.buyer_id, now=now)

    def act(self, wares: ForSale, form: CheckoutForm, now: datetime) -> services.Joined:
        return services.group_join(
            group_public_id=self.kwargs["public_id"], **self.seat_fields(wares, form, now)
        )
