"""What sending an order costs: its goods by their freight templates, and the store's flat fee for
those that have none.

Each template's goods are computed together, and the templates' sums are added; the flat fee is
taken once. Why: `docs/decisions/0006-freight-adds-up.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from catalog.queries import SkuForSale
from freight.pricing import Load, Tariff
from freight.queries import province_name, tariffs
from orders.pricing import QuoteLine


@dataclass(frozen=True)
class OrderFreight:
    """The fee of an order's lines, as `orders.pricing.quote` asks for it. Pure.

    `province` is the code of where it goes, "" before an address is known: then every template's
    least fee stands for it. What is not sent there costs nothing here; `refused` names it.
    """

    flat_fen: int
    skus: Mapping[int, SkuForSale]
    tariffs: Mapping[int, Tariff]
    province: str = ""
    is_posted: bool = True

    def fen(self, lines: Sequence[QuoteLine]) -> int:
        """What sending these lines costs, in fen."""
        if not self.is_posted:
            return 0
        by_template: dict[int | None, list[QuoteLine]] = {}
        for line in lines:
            by_template.setdefault(self._template(line.sku_id), []).append(line)
        return sum(self._part(template, part) for template, part in by_template.items())

    @property
    def refused(self) -> tuple[str, ...]:
        """The titles of what is not sent to the province."""
        titles = (
            sku.title
            for sku in self.skus.values()
            if self.is_posted
            and self.province
            and (template := self._template(sku.id)) is not None
            and not self.tariffs[template].serves(self.province)
        )
        return tuple(dict.fromkeys(titles))

    @property
    def refusal(self) -> str:
        """What to tell the shopper of it, or ""."""
        if not self.refused:
            return ""
        return _("“%(titles)s”不配送到%(province)s，请换一个收货地址，或先不买它。") % {
            "titles": "”“".join(self.refused[:3]),
            "province": province_name(self.province),
        }

    @property
    def depends_on_address(self) -> bool:
        """Whether another address may cost something else."""
        return self.is_posted and bool(self.tariffs)

    def _template(self, sku_id: int) -> int | None:
        template = self.skus[sku_id].freight_id
        return template if template in self.tariffs else None

    def _part(self, template: int | None, lines: Sequence[QuoteLine]) -> int:
        if template is None:
            return self.flat_fen
        tariff = self.tariffs[template]
        if not self.province:
            return tariff.least_fen()
        if not tariff.serves(self.province):
            return 0
        return tariff.fee_fen(self.province, [self._load(line) for line in lines])

    def _load(self, line: QuoteLine) -> Load:
        sku = self.skus[line.sku_id]
        return Load(
            quantity=line.quantity,
            weight_g=sku.weight_g or 0,
            volume_cm3=sku.volume_cm3 or 0,
            amount_fen=line.amount_fen - line.discount_fen,
        )


def most_freight_fen(flat_fen: int, skus: Iterable[SkuForSale]) -> dict[int, int]:
    """By SKU, the most that sending one piece costs its buyer, in an order of its own or with others:
    for what a campaign may have to give back. One query more where templates are used."""
    every = list(skus)
    found = tariffs({sku.freight_id for sku in every if sku.freight_id is not None})
    return {
        sku.id: 0
        if sku.is_digital
        else found[sku.freight_id].most_fen(Load(1, sku.weight_g or 0, sku.volume_cm3 or 0, 0))
        if sku.freight_id in found
        else flat_fen
        for sku in every
    }


def freight_of(
    flat_fen: int, skus: Iterable[SkuForSale], *, province: str = "", is_posted: bool = True
) -> OrderFreight:
    """The freight of goods of one store, in two queries, or none where no template is used.

    What is fetched or delivered on a screen is not posted, and costs nothing.
    """
    by_id = {sku.id: sku for sku in skus}
    wanted = {sku.freight_id for sku in by_id.values() if sku.freight_id is not None}
    found = tariffs(wanted) if is_posted else {}
    return OrderFreight(flat_fen, by_id, found, province, is_posted)
