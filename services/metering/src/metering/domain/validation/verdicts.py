"""What a rule says of a day: which rule, the value that it found, the limit, and what is to follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from metering.domain.profile import Channel


class Rule(str, Enum):
    """The rules by their number in docs/architecture/validation.md."""

    V01 = "V01"  # another value for a key that is there
    V02 = "V02"  # meter unknown, not installed, of another supplier
    V03 = "V03"  # width of the interval
    V04 = "V04"  # channel, quality or flags unknown
    V05 = "V05"  # ratio
    V06 = "V06"  # gap
    V07 = "V07"  # label off the grid, or in the future
    V08 = "V08"  # clock
    V09 = "V09"  # negative, or more than is physically possible
    V10 = "V10"  # high or low against like days
    V11 = "V11"  # spike
    V12 = "V12"  # stuck
    V13 = "V13"  # zeros for days
    V14 = "V14"  # a register went back
    V15 = "V15"  # half hours against registers
    V16 = "V16"  # zones
    V17 = "V17"  # a sibling channel is missing
    V18 = "V18"  # energy while off, or after the end of the contract
    V19 = "V19"  # overlapped by the meter's journal
    V20 = "V20"  # nothing measured for too long


class Severity(str, Enum):
    """What follows from a verdict."""

    NOTE = "note"  # nothing: it is told beside the values
    GAP = "gap"  # half hours are missing
    QUESTION = "question"  # a person is to look
    WORK_ORDER = "work_order"  # a person is to go there


class State(str, Enum):
    """What has become of a verdict."""

    OPEN = "open"
    CONFIRMED = "confirmed"  # a person accepted the value
    EDITED = "edited"  # a person replaced the value
    WITHDRAWN = "withdrawn"  # what is known by now passes


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a verdict the same at another look. `part`: the channel, or what else tells two apart."""

    rule: Rule
    part: str
    start_epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One finding. `start_epoch`: UTC second of the half hour or reading, or of the beginning of the day.

    `part`: what else tells two of a rule apart, where that is no channel. `slots`: the half hours that it questions, by
    UTC second of their start. value and limit are in the rule's unit.
    """

    rule: Rule
    severity: Severity
    start_epoch: int
    value: float
    limit: float
    channel: Channel | None = None
    part: str = ""
    detail: str = ""
    slots: Sequence[int] = ()

    @property
    def key(self) -> Key:
        return Key(self.rule, self.part if self.channel is None else self.channel.value, self.start_epoch)


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with what has become of it."""

    verdict: Verdict
    state: State

    def withdrawn(self, *, by_a_person: bool) -> "Judged":
        """Return it as one that no longer holds: because of a person's edit, or of what is known by now."""
        return replace(self, state=State.EDITED if by_a_person else State.WITHDRAWN)
