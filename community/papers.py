"""What stands on the counter: a code on a sheet of A6, whose it is and what it opens."""

import io

from django.utils.translation import gettext as _
from reportlab.lib.pagesizes import A6
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from core.pdf import paper_font
from core.qr import qr_png

SIDE = 70 * mm


def counter_paper(*, store: str, opens: str, label: str, link: str) -> bytes:
    """The sheet as a PDF: store, what the code opens, the code, and the label it is known by."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=A6)
    page.setTitle(f"{store} {label}")
    width, height = A6
    for text, size, down in (
        (store, 22, 20 * mm),
        (opens, 12, 29 * mm),
        (_("微信扫一扫"), 14, 114 * mm),
        (label, 10, 136 * mm),
    ):
        page.setFont(paper_font(), size)
        page.drawCentredString(width / 2, height - down, _fit(text, size, width - 12 * mm))
    code = ImageReader(io.BytesIO(qr_png(link)))
    page.drawImage(code, (width - SIDE) / 2, height - 105 * mm, SIDE, SIDE)
    page.save()
    return out.getvalue()


def _fit(text: str, size: int, width: float) -> str:
    """As much of a text as one line holds."""
    if pdfmetrics.stringWidth(text, paper_font(), size) <= width:
        return text
    while text and pdfmetrics.stringWidth(text + "…", paper_font(), size) > width:
        text = text[:-1]
    return text + "…"
