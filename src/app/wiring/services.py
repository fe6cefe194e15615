"""The wiring of what services are given of a session."""

from app.domain.keys import SecretKeys
from app.domain.ports import Database
from app.domain.services import Services
from app.domain.sessions.service_tokens import Profiles, ServiceSessions, ServiceTokens
from app.domain.sessions.tokens import AccessTokens
from app.settings import Settings
from app.web.container import ServicesContainer


def build_services(
    settings: Settings, secrets: SecretKeys, database: Database, tokens: AccessTokens
) -> ServicesContainer:
    services, profiles = Services(settings.services), Profiles(database)
    return ServicesContainer(
        services,
        profiles,
        ServiceTokens(services, profiles, tokens),
        ServiceSessions(secrets.derive("service sessions")),
        settings.base_url,
    )
