"""Until when an answer holds what there is: `as_of`, one of three kinds. Which answer has which: queries.md."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

HalfHoursUntil = Annotated[
    datetime | None,
    Field(
        description="End of the newest half hour that is stored of this point; if all days asked for are closed, the "
        "end of the last: what is not there by then is missing."
    ),
]
ReadUntil = Annotated[
    datetime | None,
    Field(description="When the newest of what was read from the meter was read; null if nothing was."),
]
RecordedUntil = Annotated[
    datetime,
    Field(
        description="When it was asked: what the portal itself had recorded by then is in it. Of the meter's data it "
        "says nothing."
    ),
]
