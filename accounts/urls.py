"""People's addresses, at the root."""

from django.urls import path

from accounts.views import addresses, privacy, sign_in, wechat

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("wechat/sign-in/", wechat.wechat_start, name="wechat_start"),
    path("wechat/callback/", wechat.wechat_callback, name="wechat_callback"),
    path("wechat/relay/", wechat.wechat_relay, name="wechat_relay"),
    path("wechat/profile/", wechat.wechat_profile, name="wechat_profile"),
    path("account/", privacy.account, name="account"),
    path("account/download/", privacy.download, name="download"),
    path("account/hide/", privacy.hide, name="hide"),
    path("account/close/", privacy.close, name="close"),
    path("addresses/", addresses.addresses, name="addresses"),
    path("addresses/new/", addresses.address_new, name="address_new"),
    path("addresses/divisions/", addresses.divisions, name="divisions"),
    path("addresses/<slug:public_id>/", addresses.address_edit, name="address_edit"),
    path(
        "addresses/<slug:public_id>/default/",
        addresses.address_make_default,
        name="address_make_default",
    ),
    path(
        "addresses/<slug:public_id>/remove/", addresses.address_remove_view, name="address_remove"
    ),
]
