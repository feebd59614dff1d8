"""Every page of the office that lets somebody add a row, filled in as that person would."""

from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import ImageField
from django.test import Client
from django.utils import timezone

from accounts.tests.factories import user_make
from catalog.tests.factories import category_make, picture
from community.tests.factories import entry_make
from core import clock, limits
from core.forms import PictureField
from payments.tests.factories import private_pem, public_pem
from stores.models import Store
from stores.scoped import StoreAdmin
from stores.tests.factories import staff_make
from tests import cast
from tests.office import complaints, fill, staff_client, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", picture().read(), "image/jpeg")


def at(days: int) -> tuple[str, str]:
    when = timezone.localtime(clock.now()) + timezone.timedelta(days=days)
    return f"{when:%Y-%m-%d}", "10:00:00"


def span(first: str, last: str) -> dict[str, str]:
    return {f"{first}_0": at(0)[0], f"{first}_1": "00:00:00"} | {
        f"{last}_{n}": part for n, part in enumerate(at(9))
    }


def typed(store: Store) -> dict[str, dict[str, Any]]:
    """What a merchant types into each page, with every choice that the page offers."""
    sku, entry = cast.sku_on_sale(store), entry_make(store)
    category = category_make(store)
    return {
        "catalog.Category": {"slug": "dates", "name": "红枣"},
        "catalog.Product": {
            "title": "新枣",
            "category": category.pk,
            "related": [sku.product_id],
            "skus-TOTAL_FORMS": "1",
            "skus-0-name": "500g",
            "skus-0-price_fen": "8.80",
            "skus-0-stock": "5",
            "skus-0-position": "0",
            "photos-TOTAL_FORMS": "1",
            "photos-0-image": upload(),
            "photos-0-position": "0",
        },
        "freight.FreightTemplate": {"name": "山货", "first_fen": "6", "step_fen": "2"},
        "stores.PickupPoint": {
            "name": "二号店",
            "region": "山西省吕梁市临县",
            "street": "枣林街 9 号",
            "hours": "每天",
            "phone": "0358-1234567",
        },
        "community.GroupEntry": {"name": "枣友群"},
        "community.GroupCode": {"entry": entry.pk, "name": "1 群", "picture": upload()},
        "community.CounterCode": {
            "person": staff_make(store).user_id,
            "label": "收银台",
            "entry": entry.pk,
        },
        "sharers.SharerPlan": {"rate_bp": "5", "terms": "无"},
        "sharers.SkuRate": {"sku": sku.pk, "rate_bp": "5"},
        "risk.RiskPolicy": {},
        "guard.WechatRisk": {},
        "groupbuy.GroupCampaign": {
            "product": sku.product_id,
            "quota": "9",
            **span("starts_at", "ends_at"),
            "prices-TOTAL_FORMS": "1",
            "prices-0-sku": sku.pk,
            "prices-0-price_fen": "6.60",
        },
        "bargain.BargainCampaign": {
            "sku": sku.pk,
            "floor_fen": "1",
            "quota": "5",
            "helpers": "5",
            **span("starts_at", "ends_at"),
        },
        "coupons.CouponTemplate": {
            "name": "减五元",
            "off_fen": "5",
            "minimum_fen": "0",
            "scope": "category",
            "category": category.pk,
            "total": "9",
            "valid_days": "9",
            **span("take_from", "take_until"),
        },
        "reductions.Reduction": {
            "name": "满减",
            **span("starts_at", "ends_at"),
            "steps-TOTAL_FORMS": "1",
            "steps-0-threshold_fen": "99",
            "steps-0-off_fen": "9",
        },
        "flash.FlashCampaign": {
            "day": at(1)[0],
            "offers-TOTAL_FORMS": "1",
            "offers-0-sku": sku.pk,
            "offers-0-flash_fen": "1",
            "offers-0-quota": "5",
            "offers-0-per_person": "1",
        },
    }


def pages(word: str = "owner") -> dict[str, Any]:
    """The pages on which such a person may add a row, by model."""
    return {
        model._meta.label: model
        for model, page in admin.site._registry.items()
        if isinstance(page, StoreAdmin) and "add" in getattr(page, word)
    }


def test_a_merchant_adds_a_row_on_every_page():
    store = cast.store_open("枣园")
    wanted, client = typed(store), staff_client(store)
    assert set(wanted) == set(pages())
    for label, model in pages().items():
        before = set(model._base_manager.values_list("pk", flat=True))
        answer = fill(client, url(model, "add"), **wanted[label])
        assert answer.status_code == 302, f"{label}: {complaints(answer)}"
        (made,) = model._base_manager.exclude(pk__in=before)
        assert made.store_id == store.pk, label
        page = client.get(url(model, "change", made.pk))
        assert page.status_code == 200, label
        for inline in page.context["inline_admin_formsets"]:
            rows = [form.instance for form in inline.formset.initial_forms]
            assert {row.store_id for row in rows} <= {store.pk}, label


def test_every_picture_is_counted_and_decoded_by_the_same_field(monkeypatch):
    store = cast.store_open("枣园")
    client, found = staff_client(store), []
    monkeypatch.setattr(limits, "UPLOADS", 0)
    for label, model in {**pages(), "stores.Store": Store}.items():
        path = url(model, "add") if model is not Store else url(model, "change", store.pk)
        context = client.get(path).context
        forms = [("", context["adminform"].form)]
        for inline in context["inline_admin_formsets"]:
            forms.append((inline.formset.prefix, inline.formset.empty_form))
        for prefix, form in forms:
            for name in form.fields:
                if isinstance(form.fields[name], ImageField | PictureField):
                    found.append(f"{label} {prefix}{name}")
                    with pytest.raises(ValidationError, match="上传太频繁"):
                        form.fields[name].clean(upload(), None)
    assert found == [
        "catalog.Product photosimage",
        "community.GroupCode picture",
        "stores.Store logo",
        "stores.Store banner",
    ]


def test_what_belongs_to_another_store_is_no_choice():
    store, other = cast.store_open("枣园"), cast.store_open("陶坊")
    client, foreign = staff_client(store), typed(other)
    refused = 0
    for label, model in pages().items():
        links = {
            field.name
            for field in model._meta.get_fields()
            if field.is_relation and field.name in foreign[label]
        }
        inner = {name for name in foreign[label] if name.endswith("-sku")}
        for name in [*links, *inner]:
            own = typed(store)[label]
            answer = fill(client, url(model, "add"), **(own | {name: foreign[label][name]}))
            assert answer.status_code == 200, f"{label}.{name}"
            assert complaints(answer), f"{label}.{name}"
            refused += 1
    assert refused >= 10


def test_platform_staff_add_a_row_on_every_page_of_theirs():
    store = cast.store_open("枣园")
    client = Client()
    client.force_login(user_make(is_staff=True, is_superuser=True))
    wanted: dict[str, dict[str, Any]] = {
        "catalog.Product": {"title": "新枣", "store": store.pk},
        "stores.Store": {
            "name": "新店",
            "slug": "new",
            "owner": user_make(email="wang@example.cn").email,
            "logo": upload(),
        },
        "stores.StoreStaff": {"store": store.pk, "user": user_make().pk, "role": "clerk"},
        "payments.MerchantAccount": {
            "store": store.pk,
            "mchid": "1900000999",
            "appid": "wx00000000000000aa",
            "serial_no": "A" * 40,
            "public_key": public_pem("wechat"),
            "public_key_id": "PUB_KEY_ID_0123456789",
            "apiv3_key": "a" * 32,
            "private_key": private_pem("merchant"),
            "is_active": "",
        },
    }
    found = pages("platform")
    assert set(wanted) == set(found)
    for label, model in found.items():
        count = model._base_manager.count()
        answer = fill(client, url(model, "add"), **wanted[label])
        assert answer.status_code == 302, f"{label}: {complaints(answer)}"
        assert model._base_manager.count() == count + 1
