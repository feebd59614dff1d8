"""The pages of a bargain: launched, shown, helped with one tap, bought, checked."""

import re

import pytest
from django.core.management import call_command

from campaigns.bargain.models import Bargain, BargainCampaign, Help
from campaigns.bargain.schedule import commitment_of
from campaigns.bargain.tests.factories import campaign_make, give, launch, overdue
from campaigns.bargain.tests.pages import HTMX, WECHAT, page, path_of, text_of
from core.idempotency import form_key_new
from core.public_pages import public_pages_forget
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)


def told(bargain):
    bargain.refresh_from_db()
    return bargain.state, bargain.helps


def end(bargain):
    from campaigns.bargain.services import bargain_expire
    from core import clock

    overdue(bargain)
    bargain_expire(bargain_id=bargain.pk, now=clock.now())


def test_the_public_page_in_few_queries_with_nothing_personal(
    client, bargain, django_assert_max_num_queries
):
    for _ in range(2):
        give(bargain)
    with django_assert_max_num_queries(8):
        answer = client.get(path_of(bargain))
    text = text_of(answer)
    assert answer["Cache-Control"].startswith("public")
    assert "再有 2 人到底价" in text
    assert "2 / 4 人帮砍" in text
    assert text.count("砍掉 <b>¥") == 2
    assert bargain.commitment in text
    assert "必到底价 ¥39.00" in text
    assert "匿名" in text
    assert "李梅" not in text
    assert "<form" not in text
    assert "csrfmiddlewaretoken" not in text


def test_more_helps_cost_no_more_queries(client, bargain, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    give(bargain)
    with CaptureQueriesContext(connection) as one:
        page(client, path_of(bargain))
    give(bargain)
    give(bargain)
    public_pages_forget()
    with django_assert_num_queries(len(one)):
        client.get(path_of(bargain))


@pytest.mark.parametrize("end_", ["", "mine/", "help/", "verify/"])
def test_no_such_bargain(client, end_):
    assert client.get(f"/b/brg_nobody/{end_}").status_code == 404


def test_the_product_page_offers_it_and_a_draft_is_no_offer(client):
    campaign = campaign_make()
    product = f"/p/{campaign.sku.product.public_id}/"
    text = page(client, product)
    assert "满 4 人帮砍必到 ¥39.00" in text
    assert f"/bargains/{campaign.public_id}/" in text
    draft = campaign_make(publish=False)
    assert "/bargains/" not in page(client, f"/p/{draft.sku.product.public_id}/")
    assert client.get(f"/bargains/{draft.public_id}/").status_code == 404
    BargainCampaign.objects.filter(pk=campaign.pk).update(quota_used=100)
    assert "/bargains/" not in page(client, product)


def test_launching_needs_a_sign_in_and_one_button(client, alice):
    campaign = campaign_make()
    path = f"/bargains/{campaign.public_id}/"
    assert client.get(path)["Location"] == f"/sign-in/?next={path}"
    client.force_login(alice.user)
    text = page(client, path)
    assert "满 4 人帮砍，必到底价 ¥39.00" in text
    key = re.search(r'name="form_key" value="(\w+)"', text)[1]
    first = client.post(path, {"form_key": key})
    made = Bargain.objects.get()
    assert first["Location"] == path_of(made)
    assert client.post(path, {"form_key": key})["Location"] == path_of(made)
    refused = client.post(path, {"form_key": form_key_new()})
    assert refused.status_code == 409
    assert path_of(made) in text_of(refused)
    assert "已经有一个进行中的砍价" in page(client, path)
    assert path_of(made) in page(client, "/bargains/")
    assert Bargain.objects.count() == 1


def test_a_launcher_is_shown_by_consent_alone(client, alice):
    campaign = campaign_make()
    client.force_login(alice.user)
    client.post(
        f"/bargains/{campaign.public_id}/", {"form_key": form_key_new(), "shows_profile": "on"}
    )
    assert "李*" in page(client, path_of(Bargain.objects.get()))


def test_one_tap_helps(client, bargain):
    bob = cast.person("王强")
    client.force_login(bob.user)
    fragment = page(client, path_of(bargain, "mine/"), headers=HTMX)
    assert f'action="{path_of(bargain, "help/")}"' in fragment
    visible = re.findall(r'<input (?!type="hidden")', fragment)
    assert visible == []
    answer = client.post(path_of(bargain, "help/"), headers=HTMX)
    given = Help.objects.get()
    text = text_of(answer)
    assert (given.user_id, told(bargain)) == (bob.id, ("running", 1))
    assert "帮砍成功" in text
    assert 'id="progress" hx-swap-oob="true"' in text
    assert "再有 3 人到底价" in text
    again = client.post(path_of(bargain, "help/"), headers=HTMX)
    assert (again.status_code, told(bargain)) == (200, ("running", 1))
    assert "你已经帮砍过了" in text_of(again)


def test_one_tap_helps_without_a_script(client, bargain):
    client.force_login(cast.person().user)
    path = path_of(bargain, "help/")
    assert "帮砍一刀</button>" in page(client, path)
    assert told(bargain) == ("running", 0)
    answer = client.post(path, follow=True)
    assert "帮砍成功" in text_of(answer)
    assert told(bargain) == ("running", 1)


def test_a_guests_tap_counts_when_they_have_signed_in(client, bargain):
    path = path_of(bargain, "help/")
    assert "帮砍一刀</button>" in page(client, path)
    answer = client.post(path)
    assert answer["Location"] == f"/sign-in/?next=%2Fb%2F{bargain.public_id}%2Fhelp%2F"
    assert client.post(path, headers=HTMX)["HX-Redirect"] == answer["Location"]
    assert told(bargain) == ("running", 0)
    client.force_login(cast.person().user)
    client.head(path)
    assert told(bargain) == ("running", 0)
    assert "帮砍成功" in text_of(client.get(path, follow=True))
    assert told(bargain) == ("running", 1)
    page(client, path)
    assert told(bargain) == ("running", 1)


def test_looking_helps_nobody(client, bargain):
    other = launch(campaign_make(), cast.person())
    client.post(path_of(other, "help/"))
    client.force_login(cast.person().user)
    page(client, path_of(bargain, "help/"))
    assert (told(bargain), told(other)) == (("running", 0), ("running", 0))


def test_a_help_needs_its_own_token(bargain):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.person().user)
    assert strict.post(path_of(bargain, "help/")).status_code == 403
    assert told(bargain) == ("running", 0)


def test_the_launcher_is_offered_the_price_and_not_the_tap(client, bargain, alice):
    client.force_login(alice.user)
    text = page(client, path_of(bargain, "mine/"), headers=HTMX)
    assert path_of(bargain, "buy/") in text
    assert "help-form" not in text
    answer = client.post(path_of(bargain, "help/"), headers=HTMX)
    assert "自己的砍价要朋友来帮" in text_of(answer)
    assert told(bargain) == ("running", 0)


def test_a_helper_shows_up_and_hides_again(client, bargain):
    client.force_login(cast.person("王强").user)
    client.post(path_of(bargain, "help/"), headers=HTMX)
    assert "王*" not in page(client, path_of(bargain))
    shown = client.post(path_of(bargain, "show/"), {"shows_profile": "on"}, headers=HTMX)
    assert "你的头像和“王*”" in text_of(shown)
    assert "王*" in page(client, path_of(bargain))
    client.post(path_of(bargain, "show/"))
    assert "王*" not in page(client, path_of(bargain))


def test_a_late_tap_is_told_so(client, bargain):
    end(bargain)
    client.force_login(cast.person().user)
    assert "来晚了" in text_of(client.post(path_of(bargain, "help/"), follow=True))
    assert "这个砍价已过期" in page(client, path_of(bargain))


def test_inside_wechat_a_strict_store_shows_price_and_purchase_only(
    client, bargain, alice, settings
):
    settings.WECHAT_SHARE_POLICY = "strict"
    path = path_of(bargain, "mine/")
    inside = page(client, path, headers={**WECHAT, **HTMX})
    assert "help-form" not in inside
    assert "用浏览器打开本页" in inside
    assert 'data-share-channels="friend"' in inside
    assert "data-share-hint" not in inside
    assert re.search(r'<form method="post" action="/share/" hidden>', inside)
    assert "help-form" in page(client, path, headers=HTMX)
    client.force_login(cast.person().user)
    answer = client.post(path_of(bargain, "help/"), headers={**WECHAT, **HTMX})
    assert "微信里不能发起或帮砍" in text_of(answer)
    assert told(bargain) == ("running", 0)
    client.force_login(alice.user)
    assert path_of(bargain, "buy/") in page(client, path, headers={**WECHAT, **HTMX})
    BargainCampaign.objects.update(wechat_risk_accepted=True)
    client.force_login(cast.person().user)
    client.post(path_of(bargain, "help/"), headers=WECHAT)
    assert told(bargain) == ("running", 1)
    # The store has taken the risk: what may be shared outside may be shared here, without an overlay.
    brave = page(client, path, headers={**WECHAT, **HTMX})
    assert 'data-share-channels="friend moments"' in brave
    assert '<form method="post" action="/share/">' in brave
    assert "data-share-hint" not in brave


ASKING = ("人到底价", "人帮砍", "必到", "发起砍价", "砍掉")


def test_inside_wechat_a_strict_stores_list_does_not_count_helps(client, bargain, alice, settings):
    settings.WECHAT_SHARE_POLICY = "strict"
    give(bargain)
    client.force_login(alice.user)
    inside = page(client, "/bargains/", headers=WECHAT)
    assert path_of(bargain) in inside
    assert "人帮砍" not in inside
    assert "1 / 4 人帮砍" in page(client, "/bargains/")
    BargainCampaign.objects.update(wechat_risk_accepted=True)
    assert "1 / 4 人帮砍" in page(client, "/bargains/", headers=WECHAT)


def test_what_a_strict_stores_public_pages_say_is_fit_for_wechat(client, bargain, alice, settings):
    settings.WECHAT_SHARE_POLICY = "strict"
    give(bargain)
    public = page(client, path_of(bargain))
    inside = page(client, path_of(bargain, "mine/"), headers={**WECHAT, **HTMX})
    assert [words for words in ASKING if words in public + inside] == []
    bargain.refresh_from_db()
    assert f"{bargain.price_fen // 100}<small>" in public
    outside = page(client, path_of(bargain, "mine/"), headers=HTMX)
    assert "再有 3 人到底价" in outside
    assert outside.count('hx-swap-oob="true"') == 4
    BargainCampaign.objects.update(wechat_risk_accepted=True)
    assert "再有 3 人到底价" in page(client, path_of(bargain))


def test_a_strict_store_offers_bargains_outside_wechat_only(client, alice, settings):
    settings.WECHAT_SHARE_POLICY = "strict"
    campaign = campaign_make()
    product = f"/p/{campaign.sku.product.public_id}/"
    launching = f"/bargains/{campaign.public_id}/"
    assert launching not in page(client, product)
    assert launching not in page(client, product + "mine/", headers=WECHAT)
    assert launching in page(client, product + "mine/")
    client.force_login(alice.user)
    for answer in (
        client.get(launching, headers=WECHAT),
        client.post(launching, {"form_key": form_key_new()}, headers=WECHAT),
    ):
        assert answer.status_code == 409
        assert "用浏览器打开本页" in text_of(answer)
        assert [words for words in ASKING[:3] if words in text_of(answer)] == []
    assert not Bargain.objects.exists()
    client.post(launching, {"form_key": form_key_new()})
    assert Bargain.objects.count() == 1
    BargainCampaign.objects.update(wechat_risk_accepted=True)
    assert launching in page(client, product)
    assert launching not in page(client, product + "mine/")


def secrets_of(bargain):
    """What must not be read anywhere before the end."""
    return [bargain.schedule.nonce, bargain.sealed[:60]]


def test_the_schedule_stays_sealed_until_the_end_and_is_shown_then(
    client, bargain, alice, admin_client
):
    from django.utils.html import escape

    give(bargain)
    client.force_login(alice.user)
    office = f"/office/bargain/bargain/{bargain.pk}/change/"
    places = [(client, path_of(bargain, end_)) for end_ in ("", "mine/", "help/", "verify/")]
    for browser, path in [*places, (admin_client, office)]:
        text = page(browser, path)
        assert not any(secret in text or escape(secret) in text for secret in secrets_of(bargain))
    end(bargain)
    text = page(client, path_of(bargain, "verify/"))
    assert escape(bargain.sealed) in text
    assert f'data-commitment="{bargain.commitment}"' in text
    assert 'data-newcomers="1" data-weight="3"' in text
    assert text.count("data-help ") == 1
    assert commitment_of(bargain.sealed) == bargain.commitment


def test_the_command_verifies_and_keeps_the_seal(bargain, capsys):
    give(bargain)
    call_command("bargain_verify", bargain.public_id)
    told_ = capsys.readouterr().out
    assert "1 of 4 helps, 0 faults" in told_
    assert bargain.schedule.nonce not in told_
    end(bargain)
    call_command("bargain_verify", bargain.public_id)
    assert bargain.schedule.nonce in capsys.readouterr().out
    Help.objects.update(cut_fen=1)
    with pytest.raises(SystemExit):
        call_command("bargain_verify", bargain.public_id)
    assert "UNFAIR help 1 cut 1" in capsys.readouterr().out


def test_a_shared_bargain_notes_the_visit(client, bargain, alice):
    client.force_login(alice.user)
    text = page(client, path_of(bargain, "mine/"), headers=HTMX)
    ticket = re.search(r'data-share-ticket="([^"]+)"', text)[1]
    answer = client.post(
        "/share/", {"ticket": ticket, "channel": "friend"}, headers={"accept": "application/json"}
    )
    assert re.fullmatch(rf".*/b/{bargain.public_id}/\?s=\w{{12}}", answer.json()["link"])


def test_robots_stay_away_from_bargains(client):
    assert "Disallow: /b/\n" in page(client, "/robots.txt")
