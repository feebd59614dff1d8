"""The checkout page of a cart: what is typed in it, by store, and what each store's part costs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.forms import BoundField

from accounts.consent_box import agree_box
from accounts.queries import AddressCard, address_for_order, addresses_of, has_basic_consent
from orders.carts import Cart, CartItem, CartStore, cart_of
from orders.forms import POST
from orders.pricing import KINDS
from orders.services.cart import Owner
from stores.queries import PickupPlace, pickup_places

# What a detour keeps.
_KEPT = re.compile(
    r"address|recipient|phone|agree"
    rf"|(?:note|delivery|agrees|(?:wish|auto)_(?:{'|'.join(KINDS)}))_([0-9]{{1,12}})",
    re.ASCII,
)
# A detour keeps what was typed for so many stores, the first of the page.
STORES_KEPT = 50


@dataclass(frozen=True)
class CartTyped:
    """What stands in the form's fields, valid or not. A store's fields end with its id: `note_7`."""

    fields: Mapping[str, str]

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> "CartTyped":
        return cls({name: str(data[name]) for name in data})

    @property
    def kept(self) -> list[str]:
        """The names of what a detour keeps."""
        found = [kept for name in self.fields if (kept := _KEPT.fullmatch(name))]
        stores = list(dict.fromkeys(kept[1] for kept in found if kept[1]))[:STORES_KEPT]
        return [kept[0] for kept in found if not kept[1] or kept[1] in stores]

    @property
    def unticked(self) -> "CartTyped":
        """The same without what was agreed to: other goods may ask for something else by now."""
        ticks = [name for name in self.fields if name == "agree" or name.startswith("agrees_")]
        return CartTyped({name: self.fields[name] for name in self.fields if name not in ticks})

    def of(self, name: str, store_id: int) -> str:
        return self.fields.get(f"{name}_{store_id}", "")

    def by_store(self, name: str) -> dict[int, str]:
        """A field of every store that has it."""
        start = f"{name}_"
        found = {}
        for full, value in self.fields.items():
            store = full.removeprefix(start)
            if store != full and store.isascii() and store.isdigit():
                found[int(store[:12])] = value
        return found

    @property
    def shown_fen(self) -> dict[int, int]:
        """What the page said that each store's part costs; a store is left out that it did not show."""
        return {
            store_id: int(text)
            for store_id, text in self.by_store("shown").items()
            if text.isascii() and text.isdigit() and len(text) < 15
        }

    @property
    def wishes(self) -> dict[int, dict[str, str]]:
        """The discounts that the shopper chose, by store. What the page had chosen by itself is
        chosen anew."""
        found: dict[int, dict[str, str]] = {}
        for kind in KINDS:
            for store_id, text in self.by_store(f"wish_{kind}").items():
                value = text[:64]
                if value and value != self.of(f"auto_{kind}", store_id):
                    found.setdefault(store_id, {})[kind] = value
        return found

    def fetched(self) -> dict[int, str]:
        """The places where goods are to be fetched, by store: those that the store really has."""
        asked = {
            store_id: ref[:32] for store_id, ref in self.by_store("delivery").items() if ref != POST
        }
        places = pickup_places(set(asked)) if asked else {}
        return {
            store_id: ref
            for store_id, ref in asked.items()
            if ref in [place.public_id for place in places.get(store_id, ())]
        }

    def marked(self, addresses: tuple[AddressCard, ...]) -> AddressCard | None:
        """The address that the form names, or the first."""
        typed = self.fields.get("address", "")
        return next((one for one in addresses if one.public_id == typed), None) or next(
            iter(addresses), None
        )

    def contact(self, user_id: int, marked: AddressCard | None) -> tuple[str, str]:
        """Whom to ask for, as typed; as the marked address says until one types."""
        recipient, phone = self.fields.get("recipient", ""), self.fields.get("phone", "")
        if recipient or phone or marked is None:
            return recipient[:100], phone[:40]
        usual = address_for_order(user_id, marked.public_id)
        return usual.recipient, usual.phone


@dataclass(frozen=True)
class CartSeen:
    """A person's cart beside what is typed in its checkout, and what it costs with that;
    `asks_consent` when the person has yet to agree to the present texts."""

    user_id: int
    typed: CartTyped
    addresses: tuple[AddressCard, ...]
    found: Cart
    asks_consent: bool

    @property
    def lost(self) -> set[int]:
        """The stores that the page showed, and that nothing can be ordered of any more."""
        return self.typed.shown_fen.keys() - {one.store.id for one in self.found.chosen}


def cart_seen(user_id: int, typed: CartTyped, *, now: datetime) -> CartSeen:
    """The cart as it is now. Only reads."""
    addresses = addresses_of(user_id)
    marked = typed.marked(addresses)
    found = cart_of(
        Owner(user_id),
        now=now,
        province=marked.province_code if marked else "",
        wishes=typed.wishes,
        fetched=typed.fetched(),
    )
    return CartSeen(user_id, typed, addresses, found, asks_consent=not has_basic_consent(user_id))


@dataclass(frozen=True)
class Section:
    """One store's part of the form; `was_fen` is what it cost when the page was sent, if not now."""

    one: CartStore
    note: str
    was_fen: int = 0
    error: str = ""
    agrees: bool = False
    agrees_error: str = ""
    places: tuple[PickupPlace, ...] = ()

    @property
    def delivery(self) -> str:
        return self.one.fetched_at or POST

    @property
    def delivery_field(self) -> str:
        return f"delivery_{self.key}"

    @property
    def key(self) -> str:
        """What its fields' names end with."""
        return str(self.one.store.id)


@dataclass(frozen=True)
class CartCheckoutPage:
    """All that the template reads. `aside` is what was selected and cannot be bought now; `lost`
    when it was part of what the shopper sent. `refused` is why stores' orders were not placed, and
    `prove_url` where to prove a phone, which some of them want. `consent` is the box to tick, for
    whoever has not agreed yet."""

    sections: tuple[Section, ...]
    aside: tuple[CartItem, ...]
    payable_fen: int
    addresses: tuple[AddressCard, ...]
    address: str
    form_key: str
    recipient: str = ""
    phone: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    prove_url: str = ""
    lost: bool = False
    consent: BoundField | None = None

    @property
    def may_fetch(self) -> bool:
        return any(section.places for section in self.sections)

    @property
    def has_changed(self) -> bool:
        return any(section.was_fen for section in self.sections)


def cart_page_of(
    seen: CartSeen,
    *,
    form_key: str,
    errors: dict[str, str] | None = None,
    refused: tuple[str, ...] = (),
    prove_url: str = "",
    lost: bool = False,
) -> CartCheckoutPage:
    """The page for what is selected and typed."""
    errors, found, typed = errors or {}, seen.found, seen.typed
    places = pickup_places({one.store.id for one in found.chosen})
    marked = typed.marked(seen.addresses)
    recipient, phone = typed.contact(seen.user_id, marked) if places else ("", "")
    return CartCheckoutPage(
        sections=tuple(
            _section(one, typed, errors, places.get(one.store.id, ())) for one in found.chosen
        ),
        aside=found.left_out,
        recipient=recipient,
        phone=phone,
        payable_fen=found.payable_fen,
        addresses=seen.addresses,
        address=marked.public_id if marked else "",
        form_key=form_key,
        errors=errors,
        refused=(*refused, *_too_much(found)),
        prove_url=prove_url,
        lost=lost,
        consent=agree_box(ticked=bool(typed.fields.get("agree")), refused="agree" in errors)
        if seen.asks_consent
        else None,
    )


def _too_much(found: Cart) -> list[str]:
    return [f"{one.store.name}：{one.too_much}" for one in found.stores if one.too_much]


def _section(
    one: CartStore, typed: CartTyped, errors: dict[str, str], places: tuple[PickupPlace, ...]
) -> Section:
    store_id = one.store.id
    shown_fen = typed.shown_fen.get(store_id, 0)
    now_fen = one.cost.payable_fen if one.cost else 0
    return Section(
        one=one,
        note=typed.of("note", store_id)[:2000],
        was_fen=shown_fen if shown_fen != now_fen else 0,
        error=errors.get(f"note_{store_id}", ""),
        agrees=bool(typed.of("agrees", store_id)),
        agrees_error=errors.get(f"agrees_{store_id}", ""),
        places=places,
    )
