"""The code that confirms a session, read out on the phone."""

from app.domain.account.confirmation import Confirmation, MethodNotOffered, session_challenge
from app.domain.identity.phone import Phone
from app.domain.identity.users import Person
from app.domain.limits import Origin
from app.domain.sessions.factors import Factor
from app.domain.sessions.tokens import Access
from app.domain.verification.calling import call_instead
from app.domain.verification.sending import CodeSent


async def call_to_confirm(
    confirmation: Confirmation, access: Access, person: Person, origin: Origin
) -> CodeSent:
    """To the account's phone. Raises what `check` of the methods and `call_instead` do."""
    methods = await confirmation.find_methods(access, person)
    methods.check(methods.code)
    if methods.code is not Factor.PHONE or person.phone is None:
        raise MethodNotOffered
    challenge = session_challenge(access, methods, origin)
    number = Phone.from_e164(person.phone)
    return await call_instead(confirmation.codes_for(methods), challenge, number)
