"""Addresses under /payments/."""

from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [
    path("notify/<slug:account_public_id>/pay/", views.notify, name="notify_pay"),
    path("notify/<slug:account_public_id>/refund/", views.notify, name="notify_refund"),
]
