"""What a merchant pastes is checked before it is kept; incidents are explained once."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from core import clock
from payments.gateway import gateway_for
from payments.models import PaymentIncident
from payments.queries import open_incident_count, open_incidents
from payments.services import incident_explain, merchant_account_check
from payments.services.incidents import incident_record
from payments.simulated import merchant_account_provision
from payments.tests.factories import merchant_account_make, payment_make, private_pem, public_pem

pytestmark = pytest.mark.django_db

FIELDS = (
    "mchid",
    "appid",
    "apiv3_key",
    "private_key",
    "serial_no",
    "public_key",
    "public_key_id",
)


def check(account, **changes):
    given = {name: getattr(account, name) for name in FIELDS}
    return merchant_account_check(**{**given, **changes})


def test_a_good_account_has_nothing_wrong(account):
    assert check(account) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mchid", "19000"),
        ("mchid", "１９００００００１"),
        ("appid", "gh_0000000000000001"),
        ("apiv3_key", "short"),
        ("apiv3_key", "枣" * 32),
        ("serial_no", "nothex!"),
        ("public_key_id", "5157F09EFDC096DE"),
        ("private_key", "-----BEGIN PRIVATE KEY-----"),
        ("public_key", ""),
    ],
)
def test_each_field_says_what_is_wrong_with_it(account, field, value):
    assert list(check(account, **{field: value})) == [field]


def test_keys_are_not_mixed_up(account):
    wrong = check(account, private_key=public_pem("wechat"), public_key=private_pem("merchant"))
    assert set(wrong) == {"private_key", "public_key"}


def test_a_changed_account_gets_a_new_gateway(account):
    first = gateway_for(account)
    assert gateway_for(account) is first
    account.apiv3_key = "9" * 32
    account.save()
    assert gateway_for(account) is not first


def test_the_keys_are_encrypted_at_rest(account, django_assert_num_queries):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT apiv3_key, private_key FROM payments_merchantaccount")
        stored = "".join(cursor.fetchone())
    assert account.apiv3_key not in stored
    assert "PRIVATE KEY" not in stored


def test_there_is_no_provisioning_without_a_simulator(settings, account):
    settings.SIMULATOR_URL = ""
    with pytest.raises(ImproperlyConfigured):
        merchant_account_provision(store_id=account.store_id, mchid="1900000001", name="枣园")


def test_an_incident_is_explained_once(account):
    by_id = payment_make().payer_id
    incident_record(
        account=account, kind="unknown", reference="42", amount_fen=1, detail={}, now=clock.now()
    )
    incident = open_incidents(account.store_id).get()
    with pytest.raises(ValueError, match="says something"):
        incident_explain(incident_id=incident.pk, explanation=" ", by_id=by_id, now=clock.now())
    assert incident_explain(
        incident_id=incident.pk, explanation="线下收款", by_id=by_id, now=clock.now()
    )
    assert not incident_explain(
        incident_id=incident.pk, explanation="又一次", by_id=by_id, now=clock.now()
    )
    kept = PaymentIncident.objects.get()
    assert (kept.explanation, kept.explained_by_id) == ("线下收款", by_id)
    assert open_incident_count(account.store_id) == 0


def test_each_store_sees_its_own_incidents(account):
    incident_record(
        account=account, kind="unknown", reference="42", amount_fen=1, detail={}, now=clock.now()
    )
    assert open_incident_count(merchant_account_make().store_id) == 0
    assert open_incident_count() == 1
