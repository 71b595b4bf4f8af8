"""Who may read one contract: a signed-in user, and a program whose API key names the contract."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from common.errors import NotFound
from common.http.auth import Caller, CurrentReader


async def _reader_of(contract_id: UUID, caller: CurrentReader) -> Caller:
    if not caller.may_see(contract_id):
        raise NotFound("no such contract")
    return caller


# Says what the token's scope covers; whether the user has linked the contract is asked besides.
ContractReader = Annotated[Caller, Depends(_reader_of)]
