"""The wiring of templates and of the messages that are made by them."""

from app.domain.account.undoable import UndoLinks
from app.domain.keys import SecretKeys
from app.domain.languages import Languages
from app.domain.verification.codes import MessageComposer
from app.settings import Settings
from app.web.assets import Assets
from app.web.templates import Templates


def build_templates(settings: Settings, assets: Assets, languages: Languages) -> Templates:
    return Templates(
        assets,
        languages,
        live=settings.environment == "development",
        base_url=settings.base_url,
        auth0_label=settings.auth0_label,
    )


def build_composer(
    settings: Settings, secrets: SecretKeys, templates: Templates, languages: Languages
) -> MessageComposer:
    return MessageComposer(
        templates,
        languages,
        secrets.derive("verification codes"),
        settings.hostname,
        settings.base_url,
        build_undo_links(settings, secrets).make_link,
    )


def build_undo_links(settings: Settings, secrets: SecretKeys) -> UndoLinks:
    return UndoLinks(secrets.derive("undo"), settings.base_url)
