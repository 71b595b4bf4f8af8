"""HTTP, by capability: path, caller, call, answer, declared errors."""

from fastapi import APIRouter

from auth.endpoints import account, api_keys, factors, keys, profile, recovery, registration, sessions

router = APIRouter()
for one in (sessions, registration, recovery, profile, account, factors, api_keys, keys):
    router.include_router(one.router)
