"""HTTP, by capability: path, caller, call, answer, declared errors."""

from fastapi import APIRouter

from auth.endpoints import account, keys, profile, recovery, registration, sessions

router = APIRouter()
for one in (sessions, registration, recovery, profile, account, keys):
    router.include_router(one.router)
