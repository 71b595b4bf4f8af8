"""How many half hours an answer rests on, by quality: of closed days as in the ledger, of a period as they are now."""

from pydantic import BaseModel, Field


class Slots(BaseModel):
    """Half hours of closed days. What was received and is neither valid nor estimated is questioned."""

    slots_expected: int
    slots_received: int
    slots_valid: int
    slots_estimated: int
    slots_missing: int


class SlotsOfPeriod(BaseModel):
    """Half hours of one channel that have ended: those that are there by quality, and those that are not."""

    quality: str = Field(description="The worst of what is there; GAP if nothing is.")
    slots_ended: int
    slots_valid: int
    slots_estimated: int
    slots_questioned: int = Field(description="Measured, but in doubt or not yet checked.")
    slots_missing: int
