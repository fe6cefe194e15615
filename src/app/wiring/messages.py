"""The wiring of templates and of the messages that are made by them."""

from app.domain.account.undoable import UndoLinks
from app.domain.keys import keys_for
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
    settings: Settings, templates: Templates, languages: Languages
) -> MessageComposer:
    return MessageComposer(
        templates,
        languages,
        keys_for("verification codes", settings.secret_key)[0],
        settings.hostname,
        settings.base_url,
        build_undo_links(settings).make_link,
    )


def build_undo_links(settings: Settings) -> UndoLinks:
    return UndoLinks(keys_for("undo", settings.secret_key), settings.base_url)
