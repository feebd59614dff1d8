"""The few of allauth's addresses that are used, under the names it looks for, at `/accounts/`.

Its other pages (passwords, e-mail management, sign-up) are left out: what has no address needs
no guarding.
"""

from allauth.account import views as allauth_views
from django.urls import path

from accounts.views import sign_in

urlpatterns = [
    path("login/", sign_in.to_sign_in, name="account_login"),
    path("login/code/", sign_in.to_sign_in, name="account_request_login_code"),
    path(
        "login/code/confirm/",
        sign_in.ConfirmCodeView.as_view(),
        name="account_confirm_login_code",
    ),
    path("signup/", sign_in.to_sign_in, name="account_signup"),
    path("logout/", sign_in.sign_out, name="account_logout"),
    path("inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("phone/", sign_in.ChangePhoneView.as_view(), name="account_change_phone"),
    path("phone/verify/", sign_in.verify_phone, name="account_verify_phone"),
]
