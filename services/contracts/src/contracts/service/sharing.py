"""Sharing a contract read-only: invite by letter, accept once, list, withdraw."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from common import outbox
from common.email_addresses import checked_email
from common.errors import NotFound, Rejected
from contracts.domain.attempts import recipient_subject
from contracts.domain.links import (
    ACCEPTED_WITHIN,
    Invitation,
    Link,
    LinkedContract,
    LinkState,
    Rights,
    can_end_on,
    end_of_day,
)
from contracts.errors import AlreadyLinked, LinkExpired, LinkUnknown, LinkUsed, ReadOnly, TooManyInvitations
from contracts.repository import contracts, invitations, links
from contracts.resources import Resources
from contracts.secret_keys import TokenKey, new_token, token_of, token_text
from contracts.service.attempts import count_attempt
from contracts.service.links import linked_contract, require_open
from contracts.service.store import tell_links
from topics import CONTRACT_LETTERS
from topics.auth import Letter

ALIVE_MAX = 20


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What the owner asks for: an address, the last day, and the language of the letter."""

    email: str
    expires_on: date
    language: str


async def require_full(connection: AsyncConnection, contract_id: UUID, *, user_id: UUID, now: datetime) -> None:
    """Raise NotFound without a link, ReadOnly with a share."""
    if await require_open(connection, contract_id, user_id=user_id, now=now) is not Rights.FULL:
        raise ReadOnly


async def invite(
    connection: AsyncConnection,
    contract_id: UUID,
    offer: Offer,
    *,
    user_id: UUID,
    resources: Resources,
    now: datetime,
) -> Invitation:
    """Invite somebody by letter. The letter alone carries the token.

    Raises NotFound, ReadOnly, TooManyInvitations, TooMany, Rejected with code `invalid_email`, `email_not_ascii` or
    `invalid_expiry`.
    """
    zone = resources.settings.local_zone
    await contracts.lock_contracts(connection, [contract_id])  # so that parallel invitations count each other
    await require_full(connection, contract_id, user_id=user_id, now=now)
    if not can_end_on(offer.expires_on, today=now.astimezone(zone).date()):
        raise Rejected("a share ends tomorrow or within a year", code="invalid_expiry", field="expires_on")
    if await invitations.alive(connection, contract_id, user_id, now=now) >= ALIVE_MAX:
        raise TooManyInvitations
    expires_at = end_of_day(offer.expires_on, zone)
    email = checked_email(offer.email)
    await _count_letter(connection, resources, email, now=now)
    invitation = Invitation(
        invitation_id=uuid4(),
        contract_id=contract_id,
        invited_by=user_id,
        email=email,
        created_at=now,
        accept_before=min(now + ACCEPTED_WITHIN, expires_at),
        expires_on=offer.expires_on,
        expires_at=expires_at,
    )
    token = new_token()
    await invitations.add_invitation(connection, invitation, token_hmac=resources.token_key.invitation_hmac(token))
    shared = await linked_contract(connection, contract_id, user_id=user_id)
    await outbox.add(
        connection, CONTRACT_LETTERS, _letter(invitation, shared, token, to=email, language=offer.language)
    )
    return invitation


async def accept(
    connection: AsyncConnection, text: str, *, user_id: UUID, name: str | None, key: TokenKey, now: datetime
) -> LinkedContract:
    """Take an invitation up: of many users one gets the link. Without a name it is the contract's number.

    A repeat of who took it up changes nothing, and returns what came of it as long as that lasts. Raises LinkUnknown,
    LinkUsed, LinkExpired (also when it was withdrawn, or its giver lost the contract), AlreadyLinked.
    """
    token = token_of(text)
    invitation = await invitations.find(connection, key.invitation_hmac(token)) if token is not None else None
    if token is None or invitation is None:
        raise LinkUnknown
    locked = (await contracts.lock_contracts(connection, [invitation.contract_id]))[invitation.contract_id]
    if not await invitations.accept(connection, key.invitation_hmac(token), user_id=user_id, now=now):
        return await _accepted(connection, key.invitation_hmac(token), user_id=user_id)
    giver = await links.open_rights(connection, invitation.invited_by, invitation.contract_id, now=now)
    if giver is not Rights.FULL:
        raise LinkExpired
    present = await links.linked_contract(connection, user_id, invitation.contract_id)
    if present is not None and present.link.state is LinkState.LINKED:
        raise AlreadyLinked
    await links.put_link(connection, _share(invitation, user_id=user_id, name=name or locked.number, now=now))
    await tell_links(connection, invitation.contract_id, supplier_code=locked.supplier_code, now=now)
    return await linked_contract(connection, invitation.contract_id, user_id=user_id)


async def withdraw(
    connection: AsyncConnection, invitation_id: UUID, *, contract_id: UUID, user_id: UUID, now: datetime
) -> None:
    """Withdraw an invitation; what came of it ends now. A repeat changes nothing. Raises NotFound, ReadOnly."""
    locked = (await contracts.lock_contracts(connection, [contract_id])).get(contract_id)
    await require_full(connection, contract_id, user_id=user_id, now=now)
    withdrawn = await invitations.withdraw(
        connection, invitation_id, contract_id=contract_id, invited_by=user_id, now=now
    )
    if locked is None or not withdrawn:
        raise NotFound("no such invitation")
    if await links.revoke_share(connection, invitation_id, now=now):
        await tell_links(connection, contract_id, supplier_code=locked.supplier_code, now=now)


async def _accepted(connection: AsyncConnection, token_hmac: bytes, *, user_id: UUID) -> LinkedContract:
    """Return what came of an invitation that this user took up before. Raises what else kept it from being used up."""
    found = await invitations.find(connection, token_hmac)
    if found is None:
        raise LinkUnknown
    if found.accepted_at is None or found.withdrawn_at is not None:
        raise LinkExpired
    present = await links.linked_contract(connection, user_id, found.contract_id)
    if found.accepted_by != user_id or present is None:
        raise LinkUsed
    if present.link.invitation_id != found.invitation_id or present.link.state is not LinkState.LINKED:
        raise LinkUsed
    return present


def _share(invitation: Invitation, *, user_id: UUID, name: str, now: datetime) -> Link:
    return Link(
        contract_id=invitation.contract_id,
        user_id=user_id,
        name=name,
        rights=Rights.READ,
        state=LinkState.LINKED,
        state_reason=None,
        state_changed_at=now,
        linked_at=now,
        invitation_id=invitation.invitation_id,
        expires_on=invitation.expires_on,
        expires_at=invitation.expires_at,
    )


def _letter(invitation: Invitation, shared: LinkedContract, token: bytes, *, to: str, language: str) -> Letter:
    return Letter(
        letter_id=uuid4(),
        user_id=invitation.invited_by,
        kind="contract_shared",
        to=to,
        language=language,
        fields={
            "number": shared.number,
            "supplier": shared.supplier.name,
            "until": f"{invitation.expires_on:%d.%m.%Y}",
            "accept_before": invitation.accept_before.isoformat(),
            "token": token_text(token),
        },
        expires_at=invitation.accept_before,
    )


async def _count_letter(connection: AsyncConnection, resources: Resources, email: str, *, now: datetime) -> None:
    """In the letter's transaction: a refusal sends none and counts none."""
    subject = recipient_subject(
        email,
        limit=resources.settings.invitations_per_recipient,
        window=resources.settings.attempts_window,
        digest=resources.token_key.subject_hmac,
    )
    await count_attempt(connection, subject, now=now)
