"""One's own account in JSON: read, confirmed, changed, deleted."""

from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, patch
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET

from app.controllers.api.answers import Identity, IdentityList, Me, Plan
from app.controllers.api.bodies import MeBody, PickedPlan, ProofBody
from app.controllers.api.controller import NO_CONTENT, SIGNED_IN, ApiController, describe_user
from app.controllers.api.refusals import CHANGE, FRESH_PROOF, PROOF
from app.controllers.api.request import ApiRequest, BadField
from app.domain.account.personal_data import DeletionWaits
from app.domain.errors import Unauthenticated
from app.domain.federation.identities import LastWayIn
from app.domain.i18n import _
from app.domain.identity.users import Person
from app.domain.pricing.choice import Choice, State, assess_choice, read_choice
from app.domain.sessions.session import ConfirmationNeeded
from app.domain.sessions.tokens import Access


class UnknownLocale(BadField):
    code = "unknown_locale"
    field = "locale"
    message = _("We don’t have that language.")


class UnknownPlan(BadField):
    code = "unknown_plan"
    field = "plan"
    message = _("That plan, period or currency isn’t offered, or costs something else now.")


IdentityId = Annotated[UUID, PathParameter(description="The `id` of a linked sign-in.")]


class MeApiController(ApiController):
    path = "/api/v1/me"
    tags = ("Account",)
    security = SIGNED_IN

    @get(summary="Read the account")
    async def show_me(self, request: ApiRequest) -> Me:
        """Whose the bearer token is."""
        _access, person = await request.require_person()
        return _describe(person)

    @patch(
        summary="Change the plan or the language",
        refusals=(UnknownPlan, UnknownLocale),
    )
    async def update_me(self, request: ApiRequest, data: JSONBody[MeBody]) -> Me:
        """Everything else has calls of its own, which ask for a fresh proof. The answer has what
        is kept: the language of an older account stays in a session of less than a day.
        """
        access, person = await request.require_person()
        choice = None if data.plan is UNSET else _choose(request, data.plan)
        if data.locale is not UNSET:
            await _remember_language(request, access, data.locale)
        if choice:
            await request.container.plan_choices.save_choice(person.id, choice)
        elif data.plan is None:
            await request.container.plan_choices.delete_choice(person.id)
        return _describe(await _reload(request, person.id))

    @delete(
        status_code=NO_CONTENT,
        summary="Delete the account",
        refusals=(*PROOF, ConfirmationNeeded, DeletionWaits),
    )
    async def delete_me(self, request: ApiRequest, data: JSONBody[ProofBody | None] = None) -> None:
        """All of it, for good. Asks for a proof in the body, or for one of the last 10 minutes."""
        proof, (access, person) = data or ProofBody(), await request.require_person()
        account = request.container.account
        if waits := await account.deletion.waits(person):
            raise waits
        await account.confirmation.require_proof(
            access, person, request.device, code=proof.code, password=proof.password
        )
        await account.deletion.delete_account(access, person, request.origin)

    @get(
        "/export",
        summary="Export all that is held about the person",
        refusals=FRESH_PROOF,
    )
    async def export_me(self, request: ApiRequest) -> dict[str, list[dict[str, Any]]]:
        """A list of rows for each kind of thing. Asks for a fresh proof."""
        access = await request.require_access()
        await request.container.sessions.require_fresh(access)
        personal_data = request.container.account.personal_data
        return await personal_data.download_data(access.user_id, request.origin)

    @get("/identities", summary="List the linked logins")
    async def list_identities(self, request: ApiRequest) -> IdentityList:
        """Of identity providers."""
        access = await request.require_access()
        listed = await request.container.account.identities.list_identities(access.user_id)
        return IdentityList([Identity(one.id, one.issuer, one.created_at) for one in listed])

    @delete(
        "/identities/{identity_id:uuid}",
        status_code=NO_CONTENT,
        summary="Remove one",
        refusals=(*CHANGE, LastWayIn),
    )
    async def remove_identity(self, request: ApiRequest, identity_id: IdentityId) -> None:
        """And end the sessions that it opened. Asks for a fresh proof."""
        access = await request.require_access()
        await request.container.account.identities.remove_identity(
            access, identity_id, request.origin
        )


async def _reload(request: ApiRequest, user_id: UUID) -> Person:
    person = await request.container.people.find_person(user_id)
    if person is None:
        raise Unauthenticated
    return person


def _describe(person: Person) -> Me:
    user, choice = describe_user(person), Choice.read(person.plan)
    plan = None
    if choice:
        plan = Plan(choice.plan, choice.interval, choice.currency, choice.amount_minor)
    return Me(user.id, user.phone, user.email, user.created_at, user.auth0, plan, person.language)


def _choose(request: ApiRequest, picked: PickedPlan | str | None) -> Choice | None:
    """Raises `UnknownPlan`."""
    if picked is None:
        return None
    plan = PickedPlan(picked) if isinstance(picked, str) else picked
    current = request.container.prices.get_known()
    amount = "" if plan.amount_minor is None else str(plan.amount_minor)
    choice = read_choice(current.catalogue, plan.code, plan.period, plan.currency.upper(), amount)
    if choice is None or assess_choice(choice, current).state in (State.CHANGED, State.GONE):
        raise UnknownPlan
    return choice


async def _remember_language(request: ApiRequest, access: Access, code: str) -> None:
    """Raises `UnknownLocale`."""
    if code not in request.container.language_finder.languages.offered:
        raise UnknownLocale
    await request.container.people.remember_language(access.user_id, access.session_id, code)
