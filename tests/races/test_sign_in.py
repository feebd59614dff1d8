"""A newcomer who comes twice at once is one person."""

import pytest

from accounts.models import User, WechatIdentity
from accounts.services import identities, person_from_wechat
from core import clock
from tests.races.threads import kinds, many, together
from wechat.services import OAuthPerson

pytestmark = pytest.mark.django_db(transaction=True)

APPIDS = ["wx0000000000000001", "wx0000000000000002"]


def come(appid, unionid="", openid=""):
    """Somebody authorises at an appid; the id of their account."""
    person = OAuthPerson(
        openid=openid or f"o-{appid}",
        unionid=unionid,
        nickname="",
        avatar="",
        scope="snsapi_base",
        is_snapshot=False,
    )
    signed_in = person_from_wechat(
        person=person, appid=appid, current_user_id=None, now=clock.now()
    )
    return signed_in.user.pk


def test_eight_requests_of_one_newcomer_make_one_account():
    assert len(set(many(lambda _: come(APPIDS[0]), 8))) == 1
    assert (User.objects.count(), WechatIdentity.objects.count()) == (1, 1)


def test_a_newcomer_at_two_appids_at_once_is_one_account():
    """Their openids differ; the unionid says that they are one person."""
    told = many(lambda n: come(APPIDS[n % 2], unionid="u-alice"), 8)
    assert len(set(told)) == 1
    assert (User.objects.count(), WechatIdentity.objects.count()) == (1, 2)


def test_different_newcomers_do_not_wait_for_one_another_in_vain():
    told = many(lambda n: come(APPIDS[0], openid=f"o-{n}"), 8)
    assert kinds(told) == {"ok": 8}
    assert len(set(told)) == User.objects.count() == 8


def test_without_the_lock_every_request_makes_an_account(monkeypatch):
    """Control: there is no row yet that could be locked, so everybody finds nobody."""
    monkeypatch.setattr(identities, "identities_lock", lambda _names: None)
    monkeypatch.setattr(identities, "_claims", together(identities._claims, 4))
    many(lambda n: come(APPIDS[0], openid=f"o-{n % 2}", unionid="u-alice"), 4)
    assert User.objects.count() > 1
