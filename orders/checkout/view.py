"""GET shows the form; POST places the order, or does what another of its buttons asks for."""

from abc import ABC, abstractmethod
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View

from accounts.paths import with_query
from accounts.queries import AddressSnapshot, address_named, has_basic_consent, signed_in_id
from accounts.services import consent_give_basic
from catalog.queries import SkuForSale
from catalog.services import OutOfStock
from core import clock
from core.devices import device_keep, device_known
from core.idempotency import form_key_kept
from core.public_pages import personal
from orders.checkout.drafts import DRAFT, asked_for, draft_drop, draft_keep, draft_read
from orders.checkout.page import page_of
from orders.checkout.typed import KEPT, Typed, typed_read
from orders.checkout.wares import ForSale, Refusal, Refused
from orders.destinations import fetched_at, on_screen
from orders.exemption import exemption_agree, wording
from orders.forms import POST, CheckoutForm
from orders.pricing import AmountRefused
from orders.services import OrderRefused, PriceChanged, QuantityRefused, RiskRefused
from payments.services import NoMerchantAccount
from risk.services import risk_record


class CheckoutView(View, ABC):
    """Any checkout of one SKU."""

    template_name: str
    form_class: type[CheckoutForm] = CheckoutForm

    @abstractmethod
    def wares_find(self, request: HttpRequest, *, now: datetime) -> ForSale:
        """What is sold at this address, buyable or not. Raises NotHere."""

    @abstractmethod
    def place(self, request: HttpRequest, wares: ForSale, form: CheckoutForm, now: datetime) -> str:
        """Place the order once per form key; its public id. Raises Refused."""

    def refusal_foreseen(
        self, request: HttpRequest, wares: ForSale, *, now: datetime
    ) -> Refusal | None:
        """What would be refused whatever is typed: said when the page opens, not after filling it."""
        if not wares.store.is_open:
            text = _("店铺正在休息，暂时不能下单。")
        elif not any(choice.offered for choice in wares.choices):
            text = _("这件商品已下架，不能购买。")
        elif not any(choice.buyable for choice in wares.choices):
            text = _("这件商品已售罄。")
        else:
            return None
        return Refusal(text, _("返回商品页"), wares.back_url, final=True)

    @property
    def buyer_id(self) -> int:
        """The signed-in person's id; `dispatch` lets nobody else in."""
        return signed_in_id(self.request)

    @cached_property
    def asks_consent(self) -> bool:
        """Whether the buyer has yet to agree to the present texts: whoever came from WeChat, or
        before the texts were changed, may be asked nowhere else."""
        return not has_basic_consent(self.buyer_id)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        return personal(super().as_view(**initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return super().dispatch(request, *args, **kwargs)
        if request.method == "POST":
            self.wares_find(request, now=clock.now())  # nothing is kept of what is not sold
            return redirect_to_login(self._draft_keep(request))
        return redirect_to_login(request.get_full_path())

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = clock.now()
        wares = self.wares_find(request, now=now)
        refusal = self.refusal_foreseen(request, wares, now=now)
        page = self._page(request, wares, self._typed_first(request), refusal=refusal)
        device_keep(request, page)
        return page

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = clock.now()
        action = request.POST.get("action", "")
        wares = self.wares_find(request, now=now)
        if action == "address":
            query = urlencode({"next": self._draft_keep(request)})
            return redirect(f"{reverse('accounts:address_new')}?{query}")
        typed = typed_read(request.POST)
        if action == "refresh":
            return self._page(request, wares, typed)
        form = self._form(request, wares)
        if not form.is_valid():
            errors = {name: str(messages[0]) for name, messages in form.errors.items()}
            return self._page(request, wares, typed, errors=errors)
        if self.asks_consent:
            consent_give_basic(user_id=self.buyer_id, now=now)
            self.asks_consent = False
        sku, _quantity_asked = item_chosen(wares, form)
        if sku.consent_reason:
            if not typed.agrees:
                said = _("请先勾选确认：%(what)s。") % {"what": wording(sku)}
                return self._page(request, wares, typed, errors={"agrees": said})
            exemption_agree(user_id=self.buyer_id, skus=[sku], now=now)
        try:
            order = self._place(request, wares, form, now)
        except Refused as refused:
            self._draft_keep(request)  # the way out may lead to another checkout
            fresh = self.wares_find(request, now=now)
            return self._page(request, fresh, typed, refusal=refused.refusal)
        draft_drop(request, DRAFT)
        return redirect("orders:cashier", order)

    def _form(self, request: HttpRequest, wares: ForSale) -> CheckoutForm:
        fetched = request.POST.get("delivery", "") not in ("", POST)
        return self.form_class(
            request.POST,
            skus=[choice.sku.public_id for choice in wares.choices],
            # Of addresses and places only what was chosen is looked for.
            addresses=address_named(self.buyer_id, request.POST.get("address", "")),
            limit=wares.limit,
            places=[place.public_id for place in wares.places] if fetched else (),
            on_screen={c.sku.public_id for c in wares.choices if c.sku.is_digital},
            asks_consent=self.asks_consent,
        )

    def _place(
        self, request: HttpRequest, wares: ForSale, form: CheckoutForm, now: datetime
    ) -> str:
        try:
            with device_known(request):
                return self.place(request, wares, form, now)
        except PriceChanged as error:
            raise Refused(Refusal(str(error), was_fen=error.shown_fen)) from error
        except (OutOfStock, QuantityRefused, AmountRefused) as error:
            raise Refused(Refusal(str(error))) from error
        except RiskRefused as error:
            risk_record(
                error.assessed,
                store_id=wares.store_id,
                user_id=self.buyer_id,
                order_ref="",
                now=now,
            )
            label, url = _("返回商品页"), wares.back_url
            if error.wants_proof:
                label = _("去验证手机号")
                url = with_query(reverse("account_change_phone"), next=self._draft_keep(request))
            raise Refused(Refusal(str(error), label, url)) from error
        except (OrderRefused, NoMerchantAccount) as error:
            raise Refused(Refusal(str(error), _("返回商品页"), wares.back_url)) from error

    def _page(
        self,
        request: HttpRequest,
        wares: ForSale,
        typed: Typed,
        *,
        errors: dict[str, str] | None = None,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        page = page_of(
            wares,
            typed,
            buyer_id=self.buyer_id,
            form_key=form_key_kept(request.POST),
            asks_consent=self.asks_consent,
            errors=errors,
            refusal=refusal,
        )
        status = 422 if errors else page.refusal.status if page.refusal else 200
        return render(request, self.template_name, {"page": page}, status=status)

    def _typed_first(self, request: HttpRequest) -> Typed:
        """What the fields hold when the page opens: a draft kept on the way to another page."""
        if "draft" in request.GET:
            return typed_read(draft_read(request, DRAFT))
        return typed_read(asked_for(request))

    def _draft_keep(self, request: HttpRequest) -> str:
        """Keep what is typed in the session; the address that brings it back."""
        fields = draft_keep(request, DRAFT, KEPT)
        query: dict[str, str] = {"draft": "1"}
        query |= {key: fields[key][:40] for key in ("sku", "quantity") if key in fields}
        return f"{request.path}?{urlencode(query)}"


def address_chosen(wares: ForSale, form: CheckoutForm) -> AddressSnapshot:
    """Where the order goes, as chosen."""
    if wares.chosen(form.cleaned_data["sku"]).sku.is_digital:
        return on_screen()
    chosen = form.cleaned_data["delivery"]
    if chosen in ("", POST):
        return form.addresses[form.cleaned_data["address"]]
    return fetched_at(
        next(place for place in wares.places if place.public_id == chosen),
        recipient=form.cleaned_data["recipient"],
        phone=form.cleaned_data["phone"],
    )


def item_chosen(wares: ForSale, form: CheckoutForm) -> tuple[SkuForSale, int]:
    """The chosen SKU, which is one of those for sale here, and how many of it."""
    return wares.chosen(form.cleaned_data["sku"]).sku, form.cleaned_data["quantity"]
