"""What others may know of a user."""

from auth.domain import User
from topics.auth import User as UserEvent


def user_event(user: User) -> UserEvent:
    return UserEvent(
        user_id=user.id,
        version=user.version,
        language=user.language,
        roles=list(user.roles),
        supplier_code=user.supplier_code,
        disabled=user.disabled,
    )
