"""Where a parcel is: asked for when it is old, shown when nobody answers, never in the way."""

import hashlib
import json
from datetime import timedelta

import pytest
import requests

from core import clock
from orders.carriers import CarrierTrouble, tracker
from orders.carriers.kuaidi100 import Kuaidi100
from orders.models import ParcelTrack
from orders.services import parcel_track
from orders.tests.factories import person, shipped_make, sku_on_sale

pytestmark = pytest.mark.django_db
FAILED = object()


def said(data):
    """What the service answers to a form; the simulator is tested beside it."""
    text = data["param"] + "simulated" + "simulated"
    asked = json.loads(data["param"])
    right = hashlib.md5(text.encode()).hexdigest().upper() == data["sign"]
    told = len(asked["phone"]) == (4 if asked["com"] in {"shunfeng", "zhongtong"} else 0)
    if not right or not told or asked["num"].endswith("0000"):
        return {"result": False, "returnCode": "500", "message": "查询无结果"}
    rows = [{"time": f"2026-01-0{day} 09:30:00", "context": "正在派件"} for day in (3, 2, 1)]
    state = "3" if asked["num"].endswith("9999") else "0"
    return {"message": "ok", "status": "200", "state": state, "data": rows}


@pytest.fixture(autouse=True)
def service(settings, monkeypatch):
    """快递100, as its document describes it; `service.answer` replaces what it says."""
    settings.KUAIDI100_KEY = settings.KUAIDI100_CUSTOMER = "simulated"
    settings.KUAIDI100_URL = "http://carriers.test"

    class Service:
        answer = None
        asked = []

        def post(self, url, *, data, timeout, allow_redirects):
            assert url == "http://carriers.test/poll/query.do"
            assert sum(timeout) <= 3
            self.asked.append(data)
            if self.answer is FAILED:
                raise requests.ConnectTimeout("silent")
            told = requests.Response()
            told.status_code = 200
            told._content = self.answer or json.dumps(said(data)).encode()
            return told

    playing = Service()
    playing.asked = []
    monkeypatch.setattr("orders.carriers.kuaidi100.requests.post", playing.post)
    return playing


def ask(number="SF1234567890", carrier="sf", phone="13900000000", key="simulated"):
    service = Kuaidi100(url="http://carriers.test/", key=key, customer="simulated")
    return service.track(carrier=carrier, tracking_no=number, phone=phone)


def test_the_question_is_signed_as_the_protocol_wants(service):
    told = ask()
    sent = service.asked[0]
    text = sent["param"] + "simulated" + "simulated"
    assert sent["sign"] == hashlib.md5(text.encode()).hexdigest().upper()
    assert json.loads(sent["param"])["com"] == "shunfeng"
    assert (told.delivered, len(told.scans)) == (False, 3)
    assert "派件" in told.scans[0].text
    assert ask("SF00009999").delivered is True


@pytest.mark.parametrize(
    ("carrier", "told"), [("sf", "5678"), ("zto", "5678"), ("yto", ""), ("ems", ""), ("jd", "")]
)
def test_no_more_of_a_phone_is_told_than_the_carrier_has_to_know(service, carrier, told):
    ask(carrier=carrier, phone="13812345678")
    assert json.loads(service.asked[0]["param"])["phone"] == told
    assert "1381234" not in service.asked[0]["param"]


@pytest.mark.parametrize(
    "how",
    [
        {"key": "wrong"},
        {"number": "SF10000"},
        {"carrier": "other"},
        {"phone": ""},
    ],
)
def test_a_refusal_is_trouble(how):
    with pytest.raises(CarrierTrouble):
        ask(**how)


@pytest.mark.parametrize(
    "answer", [FAILED, b"<html>", b"[]", b'{"status":"200"}', b'{"status":"200","data":"x"}']
)
def test_nonsense_is_trouble(service, answer):
    service.answer = answer
    with pytest.raises(CarrierTrouble):
        ask()


def test_what_is_known_is_kept_until_it_is_old(service):
    parcel, now = shipped_make().shipments.get(), clock.now()
    for minutes in (0, 1, 29):
        track = parcel_track(shipment_id=parcel.pk, now=now + timedelta(minutes=minutes))
        assert (track.fetched_at, len(service.asked)) == (now, 1)
    later = now + timedelta(minutes=31)
    assert parcel_track(shipment_id=parcel.pk, now=later).fetched_at == later
    assert len(service.asked) == 2


def test_a_silent_carrier_leaves_what_was_known_and_is_not_asked_by_everybody(service):
    parcel, now = shipped_make().shipments.get(), clock.now()
    parcel_track(shipment_id=parcel.pk, now=now)
    service.answer = FAILED
    later = now + timedelta(hours=2)
    for _ in range(3):
        track = parcel_track(shipment_id=parcel.pk, now=later)
        assert (track.fetched_at, len(track.scans)) == (now, 3)
    assert len(service.asked) == 2


def test_a_delivered_parcel_is_not_asked_for_again(service):
    parcel, now = shipped_make().shipments.get(), clock.now()
    parcel_track(shipment_id=parcel.pk, now=now)
    ParcelTrack.objects.update(delivered=True)
    parcel_track(shipment_id=parcel.pk, now=now + timedelta(days=3))
    assert len(service.asked) == 1


def test_without_a_key_nobody_is_asked(settings, service):
    settings.KUAIDI100_KEY = ""
    assert tracker() is None
    parcel = shipped_make().shipments.get()
    assert parcel_track(shipment_id=parcel.pk, now=clock.now()) is None
    assert service.asked == []


def test_the_page_shows_the_way_or_where_to_look(client, service):
    who = person()
    order = shipped_make(sku_on_sale(), who=who)
    client.force_login(who.user)
    path = f"/orders/{order.public_id}/parcels/1/"
    assert path in client.get(f"/orders/{order.public_id}/").content.decode()
    service.answer = FAILED
    page = client.get(path).content.decode()
    assert f"用运单号 {order.shipments.get().tracking_no} 查询" in page
    service.answer = None
    ParcelTrack.objects.update(asked_at=clock.now() - timedelta(hours=1))
    page = client.get(path).content.decode()
    assert "正在派件" in page
    assert "更新于" in page


@pytest.mark.parametrize("number", [0, 2, 999])
def test_a_parcel_that_is_not_there_and_a_strangers(client, number, service):
    order = shipped_make()
    client.force_login(order.buyer)
    assert client.get(f"/orders/{order.public_id}/parcels/{number}/").status_code == 404
    client.force_login(person().user)
    assert client.get(f"/orders/{order.public_id}/parcels/1/").status_code == 404
    assert service.asked == []
