"""Journals of meters and their texts, as data: titles and messages, Russian as in the portal's manual, English.

The Russian voltage and clock messages are byte for byte those of the manual. Numbers and layout of the journals:
the description of the Mercury command system, command 04.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Language(str, Enum):
    RU = "ru"
    EN = "en"


class Shape(str, Enum):
    """What the two times of a record mean; they are told with other words for each."""

    ON_OFF = "on_off"
    OUT_BACK = "out_back"
    START_END = "start_end"
    OPEN_CLOSE = "open_close"
    BEFORE_AFTER = "before_after"
    ONE_TIME = "one_time"


@dataclass(frozen=True, slots=True)
class Journal:
    """One journal of the meter. `subjects` and `titles` are (Russian, English); `phase` where it is of one phase."""

    number: str
    shape: Shape
    titles: tuple[str, str]
    subjects: tuple[str, str]
    phase: int | None = None

    def title(self, language: Language) -> str:
        return self.titles[language is Language.EN]

    def subject(self, language: Language) -> str:
        return self.subjects[language is Language.EN]


@dataclass(frozen=True, slots=True)
class Words:
    """The words round the two times of a shape, and before the difference between them ('' if none is told)."""

    first: str
    second: str
    span: str


WORDS: Final = {
    (Shape.ON_OFF, Language.RU): Words("(включение)", "(выключение)", "длительность"),
    (Shape.ON_OFF, Language.EN): Words("(on)", "(off)", "duration"),
    (Shape.OUT_BACK, Language.RU): Words("(выход)", "(возврат)", "длительность"),
    (Shape.OUT_BACK, Language.EN): Words("(out)", "(back)", "duration"),
    (Shape.START_END, Language.RU): Words("(начало)", "(окончание)", "длительность"),
    (Shape.START_END, Language.EN): Words("(start)", "(end)", "duration"),
    (Shape.OPEN_CLOSE, Language.RU): Words("(вскрытие)", "(закрытие)", "длительность"),
    (Shape.OPEN_CLOSE, Language.EN): Words("(opened)", "(closed)", "duration"),
    (Shape.BEFORE_AFTER, Language.RU): Words("(до корректировки)", "(после корректировки)", "значение корректировки"),
    (Shape.BEFORE_AFTER, Language.EN): Words("(before)", "(after)", "corrected by"),
    (Shape.ONE_TIME, Language.RU): Words("", "", ""),
    (Shape.ONE_TIME, Language.EN): Words("", "", ""),
}

# Forms for 1, 2 to 4, and 5; English uses the first and the last.
UNITS: Final = {
    Language.RU: (
        ("день", "дня", "дней"),
        ("час", "часа", "часов"),
        ("минута", "минуты", "минут"),
        ("секунда", "секунды", "секунд"),
    ),
    Language.EN: (
        ("day", "days", "days"),
        ("hour", "hours", "hours"),
        ("minute", "minutes", "minutes"),
        ("second", "seconds", "seconds"),
    ),
}
MINUS: Final = {Language.RU: "минус", Language.EN: "minus"}


def _same(number: str, shape: Shape, russian: str, english: str, phase: int | None = None) -> Journal:
    """A journal whose messages begin with its title after «Время»."""
    return Journal(
        number,
        shape,
        (f"Время {russian}", english),
        (f"Время {russian}", english),
        phase,
    )


def _own(number: str, shape: Shape, titles: tuple[str, str], genitive: str, phase: int | None = None) -> Journal:
    return Journal(number, shape, titles, (f"Время {genitive}", titles[1]), phase)


def _voltage() -> Iterator[Journal]:
    limits = (
        ("мин. предельное", "мин. предельно", "below the minimum limit"),
        ("мин. нормальное", "мин. нормально", "below the normal minimum"),
        ("макс. нормальное", "макс. нормально", "above the normal maximum"),
        ("макс. предельное", "макс. предельно", "above the maximum limit"),
    )
    for place in range(12):
        phase, (short, long, english) = place // 4 + 1, limits[place % 4]
        yield _own(
            f"{0x20 + place:02X}",
            Shape.OUT_BACK,
            (f"Выход/возврат напряжения фазы {phase}: {short}", f"Voltage of phase {phase} {english}"),
            f"выхода/возврата за {long} допустимое значение напряжения в фазе {phase}",
            phase,
        )
    for place, (short, long, english) in enumerate(limits):
        yield _own(
            f"{0x2C + place:02X}",
            Shape.OUT_BACK,
            (f"Выход/возврат частоты: {short}", f"Frequency {english}"),
            f"выхода/возврата за {long} допустимое значение частоты",
        )


def _of_phases() -> Iterator[Journal]:
    for phase in (1, 2, 3):
        yield _same(f"{2 + phase:02X}", Shape.ON_OFF, f"включения/выключения фазы {phase}", f"Phase {phase}", phase)
        yield _same(
            f"{0x16 + phase:02X}",
            Shape.ON_OFF,
            f"включения/выключения тока фазы {phase}",
            f"Current of phase {phase}",
            phase,
        )
        yield _own(
            f"{0x7F + phase:02X}",
            Shape.START_END,
            (f"Обратный ток фазы {phase}", f"Reverse current of phase {phase}"),
            f"обратного тока в фазе {phase}",
            phase,
        )
        yield _own(
            f"{0x82 + phase:02X}",
            Shape.START_END,
            (f"Ток без напряжения фазы {phase}", f"Current without voltage in phase {phase}"),
            f"тока без напряжения в фазе {phase}",
            phase,
        )
        yield _own(
            f"{0x2F + phase:02X}",
            Shape.ONE_TIME,
            (f"Провалы и перенапряжения фазы {phase}", f"Dips and swells of phase {phase}"),
            f"провала или перенапряжения в фазе {phase}",
            phase,
        )


def _of_the_meter() -> Iterator[Journal]:
    yield _same("01", Shape.ON_OFF, "включения/выключения прибора", "Meter power")
    yield Journal(
        "02",
        Shape.BEFORE_AFTER,
        ("Время коррекции часов", "Clock correction"),
        ("Время коррекции часов прибора", "Clock correction"),
    )
    yield _own(
        "06", Shape.START_END, ("Превышение лимита мощности", "Power limit exceeded"), "превышения лимита мощности"
    )
    yield _own(
        "07",
        Shape.ONE_TIME,
        ("Изменение тарифного расписания", "Tariff schedule changed"),
        "изменения тарифного расписания",
    )
    yield _own(
        "08",
        Shape.ONE_TIME,
        ("Изменение праздничных дней", "Holidays changed"),
        "изменения расписания праздничных дней",
    )
    yield _own(
        "09",
        Shape.ONE_TIME,
        ("Сброс регистров энергии", "Energy registers reset"),
        "сброса регистров накопленной энергии",
    )
    yield _own(
        "0A", Shape.ONE_TIME, ("Инициализация профиля", "Profile memory initialised"), "инициализации профиля мощности"
    )
    for tariff in (1, 2, 3, 4):
        yield _own(
            f"{0x0A + tariff:02X}",
            Shape.ONE_TIME,
            (f"Превышение лимита энергии T{tariff}", f"Energy limit of T{tariff} exceeded"),
            f"превышения лимита энергии по тарифу T{tariff}",
        )
    for number, russian, english in (
        ("0F", "лимита мощности", "Power limit"),
        ("10", "лимита энергии", "Energy limit"),
        ("11", "параметров учёта потерь", "Loss parameters"),
    ):
        yield _own(number, Shape.ONE_TIME, (f"Изменение {russian}", f"{english} changed"), f"изменения {russian}")
    yield _own("12", Shape.OPEN_CLOSE, ("Вскрытие/закрытие прибора", "Cover"), "вскрытия/закрытия прибора")
    yield _own("13", Shape.ONE_TIME, ("Перепрограммирование", "Reprogramming"), "перепрограммирования прибора")
    yield _own("14", Shape.ONE_TIME, ("Самодиагностика", "Self-diagnosis"), "изменения слова состояния прибора")
    yield _own(
        "15",
        Shape.ONE_TIME,
        ("Изменение расписания контроля максимумов мощности", "Schedule of power maxima changed"),
        "изменения расписания контроля максимумов мощности",
    )
    yield _own("16", Shape.ONE_TIME, ("Сброс максимумов мощности", "Power maxima reset"), "сброса максимумов мощности")
    yield _own(
        "1A",
        Shape.START_END,
        ("Воздействие магнитного поля", "Magnetic influence"),
        "воздействия магнитного поля",
    )
    yield _own("86", Shape.START_END, ("Нарушение чередования фаз", "Phase order broken"), "нарушения чередования фаз")


JOURNALS: Final = {
    journal.number: journal
    for journal in sorted((*_of_the_meter(), *_of_phases(), *_voltage()), key=lambda each: each.number)
}
# A meter without journal memory has none.
JOURNALS_OF_DRIVER: Final = {"mercury": tuple(JOURNALS.values())}
