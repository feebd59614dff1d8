"""Addresses of orders: checkout, cashier, and the shopper's own orders."""

from django.urls import path

from orders.views import cart, cart_checkout, cashier, checkout, invoice, mine, wishes

app_name = "orders"
urlpatterns = [
    path("checkout/", checkout.AloneView.as_view(), name="checkout"),
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add, name="cart_add"),
    path("cart/checkout/", cart_checkout.checkout, name="cart_checkout"),
    path("orders/", mine.order_list, name="list"),
    path("orders/<slug:public_id>/", mine.detail, name="detail"),
    path("orders/<slug:public_id>/pickup.svg", mine.pickup_qr, name="pickup_qr"),
    path("orders/<slug:public_id>/close/", mine.close, name="close"),
    path("orders/<slug:public_id>/receive/", mine.receive, name="receive"),
    path("orders/<slug:public_id>/address/", wishes.address, name="address"),
    path("orders/<slug:public_id>/parcels/<int:number>/", wishes.parcel, name="parcel"),
    path("orders/<slug:public_id>/invoice/", invoice.invoice, name="invoice"),
    path("orders/<slug:public_id>/invoice/file/", invoice.invoice_file, name="invoice_file"),
    path("orders/<slug:public_id>/urge/", wishes.urge, name="urge"),
    path("orders/<slug:public_id>/extend/", wishes.extend, name="extend"),
    path("orders/<slug:public_id>/pay/", cashier.cashier, name="cashier"),
    path("orders/<slug:public_id>/pay/prepare/", cashier.pay_prepare, name="pay_prepare"),
    path("orders/<slug:public_id>/pay/status/", cashier.pay_status, name="pay_status"),
    path("orders/<slug:public_id>/pay/qr.svg", cashier.pay_qr, name="pay_qr"),
    path("orders/<slug:public_id>/result/", cashier.result, name="result"),
]
