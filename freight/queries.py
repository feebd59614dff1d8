"""Reads of freight: tariffs to compute with, and what a product's page says of them."""

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.divisions import division_get
from core.money import yuan
from freight.models import FreightTemplate, TierFields
from freight.pricing import Area, By, Tariff, Tier

NAMED = 5


def tariffs(template_ids: Iterable[int]) -> dict[int, Tariff]:
    """Tariffs by template, in two queries; none where there is none to look for."""
    wanted = set(template_ids)
    if not wanted:
        return {}
    rows = FreightTemplate.objects.filter(pk__in=wanted).prefetch_related("areas")
    return {row.pk: tariff_of(row) for row in rows}


def tariff_of(template: FreightTemplate) -> Tariff:
    """A template as it is computed with."""
    return Tariff(
        by=By(template.unit),
        elsewhere=_tier(template),
        areas=tuple(Area(frozenset(area.provinces), _tier(area)) for area in template.areas.all()),
        free_over_fen=template.free_over_fen,
        free_over_count=template.free_over_count,
    )


def tariff_words(tariff: Tariff) -> str:
    """What a page says that knows no address: "运费 ¥6.00 起，满 ¥99.00 包邮，部分地区不配送"."""
    least = tariff.least_fen()
    said = [_("运费 ¥%(fee)s 起") % {"fee": yuan(least)} if least else _("包邮地区见结算页")]
    tiers = [area.tier for area in tariff.areas] + [tariff.elsewhere]
    if not any(tier is None or tier.first_fen or tier.step_fen for tier in tiers):
        return _("包邮")
    if tariff.free_over_fen is not None:
        said.append(_("满 ¥%(amount)s 包邮") % {"amount": yuan(tariff.free_over_fen)})
    if tariff.free_over_count is not None:
        said.append(_("满 %(count)d 件包邮") % {"count": tariff.free_over_count})
    if any(tier is None for tier in tiers):
        said.append(_("部分地区不配送"))
    return "，".join(said)


def unmeasured_words(template: FreightTemplate, *, product_id: int | None = None) -> str:
    """What to tell the merchant of goods that the template cannot weigh or measure, of one product
    or of all that use it; "" when there are none."""
    column = {By.WEIGHT: "skus__weight_g", By.VOLUME: "skus__volume_cm3"}.get(By(template.unit))
    if column is None:
        return ""
    goods = template.products.filter(fulfilment="goods")
    if product_id is not None:
        goods = goods.filter(pk=product_id)
    unknown = Q(**{column: None}) | Q(**{column: 0})
    rows = goods.filter(unknown, skus__removed_at=None).values_list("title", "skus__name")
    names = [f"{title} {name}" for title, name in rows.order_by("pk", "skus__position", "skus__pk")]
    if not names:
        return ""
    what = _("重量") if template.unit == By.WEIGHT else _("体积")
    more = _("等 %(count)d 个规格") % {"count": len(names)} if len(names) > NAMED else ""
    return _(
        "“%(names)s”%(more)s没有填写%(what)s，运费模板“%(template)s”每件按一个续重单位计费；请补上。"
    ) % {
        "names": "”“".join(names[:NAMED]),
        "more": more,
        "what": what,
        "template": template.name,
    }


def province_name(code: str) -> str:
    """ "山西省"; the code itself when the list does not know it."""
    found = division_get(code)
    return found.name if found else code


def _tier(row: TierFields) -> Tier | None:
    if not row.serves:
        return None
    return Tier(row.first, row.first_fen, row.step, row.step_fen)
