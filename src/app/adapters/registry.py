"""Everything the product talks to, chosen by the settings."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from threading import Lock
from typing import Any

from app.adapters.breached_file import BreachedFile
from app.adapters.files import KeptFile
from app.adapters.fixed_codes import ButTestNumbers
from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.adapters.tracing import load_tracer
from app.domain.concurrency import Lazy, attempt
from app.domain.delivery.calls import PhoneCalls
from app.domain.delivery.receipts import ReceiptReader
from app.domain.delivery.senders import MOST, Sender, Senders
from app.domain.errors import Unavailable
from app.domain.events.dispatcher import MOST as IN_FLIGHT
from app.domain.events.events import Webhooks
from app.domain.identity.fixed_codes import TestNumbers
from app.domain.identity.provider import IdentityProvider
from app.domain.ports import BreachedPasswords, Dependency, Mail, TextMessages
from app.domain.tracing import Tracer
from app.domain.verification.codes import EMAIL, PHONE
from app.settings import Settings
from app.settings.sms import SmsSender

log = logging.getLogger("app.outages")

CLEANING_PATIENCE = 60.0  # seconds; nobody waits for it
LOADED_AFTER = 0.5  # seconds, when the first requests of a new server are answered


def _load(module: str) -> Any:
    """What speaks by HTTP, by name: no start waits for it unless the settings ask for it."""
    return import_module(f"app.adapters.{module}")


class HttpClient:
    """One for all vendors and services, made for the first of them: httpx and its certificates take
    80 ms of CPU. `kind` has the class of it, where that is another one.
    """

    def __init__(self, settings: Settings, kind: dict[str, Any]) -> None:
        self._settings, self._kind, self._lock = settings, kind, Lock()
        self._client: Any = None

    def get(self) -> Any:
        """The `httpx.AsyncClient`."""
        settings = self._settings
        with self._lock:
            self._client = self._client or _load("http_client").new_http_client(
                proxy=settings.https_proxy,
                no_proxy=settings.no_proxy,
                # A receiver, or a further sender, that hangs keeps no connection from others.
                more_connections=IN_FLIGHT * len(settings.services)
                + MOST * len(settings.sms_senders[1:]),
                **self._kind,
            )
            return self._client

    async def close(self) -> None:
        if self._client:
            await self._client.aclose()


@dataclass(frozen=True, slots=True)
class StandIns:
    """What keeps the messages of a machine where a vendor has no credentials."""

    texts: Sender[TextMessages]
    calls: Lazy[PhoneCalls]
    mail: Sender[Mail]


@dataclass(frozen=True, slots=True)
class Adapters:
    """`polled_database` is the same server, asked again and again for the prices and the signing
    keys alone: where that hangs, only these grow old. So is `cleaning_database`, which may take its
    time.

    `texts` are in the order of the settings. `calls` is None where nobody can be called,
    `identity_provider` where Auth0 was left out, `tracer` where no traces are collected;
    `receipt_readers` are by channel and sender.
    """

    database: Postgres
    polled_database: Postgres
    cleaning_database: Postgres
    memory: Redis
    texts: Senders[TextMessages]
    calls: Senders[PhoneCalls] | None
    mail: Senders[Mail]
    identity_provider: IdentityProvider | None
    last_good_prices: KeptFile
    breached_passwords: tuple[BreachedPasswords, ...]
    receipt_readers: dict[tuple[str, str], Lazy[ReceiptReader]]
    webhooks: Lazy[Webhooks]
    http_client: HttpClient
    tracer: Tracer | None

    async def open(self) -> None:
        await self.database.open()
        await self.polled_database.open()
        await self.cleaning_database.open()

    async def watch(self) -> None:
        """Until cancelled: notices when what was down works again, after a first look at Redis."""
        await attempt("look at Redis", self._check_memory)
        if self.identity_provider:
            await self.identity_provider.watch()

    async def load_vendors(self) -> None:
        """What no start waits for, so that no message waits for it either."""
        await asyncio.sleep(LOADED_AFTER)
        for port in [each.port for each in self.texts.all] + [each.port for each in self.mail.all]:
            await attempt("loading of a vendor's package", port.get)

    async def _check_memory(self) -> None:
        with suppress(Unavailable):  # which is told by itself
            if problem := await self.memory.check():
                log.warning("Redis may forget limits", extra={"reason": problem})

    async def close(self, seconds: float) -> None:
        """In at most so many, where a collector of traces keeps us waiting."""
        await self.http_client.close()
        await self.memory.close()
        await self.polled_database.close()
        await self.cleaning_database.close()
        await self.database.close()
        if self.tracer:
            await self.tracer.close(seconds)


def build_adapters(settings: Settings, stand_ins: StandIns | None = None) -> Adapters:
    """Raises `BadSettings`. Without `stand_ins`, the settings name a vendor of each kind."""
    tracer = load_tracer(settings)
    # What people wait for is traced; what is looked at again and again by itself is not.
    traced = _load("traced") if tracer else None
    database, memory, client = traced.CLASSES if traced else ({}, {}, {})
    http_client = HttpClient(settings, client)
    return Adapters(
        Postgres.from_settings(settings, **database),
        Postgres.from_settings(settings, size=1),
        Postgres.from_settings(settings, size=2, patience=CLEANING_PATIENCE),
        Redis(settings.redis_url, settings.redis_prefix, **memory),
        _build_texts(settings, http_client, stand_ins),
        _build_calls(settings, http_client, stand_ins),
        Senders(_build_mail(settings, http_client, stand_ins)),
        _build_identity_provider(settings, http_client),
        KeptFile(),
        _build_breached_passwords(settings, http_client),
        _build_receipt_readers(settings),
        Lazy[Webhooks](lambda: _load("webhooks").HttpWebhooks(http_client.get())),
        http_client,
        tracer,
    )


def _build_texts(
    settings: Settings, http_client: HttpClient, stand_ins: StandIns | None
) -> Senders[TextMessages]:
    if stand_ins and not settings.sms_senders:
        senders = [stand_ins.texts]
    else:
        senders = [_build_sender(settings, each, http_client) for each in settings.sms_senders]
    numbers = settings.fixed_codes
    if numbers.codes:
        senders = [Sender(_but_test_numbers(each, numbers), each.dependency) for each in senders]
    return Senders(*senders)


def _but_test_numbers(
    sender: Sender[TextMessages], test_numbers: TestNumbers
) -> Lazy[TextMessages]:
    return Lazy(lambda: ButTestNumbers(sender.port.get, test_numbers))


def _build_sender(
    settings: Settings, sender: SmsSender, http_client: HttpClient
) -> Sender[TextMessages]:
    own = settings.of_sender(sender)
    texts = Lazy[TextMessages](
        lambda: _load(sender.vendor).build_texts(own, http_client.get(), sender.name)
    )
    vendor = sender.vendor.capitalize()
    return Sender(texts, _dependency(sender.name, vendor, "Texts are tried again."))


def _build_calls(
    settings: Settings, http_client: HttpClient, stand_ins: StandIns | None
) -> Senders[PhoneCalls] | None:
    """By Twilio's own settings, whoever sends the texts."""
    if stand_ins and not settings.sms_senders:
        calls = stand_ins.calls
    elif settings.twilio_account_sid and settings.twilio_call_from:
        calls = Lazy[PhoneCalls](
            lambda: _load("twilio_calls").build_calls(settings, http_client.get())
        )
    else:
        return None
    if (test_numbers := settings.fixed_codes).codes:
        answered = calls.get
        calls = Lazy[PhoneCalls](lambda: ButTestNumbers(answered, test_numbers))
    return Senders(Sender(calls, _dependency("twilio", "Twilio", "Calls are tried again.")))


def _build_mail(
    settings: Settings, http_client: HttpClient, stand_ins: StandIns | None
) -> Sender[Mail]:
    vendor = settings.mail_vendor
    if stand_ins and not vendor:
        return stand_ins.mail
    mail = Lazy[Mail](lambda: _load(vendor.lower()).build_mail(settings, http_client.get()))
    return Sender(mail, _dependency(vendor.lower(), vendor, "E-mail is tried again."))


def _build_receipt_readers(settings: Settings) -> dict[tuple[str, str], Lazy[ReceiptReader]]:
    """Of the senders that sign what they tell with something that is known here."""
    senders = [*settings.sms_senders]
    if settings.twilio_auth_token:  # who may call without sending texts
        senders.append(SmsSender("twilio", "twilio"))
    readers: dict[tuple[str, str], Lazy[ReceiptReader]] = {
        (PHONE.name, each.name): _build_receipt_reader(settings, each) for each in senders
    }
    if key := settings.sendgrid_webhook_public_key:
        readers[EMAIL.name, "sendgrid"] = Lazy(
            lambda: _load("sendgrid_receipts").SendGridReceipts(key)
        )
    return readers


def _build_receipt_reader(settings: Settings, sender: SmsSender) -> Lazy[ReceiptReader]:
    own = settings.of_sender(sender)
    return Lazy(lambda: _load(sender.vendor).build_receipts(own))


def _dependency(name: str, vendor: str, consequence: str) -> Dependency:
    source = "your mail server's log" if vendor == "SMTP" else f"{vendor}'s status page"
    return Dependency(name, f"Look at {source} and at the last code. {consequence}")


def _build_identity_provider(
    settings: Settings, http_client: HttpClient
) -> IdentityProvider | None:
    """Auth0, or the one that stands in for it: the same adapter asks either."""
    if not settings.auth0_issuer:
        return None
    provider: IdentityProvider = _load("openid.provider").OpenIdProvider(
        http_client.get(),
        issuer=settings.auth0_issuer,
        client_id=settings.auth0_client_id,
        client_secret=settings.auth0_client_secret,
    )
    return provider


def _build_breached_passwords(
    settings: Settings, http_client: HttpClient
) -> tuple[BreachedPasswords, ...]:
    """The file first: it is nearer."""
    path, url = settings.breached_passwords_file, settings.pwned_passwords_url
    file = (BreachedFile(path),) if path else ()
    if not url:
        return file
    return (*file, _load("pwned_passwords").PwnedPasswords(http_client.get(), url))
