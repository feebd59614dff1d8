"""Freight templates for tests."""

from typing import Any

from freight.models import FreightArea, FreightTemplate
from stores.models import Store

GUANGDONG, SHANXI, XINJIANG, TIBET = "440000", "140000", "650000", "540000"


def freight_make(store: Store, *, name: str = "默认模板", **fields: Any) -> FreightTemplate:
    """By piece: ¥6 and ¥2 for each further one; ¥20 and ¥10 to Xinjiang; nothing goes to Tibet."""
    template = FreightTemplate.objects.create(
        **{"store": store, "name": name, "first_fen": 600, "step_fen": 200, **fields}
    )
    area_make(template, XINJIANG, first_fen=2000, step_fen=1000)
    area_make(template, TIBET, serves=False)
    return template


def area_make(template: FreightTemplate, *provinces: str, **fields: Any) -> FreightArea:
    return FreightArea.objects.create(
        store_id=template.store_id, template=template, provinces=list(provinces), **fields
    )
