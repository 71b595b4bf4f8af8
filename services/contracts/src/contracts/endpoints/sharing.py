"""Sharing a contract read-only by invitation."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from common.db import Transaction
from common.http.auth import CurrentCaller
from common.http.idempotency import IdempotencyKey, once
from common.http.pages import Cursor, Limit, decode_moment, encode_moment
from common.http.problems import declared
from contracts.domain.attempts import invitation_subject
from contracts.repository import invitations
from contracts.resources import CurrentResources, Resources
from contracts.schemas.contracts import Contract
from contracts.schemas.sharing import Acceptance, Invitation, InvitationPage, NewInvitation
from contracts.service import sharing
from contracts.service.attempts import count_attempt
from contracts.service.sharing import Offer

router = APIRouter(tags=["contracts"])


@router.post(
    "/contracts/{contract_id}/invitations",
    status_code=201,
    response_model=Invitation,
    responses=declared(401, 403, 404, 409, 422, 429),
)
async def invite_reader(
    caller: CurrentCaller,
    resources: CurrentResources,
    contract_id: UUID,
    wanted: NewInvitation,
    idempotency_key: IdempotencyKey,
) -> Response:
    """Invite somebody by letter to read a contract until the end of a day."""
    now = datetime.now(UTC)
    await _count(resources, caller.user_id, now=now)

    async def invite() -> Invitation:
        given = await sharing.invite(
            connection,
            contract_id,
            Offer(email=wanted.email, expires_on=wanted.expires_on, language=wanted.language),
            user_id=caller.user_id,
            resources=resources,
            now=now,
        )
        return Invitation.of(given, now=now)

    async with resources.engine.begin() as connection:
        return await once(
            connection,
            user_id=caller.user_id,
            operation=f"invite_reader:{contract_id}",
            key=idempotency_key,
            request=wanted,
            run=invite,
        )


@router.get("/contracts/{contract_id}/invitations", responses=declared(401, 403, 404, 422))
async def list_invitations(
    caller: CurrentCaller, connection: Transaction, contract_id: UUID, cursor: Cursor = None, limit: Limit = 50
) -> InvitationPage:
    """List the invitations to a contract that the caller gave, newest first, with their use.

    Some time after an invitation has ended its address is forgotten, and the invitation is listed no more.
    """
    now = datetime.now(UTC)
    await sharing.require_full(connection, contract_id, user_id=caller.user_id, now=now)
    found = await invitations.invitations_of(
        connection,
        contract_id,
        caller.user_id,
        before=decode_moment(cursor) if cursor else None,
        limit=limit + 1,
    )
    more = len(found) > limit
    return InvitationPage(
        items=[Invitation.of(one, now=now) for one in found[:limit]],
        next_cursor=encode_moment(found[limit - 1].created_at, found[limit - 1].invitation_id) if more else None,
    )


@router.delete(
    "/contracts/{contract_id}/invitations/{invitation_id}", status_code=204, responses=declared(401, 403, 404, 422)
)
async def withdraw_invitation(
    caller: CurrentCaller, connection: Transaction, contract_id: UUID, invitation_id: UUID
) -> None:
    """Withdraw an invitation; if it was accepted, the guest's access ends now."""
    await sharing.withdraw(
        connection, invitation_id, contract_id=contract_id, user_id=caller.user_id, now=datetime.now(UTC)
    )


@router.post("/invitations/accept", status_code=201, responses=declared(401, 404, 409, 410, 422, 429))
async def accept_invitation(caller: CurrentCaller, resources: CurrentResources, wanted: Acceptance) -> Contract:
    """Accept an invitation by the token of its letter, once. A repeat by the same user is answered like the first."""
    now = datetime.now(UTC)
    await _count(resources, caller.user_id, now=now)
    async with resources.engine.begin() as connection:
        accepted = await sharing.accept(
            connection, wanted.token, user_id=caller.user_id, name=wanted.name, key=resources.token_key, now=now
        )
        return Contract.of(accepted)


async def _count(resources: Resources, user_id: UUID, *, now: datetime) -> None:
    """Count in a transaction of its own: the count must outlive a refusal."""
    settings = resources.settings
    subject = invitation_subject(
        user_id,
        limit=settings.invitations_per_user,
        window=settings.attempts_window,
        digest=resources.token_key.subject_hmac,
    )
    async with resources.engine.begin() as connection:
        await count_attempt(connection, subject, now=now)
