"""The address where a contract is paid: what of a supplier's file may become a link, and with which number."""

import json

import pytest

from contracts.domain.pay_links import checked_pay_url, pay_url_of
from contracts.errors import InvalidRegistry
from contracts.load import read


@pytest.mark.parametrize(
    "given",
    [
        "https://pay.example",
        "https://pay.example:8443/a/{number}?from=portal#start",
        "https://xn--80a1ad.xn--p1ai/%D1%81?contract={number}&again={number}",
        "https://pay.example:65535/Pay/%D1%aF?Contract={number}",
        "https://pay.example/a@b?mail=a@b.example",
    ],
)
def test_a_plain_https_address_is_taken_as_it_is(given: str):
    assert checked_pay_url(given) == given


@pytest.mark.parametrize(
    "given",
    [
        *("http://pay.example", "javascript:alert(1)", "//pay.example", "HTTPS:pay.example", "pay.example", ""),
        *("https://user@pay.example", "https://user:word@pay.example/", "https://pay.example@evil.example/"),
        *("https://pay.example\\@evil.example", "https://{number}.example/", "https://pay.example{number}/"),
        *(
            "https://pay.example/\n",
            "https://pay.example/\x00",
            "https://pay.example/a b",
            "https://pay.example/\u202e",
        ),
        *("https://оплата.рф/", "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://-a.example/"),
        *(
            "HTTPS://pay.example/",
            "https://Pay.example/",
            "https://pay.example/{NUMBER}",
            "https://pay.example/{Number}",
        ),
        *("https://pay.example:99999/", "https://pay.example:65536/", "https://pay.example:0/"),
        *("https://pay.example/{login}", "https://pay.example/{number", "https://pay.example/%zz", '"https://a.b/"'),
    ],
)
def test_any_other_address_is_refused(given: str):
    """INVARIANT: no page links to what a supplier's file says but by https, to a host that the whole address shows."""
    with pytest.raises(ValueError, match="https"):
        checked_pay_url(given)
    with pytest.raises(InvalidRegistry) as caught:
        read(f'{{"suppliers": [{{"code": "demo", "name": "Демо", "pay_url": {_json(given)}}}]}}'.encode())
    assert "pay_url" in str(caught.value)


def test_the_number_goes_in_as_one_value_whatever_it_is_made_of():
    template = "https://pay.example/{number}/pay?contract={number}"

    assert pay_url_of(template, "7/1 &№#") == (
        "https://pay.example/7%2F1%20%26%E2%84%96%23/pay?contract=7%2F1%20%26%E2%84%96%23"
    )
    assert pay_url_of(None, "7") is None
    assert pay_url_of("https://pay.example/", "{number}") == "https://pay.example/"


def _json(text: str) -> str:
    return json.dumps(text)
