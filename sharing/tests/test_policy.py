"""What a strict shop asks of its readers inside WeChat: nothing that WeChat's rules would object to."""

import pytest

from accounts.tests.factories import user_make
from campaigns.groupbuy.posters import GroupPoster
from campaigns.groupbuy.tests.factories import campaign_make
from sharing.models import ShareLink
from sharing.pages import ShareTarget, poster_sign, ticket_sign
from stores.tests.factories import store_make
from tests import cast

pytestmark = pytest.mark.django_db

WECHAT = {"user-agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.49"}
WECOM = {"user-agent": "Mozilla/5.0 wxwork/4.1 MicroMessenger/7.0.1"}


@pytest.fixture(autouse=True)
def strict(settings):
    settings.WECHAT_SHARE_POLICY = "strict"


def card_of(client, path, headers=WECHAT):
    page = client.get(path, headers=headers)
    return page.context["card"], page.content.decode()


def test_no_page_points_at_wechats_menu(client, settings):
    sku = cast.sku_on_sale()
    for path in (f"/p/{sku.product.public_id}/mine/", f"/store/{sku.store.slug}/mine/"):
        card, text = card_of(client, path)
        assert not card.prompt and "data-share-hint" not in text
        assert card.copies and card.channels == "friend moments"
    settings.WECHAT_SHARE_POLICY = "open"
    card, text = card_of(client, f"/p/{sku.product.public_id}/mine/")
    assert card.prompt and "data-share-hint" in text


def test_goods_with_a_running_group_buy_ask_for_nothing(client):
    _campaign, sku = campaign_make()
    path = f"/p/{sku.product.public_id}/mine/"
    card, text = card_of(client, path)
    assert (card.channels, card.prompt, card.copies, card.poster) == ("friend", False, False, "")
    assert '<form method="post" action="/share/" hidden>' in text
    for headers in (WECOM, {}):
        card, _text = card_of(client, path, headers)
        assert (card.channels, card.copies, bool(card.poster)) == ("friend moments", True, True)


def tickets(*, watched):
    target = ShareTarget("group", "grp_1", store_make().pk, "/g/grp_1/", watched)
    about = GroupPoster(
        price_fen=3990,
        has_more=False,
        alone_fen=5900,
        size=3,
        left=1,
        missing=1,
        ends_at="2026-11-29T12:30:00+00:00",
    )
    return ticket_sign(target), poster_sign(target, "团", "", about)


@pytest.mark.parametrize(
    ("watched", "headers", "allowed"),
    [(True, WECHAT, False), (True, WECOM, True), (False, WECHAT, True)],
)
def test_what_the_card_does_not_offer_is_not_to_be_had_by_asking(
    client, monkeypatch, watched, headers, allowed
):
    monkeypatch.setattr("sharing.tasks.poster_keep.apply_async", lambda *_a, **_k: None)
    client.force_login(user_make())
    ticket, poster = tickets(watched=watched)
    status = 200 if allowed else 403
    asked = {"ticket": ticket, "channel": "moments"}
    assert client.post("/share/", asked, headers=headers).status_code == status
    assert client.get("/share/poster/", {"t": poster}, headers=headers).status_code == status
    made = set(ShareLink.objects.values_list("channel", flat=True))
    assert made == ({"moments", "poster"} if allowed else set())
    # A card in a chat is nobody's prompt.
    friend = {"ticket": ticket, "channel": "friend"}
    assert client.post("/share/", friend, headers=headers).status_code == 200


@pytest.mark.parametrize("channel", ["friend", "moments", "copy", "wecom"])
def test_a_share_button_makes_a_link_of_its_channel(client, channel):
    user = user_make()
    client.force_login(user)
    ticket, _poster = tickets(watched=False)
    asked = {"ticket": ticket, "channel": channel}
    answer = client.post("/share/", asked, headers={"accept": "application/json"})
    link = ShareLink.objects.get()
    assert (link.sharer, link.channel) == (user, channel)
    assert answer.json()["link"].endswith(f"/g/grp_1/?s={link.token}")


@pytest.mark.parametrize("channel", ["poster", "paper", "showcase", "notice", "x"])
def test_a_share_button_makes_no_link_of_another_channel(client, channel):
    client.force_login(user_make())
    ticket, _poster = tickets(watched=False)
    assert client.post("/share/", {"ticket": ticket, "channel": channel}).status_code == 400
    assert not ShareLink.objects.exists()
