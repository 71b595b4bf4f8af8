"""Phone numbers as people type them, brought to E.164. A number without a country is Russian."""

import phonenumbers

from common.errors import Rejected

HOME = "RU"
SHOWN_DIGITS = 2


def e164(given: str) -> str:
    """Return the number as +79161234567. Raises Rejected with code `invalid_phone`."""
    try:
        number = phonenumbers.parse(given, HOME)
    except phonenumbers.NumberParseException as error:
        raise _invalid() from error
    if not phonenumbers.is_valid_number(number):
        raise _invalid()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def hint(phone: str) -> str:
    """Return the number with all but its last digits hidden: enough to know which phone is meant."""
    return f"{phone[:2]}{'•' * (len(phone) - 2 - SHOWN_DIGITS)}{phone[-SHOWN_DIGITS:]}"


def _invalid() -> Rejected:
    return Rejected("there is no such phone number", code="invalid_phone", field="phone")
