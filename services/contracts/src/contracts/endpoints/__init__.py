"""The API of contracts. HTTP only."""

from fastapi import APIRouter

from contracts.endpoints import accesses, documents, ledger, links, operators, sharing

router = APIRouter(prefix="/api/v1")
for part in (links, ledger, sharing, accesses, operators, documents):
    router.include_router(part.router)
