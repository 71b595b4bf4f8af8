"""Time-based one-time passwords (RFC 6238): six digits, 30 s, SHA-1, as every authenticator app has them."""

from datetime import datetime

import pyotp
import segno
from pyotp.utils import strings_equal

ISSUER = "Halfhour"
STEP_SECONDS = 30
STEPS_APART = 1  # clocks of phones are apart: one step to either side


def new_secret() -> str:
    """Return a secret of 160 bits in base32."""
    return pyotp.random_base32()


def uri(secret: str, *, account: str) -> str:
    """Return what authenticator apps read from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def qr_svg(text: str) -> str:
    """Return the QR code as an SVG element, black on transparent with its quiet zone."""
    return str(segno.make(text, error="m", micro=False).svg_inline(scale=4, border=4))


def matching_step(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the time step whose code this is, or None. A step must be accepted once only: the caller remembers it."""
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    steps = range(present - STEPS_APART, present + STEPS_APART + 1)
    return next((step for step in steps if strings_equal(totp.generate_otp(step), code)), None)
