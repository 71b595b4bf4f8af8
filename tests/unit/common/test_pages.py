import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Rejected
from common.http.pages import decode_cursor, encode_cursor


@given(st.lists(st.one_of(st.text(max_size=40), st.integers(-(2**62), 2**62)), min_size=1, max_size=4))
def test_a_cursor_gives_its_key_back(key: list[str | int]):
    assert decode_cursor(encode_cursor(*key), length=len(key)) == key


@given(st.text(alphabet="!§ äж", min_size=1, max_size=60))
def test_a_made_up_cursor_is_refused(cursor: str):
    with pytest.raises(Rejected) as refused:
        decode_cursor(cursor, length=1)
    assert refused.value.code == "invalid_cursor"


def test_a_cursor_of_another_list_is_refused():
    with pytest.raises(Rejected, match="another list"):
        decode_cursor(encode_cursor("a", 1), length=1)
