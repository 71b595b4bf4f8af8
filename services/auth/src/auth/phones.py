"""Phone numbers as people type them, brought to E.164. A number without a country is Russian."""

from collections.abc import Collection

import phonenumbers

from common.errors import Rejected

HOME = "RU"
SHOWN_DIGITS = 2
_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def e164(given: str) -> str:
    """Return the number as +79161234567. Raises Rejected with code `invalid_phone`."""
    return _formatted(_parsed(given))


def sms_e164(given: str, *, countries: Collection[str]) -> str:
    """Return the number as `e164`, if it is a mobile one of the countries: SMS to others are dear or get nowhere.

    Raises Rejected with code `invalid_phone` or `phone_without_sms`.
    """
    number = _parsed(given)
    mobile = phonenumbers.number_type(number) in _MOBILE
    if not mobile or phonenumbers.region_code_for_number(number) not in countries:
        detail = f"codes go to mobile phones of these countries only: {', '.join(countries)}"
        raise Rejected(detail, code="phone_without_sms", field="phone")
    return _formatted(number)


def hint(phone: str) -> str:
    """Return the number with all but its last digits hidden: enough to know which phone is meant."""
    return f"{phone[:2]}{'•' * (len(phone) - 2 - SHOWN_DIGITS)}{phone[-SHOWN_DIGITS:]}"


def _parsed(given: str) -> phonenumbers.PhoneNumber:
    try:
        number = phonenumbers.parse(given, HOME)
    except phonenumbers.NumberParseException as error:
        raise _invalid() from error
    if not phonenumbers.is_valid_number(number):
        raise _invalid()
    return number


def _formatted(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _invalid() -> Rejected:
    return Rejected("there is no such phone number", code="invalid_phone", field="phone")
