"""Journals: the manual's wording byte for byte, plural forms, identity of entries, refusals."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.unit.metering.telemetry import NOW, Place, entry

from metering.domain.journal_texts import JOURNALS, JOURNALS_OF_DRIVER, Language
from metering.domain.journals import CheckedEntries, check_journals, length, message
from topics.poller import JournalBlock, JournalEntry

PLACE = Place()


def check(block: JournalBlock) -> CheckedEntries:
    return check_journals([block], PLACE.registry(), now_epoch=NOW.timestamp())


def told(journal_entry: JournalEntry, language: Language = Language.RU) -> str:
    (stored,) = check(PLACE.journal(journal_entry)).entries
    return message(stored, language)


@pytest.mark.parametrize(
    ("journal_entry", "text"),
    [
        (
            entry("02", "2024-10-01T17:26:13", "2024-10-01T17:28:10"),
            (
                "Время коррекции часов прибора (до корректировки) 2024-10-01 17:26:13 "
                "(после корректировки) 2024-10-01 17:28:10 значение корректировки 01 минута 57 секунд"
            ),
        ),
        (
            entry("02", "2024-09-30T17:24:13", "2024-09-30T17:26:11"),
            (
                "Время коррекции часов прибора (до корректировки) 2024-09-30 17:24:13 "
                "(после корректировки) 2024-09-30 17:26:11 значение корректировки 01 минута 58 секунд"
            ),
        ),
        (
            entry("20", "2024-10-01T08:50:00"),
            (
                "Время выхода/возврата за мин. предельно допустимое значение напряжения в фазе 1 "
                "(выход) 2024-10-01 08:50:00"
            ),
        ),
        (
            entry("26", "2024-09-30T18:40:00", "2024-09-30T19:10:00"),
            (
                "Время выхода/возврата за макс. нормально допустимое значение напряжения в фазе 2 "
                "(выход) 2024-09-30 18:40:00 (возврат) 2024-09-30 19:10:00 длительность 30 минут"
            ),
        ),
        (
            entry("21", "2024-09-29T03:50:00"),
            (
                "Время выхода/возврата за мин. нормально допустимое значение напряжения в фазе 1 "
                "(выход) 2024-09-29 03:50:00"
            ),
        ),
    ],
)
def test_messages_are_those_of_the_manual_byte_for_byte(journal_entry: JournalEntry, text: str):
    assert told(journal_entry) == text


def test_other_journals_speak_in_the_same_manner():
    assert told(entry("01", "2024-10-01T08:00:00", "2024-10-01T10:01:02")) == (
        "Время включения/выключения прибора (включение) 2024-10-01 08:00:00 (выключение) 2024-10-01 10:01:02 "
        "длительность 02 часа 01 минута 02 секунды"
    )
    assert told(entry("09", "2024-10-01T08:00:00")) == (
        "Время сброса регистров накопленной энергии 2024-10-01 08:00:00"
    )


def test_messages_are_english_when_asked():
    assert told(entry("26", "2024-09-30T18:40:00", "2024-09-30T19:10:00"), Language.EN) == (
        "Voltage of phase 2 above the normal maximum (out) 2024-09-30 18:40:00 (back) 2024-09-30 19:10:00 "
        "duration 30 minutes"
    )


@pytest.mark.parametrize(
    ("seconds", "russian", "english"),
    [
        (0, "00 секунд", "00 seconds"),
        (1, "01 секунда", "01 second"),
        (2, "02 секунды", "02 seconds"),
        (5, "05 секунд", "05 seconds"),
        (11, "11 секунд", "11 seconds"),
        (12, "12 секунд", "12 seconds"),
        (21, "21 секунда", "21 seconds"),
        (22, "22 секунды", "22 seconds"),
        (60, "01 минута", "01 minute"),
        (3_600, "01 час", "01 hour"),
        (4 * 3_600, "04 часа", "04 hours"),
        (11 * 3_600, "11 часов", "11 hours"),
        (86_400, "01 день", "01 day"),
        (3 * 86_400, "03 дня", "03 days"),
        (111 * 86_400, "111 дней", "111 days"),
        (121 * 86_400, "121 день", "121 days"),
        (112 * 86_400, "112 дней", "112 days"),
        (90_061, "01 день 01 час 01 минута 01 секунда", "01 day 01 hour 01 minute 01 second"),
        (-117, "минус 01 минута 57 секунд", "minus 01 minute 57 seconds"),
    ],
)
def test_lengths_are_declined(seconds: int, russian: str, english: str):
    assert length(timedelta(seconds=seconds), Language.RU) == russian
    assert length(timedelta(seconds=seconds), Language.EN) == english


def test_every_journal_has_its_own_title_and_subject_in_both_languages():
    for language in Language:
        assert len({journal.title(language) for journal in JOURNALS.values()}) == len(JOURNALS)
        assert len({journal.subject(language) for journal in JOURNALS.values()}) == len(JOURNALS)


def test_the_journals_of_a_mercury_are_those_of_its_manual():
    numbers = [journal.number for journal in JOURNALS_OF_DRIVER["mercury"]]

    assert numbers == [
        *(f"{number:02X}" for number in range(0x01, 0x1B)),
        *(f"{number:02X}" for number in range(0x20, 0x33)),
        *(f"{number:02X}" for number in range(0x80, 0x87)),
    ]


def test_an_entry_keeps_its_identity_when_it_is_completed_and_rises_in_version():
    (opened,) = check(PLACE.journal(entry("20", "2024-10-01T08:50:00"))).entries
    (closed,) = check(
        PLACE.journal(
            entry("20", "2024-10-01T08:50:00", "2024-10-01T09:50:00"), polled_at=datetime(2024, 10, 2, tzinfo=UTC)
        )
    ).entries

    assert opened.entry_id == closed.entry_id
    assert closed.version > opened.version


def test_the_two_seals_of_the_cover_are_two_entries():
    first, second = check(
        PLACE.journal(entry("12", "2024-10-01T08:50:00", slot=4), entry("12", "2024-10-01T08:50:00", slot=5))
    ).entries

    assert first.entry_id != second.entry_id


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (entry("FF", "2024-10-01T08:50:00"), "unknown_journal"),
        (entry("01", "2027-10-01T08:50:00"), "future_entry"),
        (entry("01", "1960-10-01T08:50:00"), "impossible_time"),
        (msgspec.structs.replace(entry("01", "2024-10-01T08:50:00"), raw="no hex"), "invalid_raw"),
    ],
)
def test_a_bad_entry_is_named_and_the_rest_of_the_block_is_kept(bad: JournalEntry, code: str):
    checked = check(PLACE.journal(entry("20", "2024-10-01T08:50:00"), bad))

    assert [kept.journal for kept in checked.entries] == ["20"]
    ((index, reason),) = checked.refused
    assert (index, reason.code, reason.detail) == (0, code, f"{code}: entries 1")


def test_an_entry_of_a_time_before_the_installation_belongs_to_no_point():
    registry = PLACE.registry(from_epoch=int(NOW.timestamp()))

    checked = check_journals([PLACE.journal(entry("20", "2024-10-01T08:50:00"))], registry, now_epoch=NOW.timestamp())

    assert checked.entries == []
    assert [reason.code for _, reason in checked.refused] == ["not_installed"]


def test_a_block_of_an_unknown_meter_or_of_the_future_is_refused():
    stranger = Place().journal(entry("20", "2024-10-01T08:50:00"))
    future = PLACE.journal(entry("20", "2024-10-01T08:50:00"), polled_at=NOW + timedelta(hours=25))

    checked = check_journals([stranger, future], PLACE.registry(), now_epoch=NOW.timestamp())

    assert [(index, reason.code) for index, reason in checked.refused] == [(0, "unknown_meter"), (1, "future_poll")]


def test_a_title_is_shown_in_the_portals_words():
    assert JOURNALS["02"].title(Language.RU) == "Время коррекции часов"
    assert JOURNALS["26"].title(Language.RU) == "Выход/возврат напряжения фазы 2: макс. нормальное"
    assert JOURNALS["26"].phase == 2
