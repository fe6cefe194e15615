"""What people do, whether by pages or by calls, and what comes of it: see `Story` for the steps."""

from dataclasses import dataclass

ASKED = "signup/phone:phone>phone"
PROVED = f"{ASKED} signup/phone-code:right"
BY_PHONE = "login/phone:owner_phone>owner_phone login/phone-code:right"
BY_PASSWORD = "login/password:owner_email,good"
CONFIRMED = f"{BY_PASSWORD} confirm/code>owner_phone confirm:right"
FOUR = " ".join(["signup/phone-code:wrong"] * 4)


@dataclass(frozen=True, kw_only=True)
class Case:
    """`ends` is the step that the last one leads to, "" where that is refused; `codes` those of the
    refusals. What is added: audit events, templates of what is `sent`, events for services.
    """

    name: str
    steps: str
    ends: str = ""
    codes: str = ""
    audit: str = ""
    sent: str = ""
    events: str = ""


CASES = [
    Case(
        name="a sign-up",
        steps="signup/phone:phone>phone signup/phone-code:wrong signup/phone-code:right "
        "signup/email:email>email signup/email-code:wrong signup/email-code:right "
        "signup/password:weak signup/password:short signup/password:good",
        ends="in",
        codes="wrong_code wrong_code weak_password weak_password",
        audit="signup:code_sent signup:code_refused signup:phone_proved signup:code_sent "
        "signup:code_refused signup:email_proved signup:completed session:opened",
        sent="phone_code email_code",
        events="user.created",
    ),
    Case(
        name="a sign-up with a number that has an account",
        steps="signup/phone:owner_phone>owner_phone signup/phone-code:right",
        ends="in",
        audit="signup:code_sent signup:phone_proved session:opened",
        sent="phone_code new_device",
    ),
    Case(
        name="a sign-up with an address that has one",
        steps=f"{PROVED} signup/email:owner_email signup/email-code:12345678",
        codes="wrong_code",
        audit="signup:code_sent signup:phone_proved signup:code_sent signup:code_refused",
        sent="phone_code email_taken",
    ),
    Case(
        name="numbers that cannot be",
        steps="signup/phone:12345 signup/phone:0612345678 signup/phone:0612345678,country=XX "
        "signup/phone:+8613800138000 signup/phone:+61288880000 signup/phone:empty "
        "signup/phone:0612345678,country=FR",
        ends="phone-code",
        codes="bad_phone country_needed unserved_phone unserved_phone landline_phone bad_phone",
        audit="signup:code_sent",
        sent="phone_code",
    ),
    Case(
        name="addresses that cannot be",
        steps=f"{PROVED} signup/email:typo signup/email:empty signup/email:x@y "
        "signup/email:email>email",
        ends="email-code",
        codes="likely_typo bad_email bad_email",
        audit="signup:code_sent signup:phone_proved signup:code_sent",
        sent="phone_code email_code",
    ),
    Case(
        name="a code that is used up",
        steps=f"{ASKED} signup/phone-code:wrong signup/phone-code:again {FOUR} "
        "signup/phone-code:right signup/phone-code/resend>phone signup/phone-code:right",
        ends="email",
        codes="wrong_code wrong_code wrong_code wrong_code wrong_code wrong_code spent_code",
        audit="signup:code_sent signup:code_refused signup:code_refused signup:code_refused "
        "signup:code_refused signup:code_refused signup:code_sent signup:phone_proved",
        sent="phone_code phone_code",
    ),
    Case(
        name="a code that has expired",
        steps=f"{ASKED} !expired signup/phone-code:wrong signup/phone-code:right "
        "signup/phone-code/resend>phone signup/phone-code:right",
        ends="email",
        codes="expired_code expired_code",
        audit="signup:code_sent signup:code_sent signup:phone_proved",
        sent="phone_code phone_code",
    ),
    Case(
        name="what is no code",
        steps=f"{ASKED} signup/phone-code:12 signup/phone-code:empty signup/phone-code:abc",
        codes="bad_code bad_code bad_code",
        audit="signup:code_sent",
        sent="phone_code",
    ),
    Case(
        name="steps that are not the current one",
        steps=f"{PROVED} signup/phone-code:123456 signup/password:good signup/email-code:12345678",
        ends="email",
        codes="out_of_step out_of_step out_of_step",
        audit="signup:code_sent signup:phone_proved",
        sent="phone_code",
    ),
    Case(
        name="contacts changed on the way",
        steps="signup/phone:phone signup/phone:other_phone>other_phone signup/phone-code:right "
        "signup/email:email signup/email:other_email>other_email signup/email-code:right "
        "signup/phone:phone",
        ends="phone-code",
        audit="signup:code_sent signup:code_sent signup:phone_proved signup:code_sent "
        "signup:code_sent signup:email_proved signup:code_sent",
        sent="phone_code phone_code email_code email_code phone_code",
    ),
    Case(
        name="a sign-in by phone",
        steps="login/phone:owner_phone>owner_phone login/phone-code:wrong "
        "login/phone-code/resend>owner_phone login/phone-code:right",
        ends="in",
        codes="wrong_code",
        audit="signup:code_sent signup:code_refused signup:code_sent_again signup:phone_proved "
        "session:opened",
        sent="phone_code phone_code new_device",
    ),
    Case(
        name="a sign-in with a number that nobody has",
        steps="login/phone:phone>phone login/phone-code:right signup/email:email>email "
        "signup/email-code:right signup/password:good",
        ends="in",
        audit="signup:code_sent signup:phone_proved signup:code_sent signup:email_proved "
        "signup:completed session:opened",
        sent="phone_code email_code",
        events="user.created",
    ),
    Case(
        name="sign-ins by password",
        steps="login/password:owner_email,weak login/password:email,weak "
        f"login/password:empty,weak login/password:owner_email,empty {BY_PASSWORD}",
        ends="in",
        codes="invalid_credentials invalid_credentials bad_email invalid_credentials",
        audit="password:refused password:refused password:refused session:opened",
        sent="new_device",
    ),
    Case(
        name="a dormant account",
        steps="!unused login/phone:owner_phone>owner_phone login/phone-code:right>owner_email "
        "login/phone-code:123456 login/email-code:wrong "
        "login/email-code/resend>owner_email login/email-code:right",
        ends="in",
        codes="out_of_step wrong_code",
        audit="signup:code_sent signup:phone_proved login:code_sent login:code_refused "
        "login:code_sent_again login:owner_proved session:opened",
        sent="phone_code login_code login_code new_device",
    ),
    Case(
        name="a sign-up with the number of one",
        steps="!unused signup/phone:owner_phone>owner_phone "
        "signup/phone-code:right>owner_email login/email-code:right",
        ends="in",
        audit="signup:code_sent signup:phone_proved login:code_sent login:owner_proved "
        "session:opened",
        sent="phone_code login_code new_device",
    ),
    Case(
        name="a number that is released",
        steps=f"!unused {BY_PHONE} login/release signup/email:email>email "
        "signup/email-code:right signup/password:good",
        ends="in",
        audit="signup:code_sent signup:phone_proved login:code_sent account:phone_released "
        "signup:code_sent signup:email_proved signup:completed session:opened",
        sent="phone_code login_code phone_released email_code",
        events="user.updated user.created",
    ),
    Case(
        name="a recovery",
        steps="recovery/email:owner_email>owner_email recovery/email-code:wrong "
        "recovery/email-code:right recovery/password:weak recovery/password:better "
        "login/password:owner_email,good login/password:owner_email,better",
        ends="in",
        codes="wrong_code weak_password invalid_credentials",
        audit="recovery:code_sent recovery:code_refused recovery:email_proved "
        "session:all_ended recovery:completed password:refused session:opened",
        sent="recovery_code password_reset password_reset_text new_device",
        events="session.revoked",
    ),
    Case(
        name="a recovery of nothing",
        steps="recovery/email:email recovery/email-code:12345678 recovery/email-code/resend "
        "recovery/password:better",
        ends="email-code",
        codes="wrong_code out_of_step",
        audit="recovery:code_sent recovery:code_refused recovery:code_sent_again",
        sent="recovery_unknown recovery_unknown",
    ),
    Case(
        name="addresses for a recovery",
        steps="recovery/email:typo recovery/email:empty recovery/email:owner_email "
        "recovery/email:other_email recovery/email-code/resend",
        ends="email-code",
        codes="likely_typo bad_email",
        audit="recovery:code_sent recovery:code_sent recovery:code_sent_again",
        sent="recovery_code recovery_unknown recovery_unknown",
    ),
    Case(
        name="changes without a fresh proof",
        steps=f"{BY_PASSWORD} me/phone:phone me/password:better me/export delete me/email:email "
        "confirm:good confirm:empty",
        codes="confirmation_required confirmation_required confirmation_required "
        "confirmation_required confirmation_required not_this_way not_this_way",
        audit="session:opened",
        sent="new_device",
    ),
    Case(
        name="contacts that are changed",
        steps=f"{CONFIRMED} me/phone:owner_phone me/phone:12345 me/phone:phone>phone "
        "me/phone-code:wrong me/phone-code/resend>phone me/phone-code:right "
        "me/email:owner_email me/email:typo me/email:email>email me/email-code:right "
        "delete",
        codes="own_phone bad_phone wrong_code own_email likely_typo deletion_waits",
        audit="session:opened confirm:code_sent session:confirmed change-phone:code_sent "
        "change-phone:code_refused change-phone:code_sent_again account:phone_changed "
        "change-email:code_sent account:email_changed",
        sent="new_device phone_code phone_code phone_code phone_changed_text phone_changed "
        "email_change_code email_changed_text email_changed_text email_changed",
        events="user.updated user.updated",
    ),
    Case(
        name="contacts that others have",
        steps=f"{CONFIRMED} me/phone:taken_phone>taken_phone me/phone-code:right "
        "me/email:taken_email me/email-code:12345678",
        codes="phone_taken wrong_code",
        audit="session:opened confirm:code_sent session:confirmed change-phone:code_sent "
        "account:phone_change_refused change-email:code_sent change-email:code_refused",
        sent="new_device phone_code phone_code email_change_code",
    ),
    Case(
        name="a password that is changed",
        steps=f"{BY_PHONE} me/password:better confirm:weak confirm:good me/password:short "
        "me/password:better end_others logout me/export",
        ends="unauthenticated",
        codes="confirmation_required wrong_password weak_password unauthenticated",
        audit="signup:code_sent signup:phone_proved session:opened password:refused "
        "session:confirmed session:all_ended account:password_changed session:ended",
        sent="phone_code new_device password_changed",
        events="session.revoked session.revoked",
    ),
    Case(
        name="proofs that grow old",
        steps=f"{BY_PASSWORD} confirm/code>owner_phone !expired confirm:right "
        "confirm/code>owner_phone confirm:right !aged me/export",
        ends="confirmation_required",
        codes="expired_code confirmation_required",
        audit="session:opened confirm:code_sent confirm:code_sent session:confirmed",
        sent="new_device phone_code phone_code",
    ),
    Case(
        name="an identity that is removed",
        steps=f"!linked {BY_PHONE} remove_identity confirm:good remove_identity",
        ends="in",
        codes="confirmation_required",
        audit="signup:code_sent signup:phone_proved session:opened session:confirmed "
        "identity:removed",
        sent="phone_code new_device identity_removed",
    ),
    Case(
        name="a deletion by a code",
        steps=f"{BY_PHONE} delete:weak confirm/code>owner_email confirm:wrong delete:right "
        "me/export",
        ends="unauthenticated",
        codes="wrong_password wrong_code unauthenticated",
        audit="signup:code_sent signup:phone_proved session:opened password:refused "
        "confirm:code_sent confirm:code_refused session:confirmed session:all_ended "
        "account:deleted",
        sent="phone_code new_device confirm_code account_deleted account_deleted_text",
        events="session.revoked session.revoked user.deleted",
    ),
    Case(
        name="a deletion by the password",
        steps=f"{BY_PHONE} delete delete:weak delete:good",
        ends="gone",
        codes="wrong_password wrong_password",
        audit="signup:code_sent signup:phone_proved session:opened password:refused "
        "session:confirmed session:all_ended account:deleted",
        sent="phone_code new_device account_deleted account_deleted_text",
        events="session.revoked session.revoked user.deleted",
    ),
    Case(
        name="a deletion after a proof",
        steps=f"{CONFIRMED} me/export delete me/export",
        ends="unauthenticated",
        codes="unauthenticated",
        audit="session:opened confirm:code_sent session:confirmed account:exported "
        "session:all_ended account:deleted",
        sent="new_device phone_code account_deleted account_deleted_text",
        events="session.revoked session.revoked user.deleted",
    ),
]
