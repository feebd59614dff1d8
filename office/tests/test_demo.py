"""The demo stores: believable, complete, safe to load twice."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings

from accounts.models import User
from campaigns.bargain.models import BargainCampaign
from campaigns.flash.models import FlashOffer
from campaigns.groupbuy.models import GroupCampaign
from catalog.models import Product, Sku
from community.models import CounterCode, GroupCode, GroupEntry
from core import clock
from office.demo.load import HERE, demo_load, goods
from stores.models import Store
from tests import cast

pytestmark = pytest.mark.django_db

MODELS = (Store, Product, Sku, GroupCampaign, User, GroupEntry, GroupCode, CounterCode)
PICTURE_MAX, PICTURES_MAX = 90 * 1024, 3_500_000


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """Loaded once, because that takes seconds; what a test does to it is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=str(tmp_path_factory.mktemp("demo"))):
            yield demo_load(now=clock.now())
        transaction.set_rollback(True)


@pytest.fixture
def loaded(demo, db):
    return demo


def counts():
    return [model.objects.count() for model in MODELS]


def test_twice_is_once(loaded):
    before = counts()
    assert demo_load(now=clock.now()) == []
    assert counts() == before


def test_every_product_can_be_bought(loaded):
    for product in Product.objects.all():
        assert product.state == "on_sale", product
        assert product.photos.exists(), product
        assert product.category_id, product
        assert len(product.description) > 30, product
        for sku in product.skus.all():
            assert sku.on_hand > 0, sku
            assert sku.price_fen >= 1000, sku
    assert 24 <= Product.objects.count() <= 40
    assert cast.broken() == []


def test_each_store_has_coupons_and_a_full_reduction(client, loaded):
    for store in Store.objects.all():
        assert "满 ¥" in client.get(f"/store/{store.slug}/coupons/").content.decode()
        product = store.products.first()
        assert "满减" in client.get(f"/p/{product.public_id}/").content.decode()


def test_bargains_are_open_and_have_the_goods_they_promise(client, loaded):
    campaigns = BargainCampaign.objects.select_related("sku__product")
    assert campaigns.count() == 2
    for campaign in campaigns:
        assert campaign.state == "published"
        assert campaign.quota <= campaign.sku.on_hand
        text = client.get(f"/p/{campaign.sku.product.public_id}/").content.decode()
        assert "发起砍价" in text


def test_flash_sales_run_today_and_tomorrow_and_have_their_goods(client, loaded):
    offers = FlashOffer.objects.select_related("campaign", "sku").order_by("campaign__starts_at")
    assert [offer.campaign.state for offer in offers] == ["published", "published"]
    assert all(offer.quota <= offer.sku.on_hand for offer in offers)
    text = client.get("/flash/").content.decode()
    assert "抢购中" in text
    assert "即将开始" in text
    assert "已抢 0 / 40 件" in text


def test_a_chat_group_can_be_joined_and_a_counter_code_scanned(client, loaded):
    entry, counter = GroupEntry.objects.get(), CounterCode.objects.get()
    assert "长按图片" in client.get(f"/q/{entry.public_id}/code/").content.decode()
    assert client.get(counter.link.path).status_code == 200
    assert counter.person.email == "li@zaoyuan.example"


def test_groups_are_cheaper_and_never_begun_by_nobody(loaded):
    campaigns = GroupCampaign.objects.all()
    assert campaigns.count() >= 8
    for campaign in campaigns:
        assert campaign.state == "published"
        assert not campaign.groups.exists()
        for price in campaign.prices.select_related("sku"):
            assert price.price_fen < price.sku.price_fen


def test_each_store_has_its_own_people_and_passwords(loaded):
    assert {login.email for login in loaded} >= {
        "admin@xiaodian.example",
        "wang@zaoyuan.example",
        "chen@taofang.example",
    }
    assert len({login.password for login in loaded}) == len(loaded)
    for login in loaded:
        user = User.objects.get(email=login.email)
        assert user.check_password(login.password)
        assert user.is_staff


def test_pictures_are_small_and_all_there():
    named = {name for store in goods() for p in store["products"] for name in p["pictures"]}
    files = {path.stem: path.stat().st_size for path in (HERE / "pictures").glob("*.webp")}
    assert named <= set(files)
    assert max(files.values()) <= PICTURE_MAX
    assert sum(files.values()) <= PICTURES_MAX


def test_licences_say_that_they_are_a_demonstration(loaded):
    for store in Store.objects.all():
        assert store.company.startswith("演示")
        assert store.licence_no.startswith("演示")


def test_production_refuses(monkeypatch):
    loads = []
    monkeypatch.setattr("office.management.commands.demo_load.PRODUCTION", True)
    monkeypatch.setattr("office.management.commands.demo_load.demo_load", loads.append)
    with pytest.raises(CommandError, match="production"):
        call_command("demo_load", stdout=StringIO())
    assert loads == []


def test_without_a_simulator_the_command_says_so(loaded, settings):
    settings.SIMULATOR_URL = "http://127.0.0.1:1"
    with pytest.raises(CommandError, match="simulator"):
        call_command("demo_load", stdout=StringIO())
    assert Store.objects.count() == 2
