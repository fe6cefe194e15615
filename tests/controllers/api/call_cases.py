"""What people do who are called, as of `cases.py`."""

from tests.controllers.api.cases import ASKED, BY_PASSWORD, Case

CALL_CASES = [
    Case(
        name="a call for want of a text",
        steps=f"{ASKED} signup/phone-code/call !unusable signup/phone-code/call !failed "
        "signup/phone-code/call>phone signup/phone-code:right",
        ends="email",
        codes="too_soon call_not_offered",
        audit="signup:code_sent signup:code_called signup:phone_proved",
        sent="phone_code phone_call",
    ),
    Case(
        name="a sign-in by a call",
        steps="login/phone:owner_phone>owner_phone !failed login/phone-code/call>owner_phone "
        "login/phone-code:right",
        ends="in",
        audit="signup:code_sent signup:code_called signup:phone_proved session:opened",
        sent="phone_code phone_call new_device",
    ),
    Case(
        name="a fresh proof and a new number by calls",
        steps=f"{BY_PASSWORD} confirm/code>owner_phone !failed confirm/call>owner_phone "
        "confirm:right me/phone:phone>phone !failed me/phone-code/call>phone me/phone-code:right",
        ends="in",
        audit="session:opened confirm:code_sent confirm:code_called session:confirmed "
        "change-phone:code_sent change-phone:code_called account:phone_changed",
        sent="new_device phone_code phone_call phone_code phone_call phone_changed_text "
        "phone_changed",
        events="user.updated",
    ),
]
