"""Templates in each language: translated when they are compiled, so that a page costs no more."""

import re
from collections.abc import Callable, Mapping
from traceback import extract_tb
from typing import Any, cast

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    nodes,
    select_autoescape,
)
from jinja2.visitor import NodeTransformer

from app.domain.credentials.device import describe_device
from app.domain.delivery.segments import count_segments
from app.domain.i18n import (
    BREAKING_HYPHEN,
    HARD_HYPHEN,
    N_,
    Language,
    current_language,
    harden_hyphens,
    join_hyphens,
)
from app.domain.languages import Languages
from app.domain.moments import is_far, lasting, relative
from app.domain.rollback import describe_facts
from app.web.assets import Assets
from app.web.fast_pages import CompiledTemplates, FlatEnvironment
from app.web.overrides import OURS, PARTIALS, Overrides

ESCAPED = ("html",)
WHITE_SPACE: dict[str, Any] = {
    "trim_blocks": True,
    "lstrip_blocks": True,
    "keep_trailing_newline": False,
}
# Moments as templates say them: `{{ at | relative }}`; and what rows keep by name.
FILTERS = {
    "relative": relative,
    "is_far": is_far,
    "lasting": lasting,
    "describe_device": describe_device,
    "describe_facts": describe_facts,
    "harden_hyphens": lambda text: type(text)(harden_hyphens(text)),  # as safe as it was
}
ENGLISH_ALONE = Languages(("en",))
SPARE_LINES = re.compile(r"\n{3,}")  # where a mail leaves a block out
PIECES = re.compile(r"%(?:\((\w+)\)s|(%))")


class Templates:
    """All that there are, in the language of the request. Undefined names raise everywhere; `live`
    reads a template again when it has changed. `auth0_label` is what people are told they sign in
    with. The renderer of messages, too (`MessageRenderer`).
    """

    def __init__(
        self,
        assets: Assets,
        languages: Languages = ENGLISH_ALONE,
        *,
        live: bool,
        base_url: str = "",
        auth0_label: str = N_("single sign-on"),
    ) -> None:
        self.is_live, self.auth0_label, self.brand = live, auth0_label, assets.brand
        self._globals = {
            "asset": assets.url,
            "languages": languages,
            "product": self.brand.name,
            "contact": self.brand.contact,
            "contact_name": self.brand.contact.removeprefix("mailto:").removeprefix("https://"),
            "logo": self.brand.logo,
            "logo_size": self.brand.logo_size,
            "light": self.brand.light,
            "dark": self.brand.dark,
            "base_url": base_url,
            "refusal": None,
            "signed_in_as": None,
            "ways": (),
            "reference": None,
        }
        self._environments: dict[Language, Environment] = {}
        environment = self._environment(languages.get(languages.offered[0]))
        if self.brand.overrides and not live:
            self.brand.overrides.validate(environment)
        # Loaded now, so that a broken or missing one stops the start and not a person; where they
        # are being worked on, it is shown.
        for name in [] if live else environment.list_templates(extensions=["html", "txt"]):
            environment.get_template(name)

    def get(self, name: str) -> Template:
        return self._environment(current_language.get()).get_template(name)

    def render_text(self, template: str, context: Mapping[str, object]) -> str:
        """An SMS ends with its last visible character: the code's binding is read strictly. One
        with a code is one segment: where it would be more, it has fewer words, or none.
        """
        name = f"{template}.txt"
        text = self._render_message(name, {**context, "short": False}).strip()
        if count_segments(text).count == 1 or str(context.get("code")) not in text:
            return text
        short = self._render_message(name, {**context, "short": True}).strip()
        alone = "{code}\n\n@{host} #{code}".format_map(context)
        return short if count_segments(short).count == 1 else alone

    def render_call(self, template: str, context: Mapping[str, object]) -> str:
        return self._render_message(f"{template}.txt", context).strip()

    def render_email(self, template: str, context: Mapping[str, object]) -> tuple[str, str, str]:
        subject = self._render_message(f"{template}.subject.txt", context).strip()
        text = self._render_message(f"{template}.txt", context).strip() + "\n"
        html = self._render_message(f"{template}.html", context)
        return subject, SPARE_LINES.sub("\n\n", text), html

    def _render_message(self, name: str, context: Mapping[str, object]) -> str:
        return self.get(f"messages/{name}").render(context)

    def _environment(self, language: Language) -> Environment:
        environment = self._environments.get(language)
        if environment is None:
            environment = build_environment(language, self.brand.overrides, live=self.is_live)
            environment.filters |= FILTERS
            environment.globals |= self._globals
            say = language.translations.gettext
            environment.globals["auth0_label"] = say(self.auth0_label)
            environment.globals["legal_links"] = [
                (say(label), address) for label, address in self.brand.legal_links
            ]
            self._environments[language] = environment
        return environment


def build_environment(
    language: Language, overrides: Overrides | None = None, *, live: bool = False
) -> Environment:
    """What knows the templates and one language, and none of the names of pages."""
    made_by = (ESCAPED, WHITE_SPACE, BREAKING_HYPHEN, HARD_HYPHEN, language.code, language.version)
    environment = TranslatedEnvironment(
        language,
        loader=FileSystemLoader(PARTIALS),
        bytecode_cache=CompiledTemplates(made_by),
        autoescape=select_autoescape(ESCAPED),
        undefined=StrictUndefined,
        auto_reload=live,
        cache_size=-1,  # all are kept, and nobody counts which was used last
        **WHITE_SPACE,
    )
    environment.globals |= {"lang": language.code, "dir": language.direction}
    if overrides:
        overrides.install(environment)
    return environment


class TranslatedEnvironment(FlatEnvironment):
    """With `{% trans %}` and `_("...")`. Plurals alone are looked up when a page is rendered."""

    def __init__(self, language: Language, **options: Any) -> None:
        super().__init__(extensions=["jinja2.ext.i18n"], **options)
        self.policies["ext.i18n.trimmed"] = True
        self.language = language
        extended: Any = self
        extended.install_gettext_translations(language.translations, newstyle=True)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        return cast(nodes.Template, _Translation(self.language, _joiner(name)).visit(parsed))


def _joiner(name: str | None) -> Callable[[str], str]:
    """What keeps e-mail on one line: in pages and in mails, but not in plain text."""
    path = (name or "").removeprefix(OURS)
    if path and not path.startswith("messages/"):
        return join_hyphens
    return harden_hyphens if path.endswith(".html") else str


class _Translation(NodeTransformer):
    """Puts the words of a language in the place of the calls that would look them up."""

    def __init__(self, language: Language, join: Callable[[str], str]) -> None:
        self._language, self._join = language, join

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - named by the node
        call = self.generic_visit(node)
        match call:
            case nodes.Call(node=nodes.Name(name="_" | "gettext"), args=[nodes.Const(value=text)]):
                return self._translate(text, {each.key: each.value for each in call.kwargs})
        return call

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802
        """A sentence with values becomes its pieces, each written by itself."""
        self.generic_visit(node)
        pieces: list[nodes.Expr] = []
        for child in node.nodes:
            pieces += child.nodes if isinstance(child, nodes.Concat) else [child]
        node.nodes = pieces
        return node

    def _translate(self, text: str, values: dict[str, nodes.Expr]) -> nodes.Expr:
        translated = self._join(self._language.translations.gettext(text))
        if not values:
            return _words(translated.replace("%%", "%"))
        pieces: list[nodes.Expr] = []
        end = 0
        for found in PIECES.finditer(translated):
            pieces.append(_words(translated[end : found.start()]))
            pieces.append(values[found[1]] if found[1] else _words("%"))
            end = found.end()
        pieces.append(_words(translated[end:]))
        return nodes.Concat(pieces)


def _words(text: str) -> nodes.Expr:
    """As safe as what stands in a template."""
    return nodes.MarkSafeIfAutoescape(nodes.Const(text))


# In development: why a template gave no page.


def describe_template_error(error: Exception) -> str:
    """File, line and what is wrong; '' for what is no template's fault."""
    if isinstance(error, TemplateSyntaxError):
        name = (error.filename or error.name or "").rpartition("partials/")[2]
        return f"{name}, line {error.lineno}: {error.message}"
    frames = [
        frame for frame in extract_tb(error.__traceback__) if frame.filename.endswith(".html")
    ]
    if not frames:
        return ""
    name = frames[-1].filename.rpartition("partials/")[2]
    return f"{name}, line {frames[-1].lineno}: {error}"
