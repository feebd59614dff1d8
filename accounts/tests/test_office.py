"""Platform staff see what two accounts of one person hold, and write down what they decided."""

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import IdentityConflict, User
from accounts.queries import holdings_of, user_id_by_name
from accounts.services import holds_value
from accounts.tests.factories import user_make
from core import clock
from orders.tests.factories import buy, person, sku_on_sale
from tests.office import fill, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    client = Client()
    client.force_login(user_make(is_staff=True, is_superuser=True))
    return client


def test_what_each_account_holds_is_shown_and_the_decision_is_kept(office):
    alice, empty = person("小枣"), user_make(nickname="空号", is_active=False)
    buy(alice, sku_on_sale())
    conflict = IdentityConflict.objects.create(kept=alice.user, other=empty, found_at=clock.now())
    page = url(IdentityConflict, "change", conflict.pk)
    text = office.get(page).content.decode()
    assert "小枣" in text
    assert "订单 1" in text
    assert "已停用" in text
    assert "系统不会合并账号" in text
    assert f"取消“{User._meta.get_field('is_active').verbose_name}”" in text
    fill(office, page, note="")
    conflict.refresh_from_db()
    assert conflict.resolved_at is None
    fill(office, page, note="同一个人，以后用小枣这个号")
    conflict.refresh_from_db()
    decided = conflict.resolved_at
    assert decided is not None
    fill(office, page, note="同一个人，已通知")
    conflict.refresh_from_db()
    assert (conflict.resolved_at, conflict.note) == (decided, "同一个人，已通知")


def test_what_is_held_is_what_is_of_value():
    alice, empty = person(), user_make()
    buy(alice, sku_on_sale())
    assert holdings_of(alice.user)["订单"] == 1
    assert holdings_of(empty) == {}
    assert (holds_value(alice.user), holds_value(empty)) == (True, False)


def test_nobody_is_found_by_nothing_or_when_their_account_is_closed():
    user_make(email=None)
    closed = user_make(email="a@example.cn", is_active=False)
    assert user_id_by_name("") is None
    assert user_id_by_name("  ") is None
    assert user_id_by_name("a@example.cn") is None
    assert user_id_by_name(closed.public_id) is None


def test_the_platforms_first_account_is_made_as_the_docs_say(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "Zao-yuan-7391")
    call_command("createsuperuser", interactive=False, email="Boss@Shop.example", verbosity=0)
    boss = User.objects.get(email="boss@shop.example")
    assert boss.check_password("Zao-yuan-7391")
    client = Client()
    client.force_login(boss)
    assert client.get("/office/").status_code == 200
