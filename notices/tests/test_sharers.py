"""Who wants to share a store's goods: its staff hear of it, and they of the answer."""

import pytest

from core import clock
from notices.kinds import Kind
from notices.models import Notice, NoticeDelivery
from orders.tests.factories import deliver
from sharers.services import sharer_approve, sharer_decline, sharer_leave, sharer_stop
from sharers.tests.factories import plan_make, sharer_make
from stores.tests.factories import staff_make
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store():
    return cast.store_open("枣园")


@pytest.fixture
def who():
    return cast.person("张姐")


def told(user_id, *, for_staff=False):
    deliver()
    rows = Notice.objects.filter(user_id=user_id, for_staff=for_staff)
    return list(rows.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def asked(store, who):
    plan_make(store, takes_everybody=False)
    return sharer_make(store, who, approved=False)


def test_staff_hear_of_an_application_and_are_led_to_those_that_wait(client, store, asked, who):
    owner = staff_make(store).user
    other = staff_make(cast.store_open("陶坊")).user
    assert told(owner.pk, for_staff=True) == [Kind.STAFF_SHARER_APPLIED]
    assert told(other.pk, for_staff=True) == told(who.id) == []
    notice = Notice.objects.get()
    assert asked.name in notice.body
    client.force_login(owner)
    page = client.get(f"/messages/{notice.public_id}/", follow=True)
    assert page.redirect_chain[-1][0] == "/office/sharers/sharer/?state__exact=applied"
    assert asked.name in page.content.decode()


@pytest.mark.parametrize(
    ("decide", "kind", "words"),
    [
        (sharer_approve, Kind.SHARER_APPROVED, "枣园 通过了"),
        (sharer_decline, Kind.SHARER_DECLINED, "枣园 没有通过"),
    ],
)
def test_the_applicant_hears_of_the_answer(asked, who, decide, kind, words):
    staff_make(asked.store)
    assert told(who.id) == []
    assert decide(sharer_id=asked.pk, now=clock.now())
    assert not decide(sharer_id=asked.pk, now=clock.now())
    assert told(who.id) == [kind]
    notice = Notice.objects.get(kind=kind)
    assert words in notice.body
    assert notice.path == f"/store/{asked.store.slug}/sharer/"
    assert NoticeDelivery.objects.filter(notice=notice).exists()  # beyond the inbox as well


def test_what_was_decided_before_anybody_was_told_is_no_news_for_the_staff(asked, who):
    owner = staff_make(asked.store).user
    sharer_approve(sharer_id=asked.pk, now=clock.now())
    assert told(owner.pk, for_staff=True) == []


def test_whoever_is_taken_back_hears_of_it_again(asked, who):
    sharer_approve(sharer_id=asked.pk, now=clock.now())
    assert told(who.id) == [Kind.SHARER_APPROVED]
    sharer_stop(sharer_id=asked.pk, now=clock.now())
    sharer_approve(sharer_id=asked.pk, now=clock.now())
    assert told(who.id) == [Kind.SHARER_APPROVED] * 2


def test_a_plan_that_takes_everybody_tells_nobody(store, who):
    owner = staff_make(store).user
    plan_make(store)
    assert sharer_make(store, who, approved=False).state == "active"
    assert told(owner.pk, for_staff=True) == told(who.id) == []


@pytest.mark.parametrize("end", ["stop", "leave"])
def test_whoever_gives_it_up_is_not_told_that_they_were_declined(asked, who, end):
    if end == "stop":
        assert sharer_stop(sharer_id=asked.pk, now=clock.now())
    else:
        sharer_leave(person_id=who.id, now=clock.now())
    assert told(who.id) == []
