"""The Chinese font of papers: it is Acrobat's own, named in the PDF and not carried by it."""

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

_NAME = "STSong-Light"


def paper_font() -> str:
    """Its name, for reportlab, which knows it from now on."""
    if _NAME not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(_NAME))
    return _NAME
