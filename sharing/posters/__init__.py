"""Posters: a picture of a page with its QR code, for a phone's album or a sheet of paper."""
