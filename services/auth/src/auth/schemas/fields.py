"""Fields that several requests have."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from common.http.text import Line

TypedPassword = Annotated[SecretStr, Field(min_length=1, max_length=256)]
Phone = Annotated[Line, Field(max_length=40)]
FullName = Annotated[Line, Field(max_length=200)]
Language = Literal["ru", "en"]
LinkToken = Annotated[SecretStr, Field(min_length=1, max_length=100, description="From the fragment of the link.")]
