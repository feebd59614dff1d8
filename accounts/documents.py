"""The texts people agree to. A new version here asks everyone again.

Raise a version together with the text it stands for (`templates/storefront/`).
"""

from accounts.models import Consent

VERSIONS: dict[str, str] = {
    Consent.Document.AGREEMENT: "2026-03",
    Consent.Document.PRIVACY: "2026-05",
    Consent.Document.GROUP_PROFILE: "2026-01",
}

# What signing in, and taking a phone, nickname or avatar, asks for.
BASIC = (Consent.Document.AGREEMENT, Consent.Document.PRIVACY)
