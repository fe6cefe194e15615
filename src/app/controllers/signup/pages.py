"""The pages of a sign-up, and the words and numbers that their templates ask for."""

from typing import Any

from app.controllers.flow_forms import PASSWORD, country_name, country_values, other_methods
from app.controllers.plan import find_plan_status
from app.controllers.signup.request import LOGIN, PHONE_STEPS, SignupRequest
from app.domain.errors import Refusal, Unavailable
from app.domain.identity.email_address import LikelyTypo
from app.domain.signup.accounts import EmailTaken
from app.domain.signup.signup import Contact, Signup, Step
from app.web.request_context import find_session
from app.web.response import HttpResponse

TemplateValues = dict[str, Any]

# As the cookie says it that remembers the last one.
METHODS = ("phone", "password", "auth0")
# What is told on the last page to someone whose number had an account.
WELCOME_BACK = ("existing", "linked", "not-linked")


class SignupPages:
    """The pages that one request of a sign-up may be answered with."""

    def __init__(self, signup_request: SignupRequest) -> None:
        self._request, self._context = signup_request, signup_request.context
        self._container = signup_request.container

    async def render_login_page(self) -> HttpResponse:
        """Nothing is looked up for it. In the middle of something a number is another one."""
        self._request.loaded = Signup(self._context.flow.id)
        self._request.is_changing = self._context.flow.has_begun
        return await self.render_phone_page("")

    async def render_phone_page(
        self,
        typed: str,
        country: str = "",
        refusal: Refusal | None = None,
        *,
        unknown_plan: bool = False,
    ) -> HttpResponse:
        signup = await self._load_or_empty(refusal)
        if refusal is None:  # what was typed before the page was asked for in another language
            kept = self._context.remembered.get_typed
            typed, country = typed or kept("phone"), country or kept("country")
        steps, template = (
            progress(signup, Step.PHONE),
            f"{self._request.entry_point.name}/phone.html",
        )
        values = brought(signup) | phone_values(
            typed,
            changing=self._request.is_changing,
            kept=_kept_number(signup) is not None,
            texts_down=self._container.dispatcher.texts.are_down,
        )
        values |= self._beside_the_number(unknown_plan=unknown_plan)
        countries = country_values(self._container, self._context, country, refusal)
        shared = steps | self._known_of_sign_in() | countries
        if typed or country or refusal or signup.identity or shared.get("asked"):
            return self.render_page(template, values | shared, refusal)
        return self._render_prerendered(template, values, shared)

    def _beside_the_number(self, *, unknown_plan: bool) -> TemplateValues:
        return {
            "auth0_ready": self._container.has_auth0,
            "auth0_down": self._container.is_auth0_down,
            "unknown_plan": unknown_plan,
        }

    def _known_of_sign_in(self) -> TemplateValues:
        """How someone last signed in here, and what for they are sent to sign in now."""
        if self._request.entry_point is not LOGIN:
            return {}
        remembered = self._context.remembered
        asked = remembered.get_return_target("").partition("?")[0]
        last = remembered.last_method
        return {
            "last_method": last if last in METHODS else "",
            "asked": asked.strip("/") or asked,
        }

    async def render_email_page(self, typed: str, refusal: Refusal | None = None) -> HttpResponse:
        signup = await self._load_or_empty(refusal)
        steps = progress(signup, Step.EMAIL)
        kept_number = _kept_number(signup)
        values = brought(signup) | email_values(
            typed,
            changing=self._request.is_changing,
            kept_number=kept_number,
            mail_down=self._container.dispatcher.mail.are_down,
            refusal=refusal,
        )
        if typed or refusal or signup.identity or kept_number:
            return self.render_page("signup/email.html", values | steps, refusal)
        return self._render_prerendered("signup/email.html", values, steps)

    async def render_password_page(self, refusal: Refusal | None = None) -> HttpResponse:
        signup = await self._request.load_flow()
        username = signup.email.value if signup.email else ""
        values = password_values(username, self._container.password_min_length)
        return self.render_step(signup, Step.PASSWORD, values, refusal)

    def render_step(
        self, signup: Signup, step: Step, values: TemplateValues, refusal: Refusal | None
    ) -> HttpResponse:
        """The page of a step, whose template has its name."""
        template = f"signup/{step.replace('-', '_')}.html"
        return self.render_page(template, values | progress(signup, step), refusal)

    async def render_finish_page(self, refusal: Refusal) -> HttpResponse:
        """An address that got an account meanwhile is named anew."""
        if isinstance(refusal, EmailTaken):
            return await self.render_email_page("", refusal)
        return await self.render_password_page(refusal)

    async def render_link_page(self, refusal: Refusal | None = None) -> HttpResponse:
        signup = await self._request.load_flow_once()
        values = link_values(signup)
        return self.render_page("signup/link.html", values, refusal)

    async def render_done_page(self) -> HttpResponse:
        """For whoever has just been signed in, or whose account is ready but answer got lost."""
        access = await find_session(self._context, self._container.sessions)
        person = await self._container.people.find_person(access.user_id) if access else None
        self._context.person = person
        signup = await self._request.load_flow()
        if person is None and signup.step is not Step.DONE:
            return self._request.redirect_to_step(signup.step)
        email = person.email if person else signup.email and signup.email.value
        values = {
            "phone": person.formatted_phone if person else signup.number.formatted,
            "email": email,
            # Who proved a known number was never asked for an address.
            "existing": self._context.remembered.notice in WELCOME_BACK or email is None,
            "signed_in": person is not None,
            "has_password": person is None or person.password_changed_at is not None,
        }
        return self.render_page("signup/done.html", values, None)

    async def _load_or_empty(self, refusal: Refusal | None) -> Signup:
        """For a page that says why not, also where nothing can be looked up."""
        try:
            return await self._request.load_flow_once()
        except Unavailable:
            if refusal is None:
                raise
            return Signup(self._context.flow.id)

    def render_page(
        self, template: str, values: dict[str, Any], refusal: Refusal | None
    ) -> HttpResponse:
        return self._container.pages.render_page(
            self._context, template, self.with_plan(values, refusal), refusal
        )

    def with_plan(self, values: dict[str, Any], refusal: Refusal | None) -> dict[str, Any]:
        """And with the other ways in, where this one is closed."""
        return {
            "ways": self._other_methods(refusal),
            "plan": find_plan_status(self._container, self._request.plan),
            **values,
        }

    def _other_methods(self, refusal: Refusal | None) -> list[str]:
        """Besides the proof of this step. Who came with Auth0 has had that one."""
        known = self._request.loaded or Signup(self._context.flow.id)
        purpose = "login" if known.step in PHONE_STEPS else "signup"
        return other_methods(
            self._container, refusal, PASSWORD, auth0_for="" if known.identity else purpose
        )

    def _render_prerendered(
        self, template: str, values: dict[str, Any], steps: dict[str, Any] | None = None
    ) -> HttpResponse:
        steps = steps or {}
        if self._request.plan:
            return self.render_page(template, values | steps, None)
        values["plan"] = None
        return self._container.pages.render_prerendered(self._context, template, values, steps)


def progress(signup: Signup, step: Step) -> TemplateValues:
    """The steps, and which of them this is."""
    steps = signup.steps_at(step)
    return {"steps": steps, "at": next((one for one in steps if one.step is step), None)}


def brought(signup: Signup) -> TemplateValues:
    """Who a provider says that this is, and the address that the account gets or is likely to."""
    identity = signup.identity
    if identity is None:
        return {"identity": None}
    proved = signup.email.value if signup.email and signup.email.proved else None
    address = proved or identity.email
    return {"identity": identity, "address": address, "address_given": proved is not None}


def link_values(signup: Signup) -> TemplateValues:
    return {
        "identity": signup.identity,
        "phone": signup.number.formatted,
        "came_at": signup.identity.at if signup.identity else None,
    }


def phone_values(typed: str, *, changing: bool, kept: bool, texts_down: bool) -> TemplateValues:
    return {"typed": typed, "texts_down": texts_down, "changing": changing, "kept": kept}


def email_values(
    typed: str,
    *,
    changing: bool,
    kept_number: str | None,
    mail_down: bool,
    refusal: Refusal | None,
) -> TemplateValues:
    suggestion = refusal.suggestion if isinstance(refusal, LikelyTypo) else None
    return {
        "typed": typed,
        "suggestion": suggestion,
        "mail_down": mail_down,
        "changing": changing,
        "kept_number": kept_number,
    }


def _kept_number(signup: Signup) -> str | None:
    """One that is texted once the address is proved."""
    phone = signup.phone
    return (phone.typed or phone.value) if phone and phone.kept else None


def password_values(username: str, minimum: int) -> TemplateValues:
    return {"username": username, "min_length": minimum}


def code_page_values(contact: Contact) -> TemplateValues:
    return {
        "destination": contact.typed or contact.value,
        "country_name": country_name(contact.region),
    }
