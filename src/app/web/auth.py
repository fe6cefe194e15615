"""Who is signed in: by the access token, or by the refresh token when that has run out."""

from app.domain.errors import Unauthenticated
from app.domain.sessions.access_tokens import Access
from app.domain.sessions.session import Opened, TooManyRefreshes
from app.domain.sessions.sessions import Sessions
from app.web.visit import Visit


async def signed_in(visit: Visit, sessions: Sessions) -> Access:
    """The session of this visit. One that had to be refreshed is answered like any other, with new
    cookies on the way. Raises `Unauthenticated`.
    """
    access = visit.access()
    if access:
        await sessions.check(access)
        return access
    token = visit.refresh_token
    if token is None:
        raise Unauthenticated
    access, tokens = await sessions.refresh(token, visit.origin)
    visit.carry_on(tokens)
    return access


async def signed_in_or_none(visit: Visit, sessions: Sessions) -> Access | None:
    """For pages that greet whoever is there."""
    try:
        return await signed_in(visit, sessions)
    except (Unauthenticated, TooManyRefreshes):
        return None


async def sign_in(visit: Visit, sessions: Sessions, opened: Opened, method: str) -> None:
    """From now on the browser holds this session, and no other: what it held before is ended."""
    await end_held(visit, sessions, "signed in anew")
    visit.sign_in(opened, method)


async def end_held(visit: Visit, sessions: Sessions, reason: str) -> None:
    """The session of this visit, if there is one."""
    await sessions.end_held(visit.access(), visit.refresh_token, reason, visit.origin)
