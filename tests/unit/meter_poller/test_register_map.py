import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter_poller.drivers.register_map import BadMap, RegisterMap, load_map, parse_map
from meter_poller.errors import BadReply
from meter_poller.readings import CHANNELS

HEADER = "name,function_code,word_address,word_count,type,word_order,unit,source\n"
LARGEST_EXACT_WH = 8_191_999


def float_words(value: float) -> list[int]:
    return list(struct.unpack(">2H", struct.pack(">f", value)))


@pytest.fixture(scope="module")
def sdm630() -> RegisterMap:
    return load_map("eastron_sdm630")


def test_the_four_energies_are_one_block(sdm630: RegisterMap):
    assert sdm630.block(CHANNELS) == (4, 72, 8)
    assert sdm630.block(["serial"]) == (3, 0xFC00, 2)


@given(st.integers(0, LARGEST_EXACT_WH))
def test_whole_watt_hours_survive_a_float32_of_kilowatt_hours(wh: int):
    """INVARIANT: below 8,192 kWh the register's watt-hours are exact."""
    entry = load_map("eastron_sdm630").entries["a_plus"]
    assert entry.decode(float_words(wh / 1_000)) == wh


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.001])
def test_what_is_no_energy_is_refused(sdm630: RegisterMap, value: float):
    with pytest.raises(BadReply):
        sdm630.entries["a_plus"].decode(float_words(value))


def test_a_little_word_order_is_turned(sdm630: RegisterMap):
    text = HEADER + "a,4,0,2,uint32,little,,page 1\n"
    assert parse_map("x", text).entries["a"].decode([0x5678, 0x1234]) == 0x12345678
    assert sdm630.entries["serial"].decode([0x0160, 0x7B51]) == 0x01607B51


def test_all_faults_of_a_map_are_told_at_once_by_line():
    text = HEADER + (
        "a,4,0,2,float32,big,kWh,page 1\n"
        "b,4,1,2,float32,big,kWh,page 1\n"
        "c,6,4,2,float32,big,kWh,page 1\n"
        "d,4,6,2,float16,big,kWh,\n"
        "a,4,8,2,float32,big,MWh,page 1\n"
        "e,4,70000,2,uint32,odd,,page 1\n"
        "f,4,x,2,uint32,big,,page 1\n"
    )
    with pytest.raises(BadMap) as caught:
        parse_map("bad", text)
    told = "\n".join(caught.value.faults)
    for line, fault in (
        (3, "word 1 belongs to a"),
        (4, "function code 6"),
        (5, "type 'float16'"),
        (5, "no source"),
        (6, "unit 'MWh'"),
        (7, "word address 70000"),
        (7, "word order 'odd'"),
        (8, "invalid literal"),
    ):
        assert any(each.startswith(f"line {line}:") and fault in each for each in caught.value.faults), (line, told)


def test_other_columns_are_refused():
    with pytest.raises(BadMap, match="columns"):
        parse_map("bad", "name,address\n")
