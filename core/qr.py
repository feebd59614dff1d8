"""QR codes for pages."""

import io

import segno
from django.http import HttpResponse


def qr_svg(text: str) -> HttpResponse:
    """A QR code of `text` as an SVG image; white behind it in dark mode too."""
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        picture, kind="svg", scale=6, border=4, light="#fff", dark="#000", xmldecl=False
    )
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


def qr_png(text: str, *, scale: int = 20) -> bytes:
    """A QR code of `text` to print: a fifth of it may be scratched or splashed."""
    picture = io.BytesIO()
    segno.make(text, error="q", micro=False).save(picture, kind="png", scale=scale, border=4)
    return picture.getvalue()
