"""E-mail addresses: the one form in which every service stores, counts and compares them, and which of them it takes.

Use as `email: Email` of an API model, or `checked_email` where the refusal is the service's own.
"""

from contextlib import suppress
from typing import Annotated

import idna
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from common.errors import Rejected
from common.http.text import Line


def normalised_email(given: str) -> str:
    """Return the form in which addresses are stored and compared: the domain as mail servers know it, in ASCII."""
    local, at, domain = given.strip().lower().rpartition("@")
    if at and not domain.isascii():
        with suppress(idna.IDNAError):  # what is no domain is no account's either
            domain = idna.encode(domain, uts46=True).decode()
    return f"{local}{at}{domain}"


def checked_email(given: str) -> str:
    """Return the stored form of an address that a letter can be sent to.

    Raises Rejected with code `invalid_email`, or `email_not_ascii` for letters before the @ that few mail servers take.
    """
    try:
        validate_email(given, check_deliverability=False)
    except EmailNotValidError as error:
        raise Rejected("this is no e-mail address", code="invalid_email", field="email") from error
    email = normalised_email(given)
    if not email.isascii():
        message = "before the @ an address has Latin letters, digits and signs only"
        raise Rejected(message, code="email_not_ascii", field="email")
    return email


def _email(given: str) -> str:
    try:
        return checked_email(given)
    except Rejected as error:
        raise PydanticCustomError(error.code, error.detail) from error


Email = Annotated[Line, Field(max_length=254), AfterValidator(_email)]
