"""Every setting: what it is called, how it is read, and what it is when nobody sets it."""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args
from urllib.parse import urlsplit

from app.domain.identity.fixed_codes import TestNumbers
from app.domain.languages import CATALOGUES
from app.domain.services import Service
from app.settings.environment import ADDRESS, LABEL, SENDER, Reader, is_loopback, variable
from app.settings.networks import Network
from app.settings.services import read_services
from app.settings.sms import SmsSender, read_names
from app.settings.smtp_url import MAILBOX, read_smtp_url

Environment = Literal["development", "test", "production"]
# Who is asked for by https only: this host, all below it too, or all of it for good, in the list
# that browsers are shipped with.
Hsts = Literal["host", "subdomains", "preload"]
LogFormat = Literal["json", "console"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Pooler = Literal["none", "transaction"]
OWN_AUTH0 = "/dev/auth0/"

ACCOUNT_SID, SERVICE_SID = re.compile("AC[0-9A-Za-z]+"), re.compile("MG[0-9A-Za-z]+")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ED25519_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")  # 32 bytes in base64
PREFIX = re.compile(r"[A-Za-z0-9:._-]{0,64}")
MONEY = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})? [A-Z]{3}")
# Vendors of texts, each a module of `adapters/`, and the settings they cannot do without: the end
# of its name, that of another that will do, and what to set it to.
SMS_VENDORS = {
    "twilio": (
        ("account_sid", "", "the SID that starts with AC"),
        ("auth_token", "", "the auth token of that account"),
        ("from_number", "messaging_service_sid", "a number such as +12025550100"),
    ),
    "telnyx": (
        ("api_key", "", "the key that starts with KEY"),
        ("from_number", "messaging_profile_id", "a number such as +12025550100"),
    ),
}
REGIONS = "US,CA,GB,IE,DE,FR,ES,IT,NL,SE,AU,NZ"


def _read_optional_number(reader: Reader, name: str, least: int, most: int) -> int | None:
    return reader.number(name, least, least, most) if reader.text(name) else None


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
    # Connections of a process to PostgreSQL at most, besides three for what it does by itself.
    database_pool_size: int = variable(Reader.number, 20, 4, 500)
    database_idle_timeout: int = variable(Reader.number, 180, 5, 235)  # seconds
    redis_url: str = variable(Reader.redis)
    redis_prefix: str = variable(Reader.shaped, PREFIX, "at most 64 of A-Z a-z 0-9 : . _ -")
    trusted_proxies: tuple[Network, ...] = variable(Reader.networks)
    ops_token: str = variable(Reader.secret)
    hsts: Hsts = variable(Reader.choice, get_args(Hsts), "host")
    log_level: LogLevel = variable(Reader.choice, get_args(LogLevel), "INFO")
    log_format: LogFormat = variable(Reader.choice, get_args(LogFormat), "json")
    # Where traces go; all else about them OpenTelemetry reads itself. docs/watch.md.
    otel_exporter_otlp_endpoint: str = variable(Reader.text)
    otel_exporter_otlp_traces_endpoint: str = variable(Reader.text)
    otel_sdk_disabled: str = variable(Reader.text)
    workers: int = variable(Reader.number, 1, 1, 64)
    # Seconds that an idle connection is kept open.
    keep_alive: int = variable(Reader.number, 75, 1, 3600)
    # Seconds that a stop takes at most.
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
    # The number that calls. None: the one that texts, where it is a whole number; "": nobody calls.
    twilio_call_from: str | None = variable(Reader.caller)
    twilio_api_url: str = variable(Reader.url, "https://api.twilio.com")
    telnyx_api_key: str = variable(Reader.secret)
    telnyx_from_number: str = variable(Reader.shaped, SENDER, "a number such as +12025550100")
    telnyx_messaging_profile_id: str = variable(
        Reader.shaped, UUID, "the id of a messaging profile, in hexadecimal"
    )
    telnyx_public_key: str = variable(
        Reader.shaped, ED25519_KEY, "the public key that Telnyx shows (44 characters)"
    )
    telnyx_api_url: str = variable(Reader.url, "https://api.telnyx.com")
    # Who sends texts, the preferred one first; Twilio alone unless it is set.
    sms_senders: tuple[SmsSender, ...] = variable(read_names)
    sendgrid_api_key: str = variable(Reader.secret)
    sendgrid_from_email: str = variable(
        Reader.shaped, ADDRESS, "an address such as hello@example.org"
    )
    sendgrid_webhook_public_key: str = variable(Reader.public_key)
    sendgrid_api_url: str = variable(Reader.url, "https://api.sendgrid.com")
    smtp_url: str = variable(read_smtp_url)
    smtp_from: str = variable(
        Reader.shaped, MAILBOX, "an address in ASCII such as hello@example.org"
    )
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
    # Texts in all, if they are to be counted; None for no such limit.
    sms_daily_limit: int | None = variable(_read_optional_number, 0, 10_000_000)
    limits_file: str = variable(Reader.text)
    # What texts and calls may cost in a day (UTC).
    sms_daily_budget: str = variable(
        Reader.shaped, MONEY, "a sum of money such as 50 USD", "200 USD"
    )
    sms_prices_file: str = variable(Reader.text)
    password_min_length: int = variable(Reader.number, 12, 8, 256)
    breached_passwords_file: str = variable(Reader.text)
    pwned_passwords_url: str = variable(Reader.url, "", optional=True)

    # Numbers whose code is fixed and that nothing is sent to; in production for 30 days at most.
    test_numbers: dict[str, str] = variable(Reader.codes)
    test_numbers_until: date | None = variable(Reader.day)
    # Pages of other origins whose scripts may call the API.
    allowed_origins: tuple[str, ...] = variable(Reader.origins)
    # Neighbours that trust our tokens and are told of events.
    services: tuple[Service, ...] = variable(read_services)

    @property
    def fixed_codes(self) -> TestNumbers:
        return TestNumbers(self.test_numbers, self.test_numbers_until)

    @property
    def collects_traces(self) -> bool:
        endpoint = self.otel_exporter_otlp_endpoint or self.otel_exporter_otlp_traces_endpoint
        return bool(endpoint) and self.otel_sdk_disabled.lower() != "true"

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

    def of_sender(self, sender: SmsSender) -> "Settings":
        """As that sender of texts has them: those of its vendor are its own."""
        return replace(self, **sender.values)

    @property
    def mail_vendor(self) -> str:
        """Who sends our mails, as people write it, and in lower case the module in `adapters/` and
        the check in `/health`; "" for nobody.
        """
        if self.smtp_url:
            return "SMTP"
        return "SendGrid" if self.sendgrid_api_key else ""

    @property
    def asks_own_auth0(self) -> bool:
        """Whether the provider of made-up people stands in."""
        return self.is_local and self.auth0_issuer == f"{self.base_url}{OWN_AUTH0}"
