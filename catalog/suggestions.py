"""What somebody who types into the search box may be about to look for."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from catalog.models import Category, Product
from catalog.queries import on_sale_now

SUGGESTED_CATEGORIES, SUGGESTED_GOODS = 3, 6


@dataclass(frozen=True)
class CategoryOfStore:
    """A category as somebody finds it who is in no store yet."""

    slug: str
    name: str
    store_slug: str
    store: str


@dataclass(frozen=True)
class TitleLink:
    """A product by its title."""

    public_id: str
    title: str


@dataclass(frozen=True)
class Suggestions:
    """What somebody may be about to look for."""

    categories: tuple[CategoryOfStore, ...]
    products: tuple[TitleLink, ...]


def suggestions(words: str) -> Suggestions:
    """A few categories and goods on sale in open stores whose names hold the words as they were
    typed so far, in two queries; nothing without any."""
    if not words:
        return Suggestions((), ())
    shelves = Category.objects.filter(
        Exists(Product.objects.filter(on_sale_now(), category_id=OuterRef("pk"))),
        name__icontains=words,
        store__is_open=True,
    )
    goods = Product.objects.filter(on_sale_now(), title__icontains=words, store__is_open=True)
    return Suggestions(
        tuple(
            CategoryOfStore(*row)
            for row in shelves.order_by("position", "id").values_list(
                "slug", "name", "store__slug", "store__name"
            )[:SUGGESTED_CATEGORIES]
        ),
        tuple(
            TitleLink(*row)
            for row in goods.order_by("position", "id").values_list("public_id", "title")[
                :SUGGESTED_GOODS
            ]
        ),
    )
