"""HTTP, by capability: path, caller, call, answer, declared errors."""

from fastapi import APIRouter

from auth.endpoints import keys, registration, sessions

router = APIRouter()
for one in (sessions, registration, keys):
    router.include_router(one.router)
