"""Settings: one frozen value, read once from the environment, with every problem listed at once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime

from app.domain.identity.fixed_codes import LONGEST
from app.domain.keys import keys_for
from app.domain.languages import CATALOGUES
from app.domain.services import Audience
from app.settings.environment import E164, Reader, is_loopback
from app.settings.networks import are_everybody
from app.settings.secret_keys import is_guessable
from app.settings.sms import SmsSender, find_region_problems, is_sender
from app.settings.smtp_url import FORM as SMTP_FORM
from app.settings.values import OWN_AUTH0, SMS_VENDORS, Settings

__all__ = [
    "DEVELOPMENT_KEY",
    "BadSettings",
    "Settings",
    "inspect_settings",
    "read_settings",
    "read_values",
]

# Only for development: whoever runs production must bring a key of their own.
DEVELOPMENT_KEY = "development-only-key-never-for-production"
OPS_TOKEN_LENGTH = 16  # characters at least; whoever guesses it sees who is stopped and why


class BadSettings(Exception):
    """All problems found, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def read_settings(environ: Mapping[str, str], needed: Collection[str] | None = None) -> Settings:
    """Reads and checks everything that is given; raises `BadSettings` with all problems at once.
    `needed` are the variables that must not be missing, None for all that a server needs.
    """
    settings, problems = inspect_settings(environ, needed)
    if problems:
        raise BadSettings(problems)
    return settings


def inspect_settings(
    environ: Mapping[str, str], needed: Collection[str] | None = None
) -> tuple[Settings, list[str]]:
    """As far as they can be read, and everything that is wrong with them."""
    reader = Reader(environ)
    settings = _fill_in(read_values(reader), environ)
    problems = reader.problems + _contradictions(settings)
    missing = _missing_of_vendors(settings)
    if not settings.is_local:
        problems += _unsafe_in_front_of_people(settings)
        missing += _missing(
            [(settings.secret_key, "SECRET_KEY", "a random text of at least 32 bytes")]
        )
    if settings.is_production:
        missing += _missing_in_production(settings, environ)
    problems += [each for each in missing if needed is None or each.split(" ")[0] in needed]
    if problems and not (settings.is_production or settings.is_local):
        problems.append(_why_nothing_stands_in(settings))
    return settings, problems


def read_values(reader: Reader) -> Settings:
    """Each field by what is declared beside it; what is wrong with one is told to the reader."""
    read = {each.name: each.metadata["read"](reader, each.name) for each in fields(Settings)}
    return _with_senders(reader, Settings(**read))


def _with_senders(reader: Reader, settings: Settings) -> Settings:
    """Each with what its vendor needs, by settings that begin with its own name. Twilio alone where
    nobody says anything else.
    """
    senders = settings.sms_senders
    if not senders and settings.twilio_account_sid:
        senders = (SmsSender("twilio", "twilio"),)
    known = [each for each in senders if is_sender(each.name) and each.vendor in SMS_VENDORS]
    reader.problems += [
        f"SMS_SENDERS: {each.name} must be, or begin with, {' or '.join(SMS_VENDORS)}."
        for each in senders
        if each not in known
    ]
    return replace(settings, sms_senders=tuple(_with_values(reader, each) for each in known))


def _with_values(reader: Reader, sender: SmsSender) -> SmsSender:
    if sender.name == sender.vendor:
        return sender  # the settings as they are
    read = {
        each.name: each.metadata["read"](reader, f"{sender.name}{each.name[len(sender.vendor) :]}")
        for each in fields(Settings)
        if each.name.startswith(f"{sender.vendor}_")
    }
    return replace(sender, values=read)


def _fill_in(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """The defaults that depend on other settings."""
    if "BASE_URL" not in environ:
        settings = replace(settings, base_url=f"http://127.0.0.1:{settings.port}")
    if not settings.default_region:
        settings = replace(settings, default_region=next(iter(settings.sms_regions), ""))
    if not settings.secret_key and settings.is_local:
        settings = replace(settings, secret_key=(DEVELOPMENT_KEY,))
    if settings.twilio_call_from is None and E164.fullmatch(settings.twilio_from_number):
        settings = replace(settings, twilio_call_from=settings.twilio_from_number)
    known = (settings.auth0_issuer, settings.auth0_client_id, settings.auth0_client_secret)
    if known == (None, "", "") and settings.is_local and not settings.is_secure:
        # A developer's own machine asks and answers, unless Auth0 was left out on purpose.
        settings = replace(
            settings,
            auth0_issuer=f"{settings.base_url}{OWN_AUTH0}",
            auth0_client_id="latchkey-local",
            auth0_client_secret=keys_for("local openid client", settings.secret_key)[0].hex(),
        )
    return settings


def _contradictions(settings: Settings) -> list[str]:
    """What no environment may run with."""
    checks = [
        (
            any(len(key.encode()) < 32 for key in settings.secret_key),
            "SECRET_KEY: each key must be at least 32 bytes long.",
        ),
        (
            are_everybody(settings.trusted_proxies),
            "TRUSTED_PROXIES must name your proxies; it cannot be everybody.",
        ),
        *((True, f"SMS_REGIONS: {each}") for each in find_region_problems(settings.sms_regions)),
        (
            bool(settings.default_region) and settings.default_region not in settings.sms_regions,
            "DEFAULT_REGION must be one of SMS_REGIONS.",
        ),
        (
            not settings.languages or not {*settings.languages} <= {*CATALOGUES},
            f"LANGUAGES must be a list of some of {','.join(CATALOGUES)}.",
        ),
        (
            any(each.audience in _own_audiences(settings) for each in settings.services),
            f"SERVICES: {' and '.join(_own_audiences(settings))} are audiences of Latchkey itself.",
        ),
        (
            bool(settings.sendgrid_api_key and settings.smtp_url),
            "Set SENDGRID_API_KEY or SMTP_URL, not both.",
        ),
        *_test_numbers(settings),
        *_half_set_up(settings),
    ]
    return [problem for wrong, problem in checks if wrong]


def _own_audiences(settings: Settings) -> list[str]:
    return [each.of(settings.base_url) for each in Audience]


def _test_numbers(settings: Settings) -> list[tuple[bool, str]]:
    """Who knows one opens its account, so nobody may forget them. Those that are over count for
    nothing: a server that is started again runs on without them.
    """
    until, latest = settings.test_numbers_until, datetime.now(UTC).date() + LONGEST
    return [
        (
            settings.is_production and bool(settings.test_numbers) and until is None,
            "TEST_NUMBERS in production also needs TEST_NUMBERS_UNTIL, a day within 30 days.",
        ),
        (
            until is not None and until > latest,
            f"TEST_NUMBERS_UNTIL must be within 30 days, so at most {latest}.",
        ),
    ]


def _half_set_up(settings: Settings) -> list[tuple[bool, str]]:
    """An Auth0 of which we know too little to ask anything."""
    client = (bool(settings.auth0_client_id), bool(settings.auth0_client_secret))
    return [
        (
            bool(settings.auth0_issuer) and not all(client),
            "AUTH0_ISSUER also needs AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET.",
        ),
        (
            settings.auth0_issuer is None and any(client),
            "AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET also need AUTH0_ISSUER.",
        ),
    ]


def _missing_of_vendors(settings: Settings) -> list[str]:
    """All of a vendor that sends for us; in front of people both do."""
    senders = settings.sms_senders
    if not senders and not settings.is_local:
        senders = (SmsSender("twilio", "twilio"),)
    address = "the address that mails come from"
    mail = [
        (settings.sendgrid_api_key, "SENDGRID_API_KEY", "the key (SG.), or SMTP_URL to a server"),
        (settings.sendgrid_from_email, "SENDGRID_FROM_EMAIL", address),
    ]
    if settings.smtp_url or settings.smtp_from:
        mail = [
            (settings.smtp_url, "SMTP_URL", SMTP_FORM),
            (settings.smtp_from, "SMTP_FROM", address),
        ]
    return [
        *(missing for sender in senders for missing in _missing_of_sender(settings, sender)),
        *(_missing(mail) if settings.mail_vendor or not settings.is_local else ()),
    ]


def _missing_of_sender(settings: Settings, sender: SmsSender) -> list[str]:
    own, name, needed = settings.of_sender(sender), sender.name.upper(), []
    for end, other, shape in SMS_VENDORS[sender.vendor]:
        value = getattr(own, f"{sender.vendor}_{end}")
        if other:
            value = value or getattr(own, f"{sender.vendor}_{other}")
            shape = f"{shape}, or set {name}_{other.upper()}"
        needed.append((value, f"{name}_{end.upper()}", shape))
    return _missing(needed)


def _missing(needed: Iterable[tuple[object, str, str]]) -> list[str]:
    """Of what is needed: what it is set to, its name, and what to set it to."""
    return [f"{name} is missing: set it to {shape}." for value, name, shape in needed if not value]


def _unsafe_in_front_of_people(settings: Settings) -> list[str]:
    """What would be harmless on a laptop."""
    problems = []
    if DEVELOPMENT_KEY in settings.secret_key:
        problems.append("SECRET_KEY is the development key; make one of your own.")
    elif any(map(is_guessable, settings.secret_key)):
        problems.append("SECRET_KEY is too easy to guess: it must be a random text.")
    if 0 < len(settings.ops_token) < OPS_TOKEN_LENGTH:
        problems.append(
            f"OPS_TOKEN must be a random text of at least {OPS_TOKEN_LENGTH} characters,"
            " such as `openssl rand -hex 16` makes."
        )
    return problems


def _why_nothing_stands_in(settings: Settings) -> str:
    return (
        f"ENVIRONMENT={settings.environment} brings a key and an outbox of its own only where"
        f" nobody else can reach it: set HOST ({settings.host}) and BASE_URL ({settings.base_url})"
        " to 127.0.0.1, or everything above."
    )


def _missing_in_production(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    needed = [
        ("BASE_URL" in environ, "BASE_URL", "https://login.example.org"),
        (settings.database_url, "DATABASE_URL", "postgresql://user:password@host/name"),
        (settings.redis_url, "REDIS_URL", "redis://host:6379/0"),
    ]
    missing = _missing(needed)
    if settings.auth0_issuer is None:
        missing.append(
            "AUTH0_ISSUER is missing: set it to https://TENANT.eu.auth0.com/,"
            " or to nothing (AUTH0_ISSUER=) to leave Auth0 out."
        )
    # Any other plain one was refused when it was read.
    if "BASE_URL" in environ and not settings.is_secure and is_loopback(settings.hostname):
        missing.append("BASE_URL must start with https:// in production.")
    return missing
