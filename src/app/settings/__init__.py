"""Settings: one frozen value, read once from the environment, with every problem listed at once."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args
from urllib.parse import urlsplit

from app.domain.keys import keys_for
from app.domain.languages import CATALOGUES
from app.settings.environment import ADDRESS, LABEL, SENDER, Reader, is_loopback, variable
from app.settings.networks import Network, are_everybody
from app.settings.secret_keys import is_guessable

Environment = Literal["development", "test", "production"]
# Who is asked for by https only: this host, all below it too, or all of it for good, in the list
# that browsers are shipped with.
Hsts = Literal["host", "subdomains", "preload"]
LogFormat = Literal["json", "console"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Pooler = Literal["none", "transaction"]
# Only for development: whoever runs production must bring a key of their own.
DEVELOPMENT_KEY = "development-only-key-never-for-production"
OWN_AUTH0 = "/dev/auth0/"

ACCOUNT_SID, SERVICE_SID = re.compile("AC[0-9A-Za-z]+"), re.compile("MG[0-9A-Za-z]+")
PREFIX = re.compile(r"[A-Za-z0-9:._-]{0,64}")
REGIONS = "US,CA,GB,IE,DE,FR,ES,IT,NL,SE,AU,NZ"


class BadSettings(Exception):
    """All problems found, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of the product; the names in upper case are the environment variables."""

    # Where it runs and what it stands on.
    environment: Environment = variable(Reader.choice, get_args(Environment), "production")
    host: str = variable(Reader.text_or, "127.0.0.1")
    port: int = variable(Reader.number, 8000, 1, 65535)
    base_url: str = variable(Reader.url, "http://127.0.0.1:8000")
    secret_key: tuple[str, ...] = variable(Reader.secrets)
    database_url: str = variable(Reader.database)
    database_pooler: Pooler = variable(Reader.choice, get_args(Pooler), "none")
    database_idle_timeout: int = variable(Reader.number, 180, 5, 235)  # seconds
    redis_url: str = variable(Reader.redis)
    redis_prefix: str = variable(Reader.shaped, PREFIX, "at most 64 of A-Z a-z 0-9 : . _ -")
    trusted_proxies: tuple[Network, ...] = variable(Reader.networks)
    ops_token: str = variable(Reader.secret)
    hsts: Hsts = variable(Reader.choice, get_args(Hsts), "host")
    log_level: LogLevel = variable(Reader.choice, get_args(LogLevel), "INFO")
    log_format: LogFormat = variable(Reader.choice, get_args(LogFormat), "json")
    workers: int = variable(Reader.number, 1, 1, 64)
    # Seconds that an idle connection is kept open.
    keep_alive: int = variable(Reader.number, 75, 1, 3600)
    # Seconds that a stop waits at most for requests and messages under way.
    drain_seconds: int = variable(Reader.number, 20, 1, 3600)

    # Who sends for us, and who else may vouch for a person.
    https_proxy: str = variable(Reader.proxy)
    no_proxy: tuple[str, ...] = variable(Reader.items)
    twilio_account_sid: str = variable(Reader.shaped, ACCOUNT_SID, "the SID that starts with AC")
    twilio_auth_token: str = variable(Reader.secret)
    twilio_from_number: str = variable(Reader.shaped, SENDER, "a number such as +12025550100")
    twilio_messaging_service_sid: str = variable(
        Reader.shaped, SERVICE_SID, "the SID that starts with MG"
    )
    twilio_api_url: str = variable(Reader.url, "https://api.twilio.com")
    sendgrid_api_key: str = variable(Reader.secret)
    sendgrid_from_email: str = variable(
        Reader.shaped, ADDRESS, "an address such as hello@example.org"
    )
    sendgrid_api_url: str = variable(Reader.url, "https://api.sendgrid.com")
    # "" was left out on purpose, None was never spoken of.
    auth0_issuer: str | None = variable(Reader.issuer)
    auth0_client_id: str = variable(Reader.text)
    auth0_client_secret: str = variable(Reader.secret)
    # What people are told they sign in with: nobody knows the provider of a provider.
    auth0_label: str = variable(
        Reader.shaped, LABEL, "a name of at most 40 characters such as Google", "single sign-on"
    )

    # Whose product it is to people, and where they turn to. docs/brand.md.
    brand_name: str = variable(
        Reader.shaped, LABEL, "a name of at most 40 characters such as Acme", "Latchkey"
    )
    brand_dir: str = variable(Reader.folder)
    contact: str = variable(Reader.contact)
    legal_links: tuple[tuple[str, str], ...] = variable(Reader.links)

    # What a deployment may decide about people and money.
    sms_regions: tuple[str, ...] = variable(Reader.items, REGIONS)
    # What people may read, the default first.
    languages: tuple[str, ...] = variable(Reader.items, ",".join(CATALOGUES))
    # Where a number without its country code is from, unless the browser's language says otherwise.
    default_region: str = variable(Reader.text)
    sms_daily_limit: int = variable(Reader.number, 500, 0, 10_000_000)
    limits_file: str = variable(Reader.text)
    password_min_length: int = variable(Reader.number, 12, 8, 256)
    breached_passwords_file: str = variable(Reader.text)
    pwned_passwords_url: str = variable(Reader.url, "", optional=True)

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def is_local(self) -> bool:
        """Whether what only a developer's machine has may be there: the development key, adapters
        that send nothing, the pages below `/dev`.
        """
        here = is_loopback(self.host) and is_loopback(self.hostname)
        return here and not self.is_production

    @property
    def is_secure(self) -> bool:
        """Whether the world sees us over https; plain http is only for loopback."""
        return self.base_url.startswith("https://")

    @property
    def hostname(self) -> str:
        """The host people see, without port: what an SMS code is bound to."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def texts_vendor(self) -> str:
        """Who sends our texts, as people write it, and in lower case the module in `adapters/` and
        the check in `/health`; "" for nobody.
        """
        return "Twilio" if self.twilio_account_sid else ""

    @property
    def mail_vendor(self) -> str:
        """The same of mails."""
        return "SendGrid" if self.sendgrid_api_key else ""

    @property
    def asks_own_auth0(self) -> bool:
        """Whether the provider of made-up people stands in."""
        return self.is_local and self.auth0_issuer == f"{self.base_url}{OWN_AUTH0}"


def read_settings(environ: Mapping[str, str], needed: Collection[str] | None = None) -> Settings:
    """Reads and checks everything that is given; raises `BadSettings` with all problems at once.
    `needed` are the variables that must not be missing, None for all that a server needs.
    """
    reader = Reader(environ)
    settings = _fill_in(_read_all(reader), environ)
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
    if problems:
        raise BadSettings(problems)
    return settings


def _read_all(reader: Reader) -> Settings:
    """Each field by what is declared beside it."""
    return Settings(
        **{each.name: each.metadata["read"](reader, each.name) for each in fields(Settings)}
    )


def _fill_in(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """The defaults that depend on other settings."""
    if "BASE_URL" not in environ:
        settings = replace(settings, base_url=f"http://127.0.0.1:{settings.port}")
    if not settings.default_region:
        settings = replace(settings, default_region=next(iter(settings.sms_regions), ""))
    if not settings.secret_key and settings.is_local:
        settings = replace(settings, secret_key=(DEVELOPMENT_KEY,))
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
        (
            any(len(region) != 2 or not region.isupper() for region in settings.sms_regions),
            "SMS_REGIONS must be a list of two-letter countries such as US,GB,DE.",
        ),
        (
            bool(settings.default_region) and settings.default_region not in settings.sms_regions,
            "DEFAULT_REGION must be one of SMS_REGIONS.",
        ),
        (
            not settings.languages or not {*settings.languages} <= {*CATALOGUES},
            f"LANGUAGES must be a list of some of {','.join(CATALOGUES)}.",
        ),
        *_half_set_up(settings),
    ]
    return [problem for wrong, problem in checks if wrong]


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
    sender = settings.twilio_from_number or settings.twilio_messaging_service_sid
    numbers = "a number such as +12025550100, or TWILIO_MESSAGING_SERVICE_SID to a service"
    texts = [
        (settings.twilio_account_sid, "TWILIO_ACCOUNT_SID", "the SID that starts with AC"),
        (settings.twilio_auth_token, "TWILIO_AUTH_TOKEN", "the auth token of that account"),
        (sender, "TWILIO_FROM_NUMBER", numbers),
    ]
    mail = [
        (settings.sendgrid_api_key, "SENDGRID_API_KEY", "the key (it starts with SG.)"),
        (settings.sendgrid_from_email, "SENDGRID_FROM_EMAIL", "the address that mails come from"),
    ]
    return [
        *(_missing(texts) if settings.texts_vendor or not settings.is_local else ()),
        *(_missing(mail) if settings.mail_vendor or not settings.is_local else ()),
    ]


def _missing(needed: Iterable[tuple[object, str, str]]) -> list[str]:
    """Of what is needed: what it is set to, its name, and what to set it to."""
    return [f"{name} is missing: set it to {shape}." for value, name, shape in needed if not value]


def _unsafe_in_front_of_people(settings: Settings) -> list[str]:
    """What would be harmless on a laptop."""
    if DEVELOPMENT_KEY in settings.secret_key:
        return ["SECRET_KEY is the development key; make one of your own."]
    if any(map(is_guessable, settings.secret_key)):
        return ["SECRET_KEY is too easy to guess: it must be a random text."]
    return []


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
