"""Sessions in JSON: refreshed, listed, ended."""

from typing import Annotated
from uuid import UUID

from litestar import delete, get, post
from litestar.params import JSONBody, PathParameter

from app.controllers.api.answers import Refreshed, ServiceToken, SessionInfo, SessionList
from app.controllers.api.bodies import RefreshBody, ServiceTokenBody
from app.controllers.api.controller import NO_CONTENT, OK, SIGNED_IN, ApiController, issue
from app.controllers.api.refusals import FRESH_PROOF
from app.controllers.api.request import ApiRequest
from app.domain.errors import Unauthenticated
from app.domain.services import Audience
from app.domain.sessions.service_tokens import UnknownAudience
from app.domain.sessions.session import TooManyRefreshes
from app.domain.sessions.tokens import LIFETIME

SessionId = Annotated[UUID, PathParameter(description="The `id` of a session.")]


class TokensApiController(ApiController):
    path = "/api/v1"
    tags = ("Sessions",)

    @post(
        "/tokens/refresh",
        status_code=OK,
        summary="Replace the tokens of a session",
        refusals=(Unauthenticated, TooManyRefreshes),
    )
    async def refresh_tokens(self, request: ApiRequest, data: JSONBody[RefreshBody]) -> Refreshed:
        """A refresh token is used once. For 10 seconds, or until its successor was used, it yields
        the same successor; after that it ends the session, since it must have been copied.
        """
        _access, tokens = await request.container.sessions.refresh_tokens(
            data.refresh_token, Audience.API, request.origin
        )
        return Refreshed(issue(tokens))

    @post(
        "/tokens/service",
        status_code=OK,
        summary="Get a token for another service",
        security=SIGNED_IN,
        refusals=(UnknownAudience,),
    )
    async def issue_service_token(
        self, request: ApiRequest, data: JSONBody[ServiceTokenBody]
    ) -> ServiceToken:
        """For a service that trusts this server, and for nothing else. It lasts five minutes,
        whatever becomes of the session meanwhile; then ask for another.
        """
        access = await request.require_access()
        tokens = request.container.services.tokens
        token = await tokens.issue_token(access, data.audience)
        return ServiceToken(token, int(LIFETIME.total_seconds()))

    @post(
        "/logout",
        status_code=NO_CONTENT,
        summary="End this session",
        security=SIGNED_IN,
    )
    async def submit_logout(self, request: ApiRequest) -> None:
        """Both of its tokens are dead everywhere within a second."""
        access = await request.require_access()
        await request.container.account.session_ends.sign_out(access, request.origin)

    @get("/sessions", summary="List the sessions of the account", security=SIGNED_IN)
    async def list_sessions(self, request: ApiRequest) -> SessionList:
        """Those that live, last used first."""
        access = await request.require_access()
        listed = await request.container.sessions.list_sessions(access.user_id)
        return SessionList(
            [
                SessionInfo(
                    id=one.id,
                    current=one.id == access.session_id,
                    device=one.device,
                    network=one.network,
                    created_at=one.created_at,
                    last_used_at=one.last_used_at,
                    amr=list(one.amr),
                )
                for one in listed
            ]
        )

    @delete(
        "/sessions/{session_id:uuid}",
        status_code=NO_CONTENT,
        summary="End one session",
        security=SIGNED_IN,
        refusals=FRESH_PROOF,
    )
    async def end_session(self, request: ApiRequest, session_id: SessionId) -> None:
        """One that is not there, or someone else's, is left alone."""
        access = await request.require_access()
        await request.container.account.session_ends.end_one(access, session_id, request.origin)

    @delete(
        "/sessions",
        status_code=NO_CONTENT,
        summary="End all other sessions",
        security=SIGNED_IN,
        refusals=FRESH_PROOF,
    )
    async def end_other_sessions(self, request: ApiRequest) -> None:
        """The one that asks goes on."""
        access = await request.require_access()
        await request.container.account.session_ends.end_others(access, request.origin)
