"""The office's form of a merchant account: what is pasted wrong is said, and can be mended."""

import pytest

from accounts.models import User
from payments.gateway import gateway_for
from payments.models import MerchantAccount
from payments.tests.factories import merchant_account_make
from stores.tests.factories import store_make
from wechat.domains import domains_forget
from wechat.tests.factories import domain_make

pytestmark = pytest.mark.django_db

ADD = "/office/payments/merchantaccount/add/"
SECRETS = ("apiv3_key", "private_key")


@pytest.fixture(autouse=True)
def nothing_kept():
    yield
    domains_forget()


@pytest.fixture
def office(client):
    client.force_login(User.objects.create_superuser(email="root@example.com", password="x"))
    return client


@pytest.fixture
def good():
    """What WeChat Pay gave a merchant, as somebody pastes it."""
    account = merchant_account_make()
    names = ("mchid", "appid", "serial_no", "public_key", "public_key_id", *SECRETS)
    form = {name: getattr(account, name) for name in names}
    account.delete()
    form["apiv3_key"] = "never-shown-again-0123456789abcd"
    return form | {"store": store_make().pk, "sp_mchid": "", "is_active": "on"}


def errors(answer):
    return set(answer.context["adminform"].form.errors)


def test_a_good_form_makes_an_account_that_works(office, good):
    assert office.post(ADD, good).status_code == 302
    account = MerchantAccount.objects.get()
    assert account.private_key.strip() == good["private_key"].strip()
    assert gateway_for(account) is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("private_key", "-----BEGIN PRIVATE KEY-----\nMIIE"),
        ("public_key", "nothing"),
        ("apiv3_key", "short"),
        ("serial_no", "not hex"),
        ("appid", "gh_1"),
        ("mchid", "12"),
        ("sp_mchid", "abc"),
    ],
)
def test_what_is_pasted_wrong_is_said_beside_its_field(office, good, field, value):
    answer = office.post(ADD, good | {field: value})
    assert errors(answer) == {field}
    assert not MerchantAccount.objects.exists()


def test_keys_are_rotated_and_what_is_left_empty_stays(office, good):
    office.post(ADD, good)
    account = MerchantAccount.objects.get()
    page = f"/office/payments/merchantaccount/{account.pk}/change/"
    shown = office.get(page).content.decode()
    assert all(good[name].strip()[:60] not in shown for name in SECRETS)
    keep = {**good, "apiv3_key": "", "private_key": "", "serial_no": "AB" * 20}
    assert office.post(page, keep).status_code == 302
    account.refresh_from_db()
    assert (account.serial_no, account.apiv3_key) == ("AB" * 20, good["apiv3_key"])
    assert (
        office.post(page, {**keep, "apiv3_key": "another-key-0123456789-abcdefghi"}).status_code
        == 302
    )
    account.refresh_from_db()
    assert account.apiv3_key == "another-key-0123456789-abcdefghi"
    assert account.private_key.strip() == good["private_key"].strip()


def test_a_wrong_new_key_changes_nothing(office, good):
    office.post(ADD, good)
    account = MerchantAccount.objects.get()
    page = f"/office/payments/merchantaccount/{account.pk}/change/"
    answer = office.post(page, {**good, "apiv3_key": "", "private_key": "garbage"})
    assert errors(answer) == {"private_key"}
    account.refresh_from_db()
    assert account.private_key.strip() == good["private_key"].strip()


def test_what_payments_were_made_under_stays(office, good):
    office.post(ADD, good)
    account = MerchantAccount.objects.get()
    page = f"/office/payments/merchantaccount/{account.pk}/change/"
    office.post(page, {**good, "mchid": "1999999999", "appid": "wx" + "f" * 16})
    account.refresh_from_db()
    assert (account.mchid, account.appid) == (good["mchid"], good["appid"])


@pytest.mark.parametrize("whose", ["ours", "a_stores", "nobodys"])
def test_an_account_that_nobody_can_sign_in_with_is_said(office, good, settings, whose):
    """Inside WeChat its buyers could only scan: WeChat tells us nobody's openid there."""
    if whose == "ours":
        settings.WECHAT_APPID = good["appid"]
    else:
        settings.WECHAT_APPID = "wx00000000000000ff"
    if whose == "a_stores":
        domain_make("dates.example", is_pool=False, appid=good["appid"], secret="t" * 32)
    text = office.post(ADD, good, follow=True).content.decode()
    assert ("买家在微信里只能扫码付款" in text) is (whose == "nobodys")
    assert MerchantAccount.objects.count() == 1
