"""The API models of tickets."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from common.email_addresses import Email
from common.http.text import Line, Paragraphs
from tickets import domain

# Loose on purpose: the number is for a person to call, so extensions and local forms are right.
Phone = Annotated[Line, Field(max_length=40, pattern=r"^\+?[0-9][0-9 ().,;#*xдоб\-]{3,}$")]


class NewTicket(BaseModel):
    """`phone` is kept as given."""

    email: Annotated[Email, Field(json_schema_extra={"format": "email"})]
    phone: Phone
    subject: Annotated[Line, Field(max_length=200)]
    text: Annotated[Paragraphs, Field(max_length=5_000)]


class Ticket(BaseModel):
    """A ticket. `email` and `phone` are null for everybody but who wrote it."""

    id: UUID
    contract_id: UUID
    number: int
    subject: str
    state: str
    created_at: datetime
    text: str
    email: str | None
    phone: str | None
    answer: str | None

    @classmethod
    def of(cls, ticket: domain.Ticket, *, reader_id: UUID) -> "Ticket":
        own = ticket.author_id == reader_id
        return cls(
            id=ticket.ticket_id,
            contract_id=ticket.contract_id,
            number=ticket.number,
            subject=ticket.wording.subject,
            state=ticket.state,
            created_at=ticket.created_at,
            text=ticket.wording.text,
            email=ticket.wording.email if own else None,
            phone=ticket.wording.phone if own else None,
            answer=ticket.answer,
        )


class TicketPage(BaseModel):
    items: list[Ticket]
    next_cursor: str | None
