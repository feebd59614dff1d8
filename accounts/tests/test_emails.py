"""An address is whoever's opened its letter: a proof beats what somebody only typed."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from accounts.models import User, WechatIdentity
from accounts.queries import verified_email_of
from accounts.services import (
    EmailRefused,
    email_ask,
    email_confirm,
    people_sweep,
    person_claim,
)
from accounts.tests.factories import APPID, user_make
from core import clock
from stores.tests.factories import store_make

pytestmark = pytest.mark.django_db

FANG = "fang@example.com"


def typed(*, ago=timedelta(0)):
    """Somebody typed the address into the sign-in form, and never the code."""
    claim = person_claim(email=FANG, now=clock.now() - ago)
    EmailAddress.objects.create(user=claim, email=FANG, verified=False)
    return claim


def letter(user):
    """Ask for the letter; what it proves the address with."""
    email_ask(user_id=user.pk, email=FANG, confirm_url="https://shop.example/confirm/")
    return re.search(r"token=(\S+)", mail.outbox[-1].body)[1]


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(days=3)])
def test_an_address_that_was_only_typed_is_its_owners(ago):
    claim, owner = typed(ago=ago), user_make(nickname="王芳")
    assert email_confirm(user_id=owner.pk, token=letter(owner)) == FANG
    claim.refresh_from_db()
    owner.refresh_from_db()
    assert (claim.email, owner.email) == (None, FANG)
    assert verified_email_of(owner.pk) == FANG
    assert list(EmailAddress.objects.values_list("user_id", "verified")) == [(owner.pk, True)]
    people_sweep(now=clock.now() + timedelta(days=2))
    assert not User.objects.filter(pk=claim.pk).exists()


def signed_in(user):
    User.objects.filter(pk=user.pk).update(last_login=clock.now())


def hired(user):
    User.objects.filter(pk=user.pk).update(is_staff=True)


def owning(user):
    store_make().staff.create(user=user, role="owner")


def from_wechat(user):
    WechatIdentity.objects.create(user=user, appid=APPID, openid="o-fang")


def proved(user):
    EmailAddress.objects.filter(user=user).update(verified=True)


@pytest.mark.parametrize("becomes", [signed_in, hired, owning, from_wechat, proved])
def test_an_account_that_is_more_than_that_keeps_it(becomes):
    claim, other = typed(), user_make(nickname="别人")
    token = letter(other)
    becomes(claim)
    with pytest.raises(EmailRefused, match="已绑定另一个账号"):
        email_confirm(user_id=other.pk, token=token)
    with pytest.raises(EmailRefused, match="已绑定另一个账号"):
        letter(other)
    claim.refresh_from_db()
    other.refresh_from_db()
    assert (claim.email, other.email) == (FANG, None)
    assert EmailAddress.objects.get().user_id == claim.pk
    assert len(mail.outbox) == 1
