"""The one form of an e-mail address, and what is taken as one."""

import pytest
from pydantic import TypeAdapter, ValidationError

from common.email_addresses import Email, checked_email, normalised_email
from common.errors import Rejected


def test_an_address_is_compared_as_people_write_it():
    assert normalised_email("  Anna@Example.ORG\n") == "anna@example.org"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ivan@Пример.РФ", "ivan@xn--e1afmkfd.xn--p1ai"),
        ("ivan@XN--E1AFMKFD.xn--p1ai", "ivan@xn--e1afmkfd.xn--p1ai"),
        ("ivan@..рф", "ivan@..рф"),
        ("рф", "рф"),
    ],
)
def test_a_domain_is_stored_as_mail_servers_know_it(typed: str, stored: str):
    assert normalised_email(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("nobody", "invalid_email"),
        ("a@b.example, c@d.example", "invalid_email"),
        ("a@b.example\nBcc: c@d.example", "invalid_email"),
        ("иван@пример.рф", "email_not_ascii"),
    ],
)
def test_what_no_letter_reaches_is_refused_by_a_code_in_a_service_and_in_a_form(typed: str, code: str):
    with pytest.raises(Rejected) as refused:
        checked_email(typed)
    assert (refused.value.code, refused.value.field) == (code, "email")
    if "\n" not in typed:
        with pytest.raises(ValidationError) as invalid:
            TypeAdapter(Email).validate_python(typed)
        assert [fault["type"] for fault in invalid.value.errors()] == [code]


def test_an_address_is_taken_in_its_stored_form():
    assert TypeAdapter(Email).validate_python(" Ivan@Пример.РФ ") == "ivan@xn--e1afmkfd.xn--p1ai"
