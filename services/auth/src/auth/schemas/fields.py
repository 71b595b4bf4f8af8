"""Fields that several requests have."""

from typing import Annotated, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from auth.domain import normalised_email
from common.http.text import Line


def _email(given: str) -> str:
    try:
        validate_email(given, check_deliverability=False)
    except EmailNotValidError as error:
        raise PydanticCustomError("invalid_email", "this is no e-mail address") from error
    email = normalised_email(given)
    if not email.isascii():
        raise PydanticCustomError("email_not_ascii", "before the @ an address has Latin letters, digits and signs only")
    return email


Email = Annotated[Line, Field(max_length=254), AfterValidator(_email)]
TypedPassword = Annotated[SecretStr, Field(min_length=1, max_length=256)]
Phone = Annotated[Line, Field(max_length=40)]
FullName = Annotated[Line, Field(max_length=200)]
Language = Literal["ru", "en"]
LinkToken = Annotated[SecretStr, Field(min_length=1, max_length=100, description="From the fragment of the link.")]
