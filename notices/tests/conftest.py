import pytest
from django.core.cache import cache

from notices.tests.answers import Wechat
from notices.tests.factories import delivery_of, notice_make, openid_give
from tests import cast


@pytest.fixture
def wechat(monkeypatch):
    """What is sent to WeChat is heard by a stand-in."""
    cache.clear()
    heard = Wechat()
    monkeypatch.setattr(
        "notices.channels.template_send", lambda **asked: heard.answer("template", asked)
    )
    monkeypatch.setattr(
        "notices.channels.subscription_send", lambda **asked: heard.answer("subscription", asked)
    )
    return heard


@pytest.fixture
def alice():
    who = cast.person()
    openid_give(who)
    return who


@pytest.fixture
def delivery(alice):
    return delivery_of(notice_make(alice.id))
