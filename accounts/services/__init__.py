"""The use cases of people: who they are, what they agreed to, where they live."""

from accounts.services.addresses import (
    AddressRefused,
    address_remove,
    address_save,
    address_set_default,
)
from accounts.services.closing import (
    CloseRefused,
    account_close,
    person_data,
)
from accounts.services.emails import (
    EmailRefused,
    email_ask,
    email_confirm,
    email_of_token,
    email_remove,
)
from accounts.services.identities import (
    AccountDisabled,
    SnapshotRefused,
    WechatSignIn,
    holds_value,
    person_from_wechat,
)
from accounts.services.people import (
    ConsentMissing,
    PhoneTaken,
    consent_give,
    consent_give_basic,
    office_access_set,
    people_sweep,
    person_claim,
    phone_set,
    profile_show_consent,
    profile_show_withdraw,
    profile_take,
)
from accounts.services.sessions import sessions_end, sessions_sweep

__all__ = [
    "AccountDisabled",
    "AddressRefused",
    "CloseRefused",
    "ConsentMissing",
    "EmailRefused",
    "PhoneTaken",
    "SnapshotRefused",
    "WechatSignIn",
    "account_close",
    "address_remove",
    "address_save",
    "address_set_default",
    "consent_give",
    "consent_give_basic",
    "email_ask",
    "email_confirm",
    "email_of_token",
    "email_remove",
    "holds_value",
    "office_access_set",
    "people_sweep",
    "person_claim",
    "person_data",
    "person_from_wechat",
    "phone_set",
    "profile_show_consent",
    "profile_show_withdraw",
    "profile_take",
    "sessions_end",
    "sessions_sweep",
]
