"""Pages as a parser reads them, and one of each kind that the product serves."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from app.web.errors import LastResort
from app.web.middleware import last_resort_csp
from tests.account_pages import of_account, of_auth0, of_contacts, of_recovery
from tests.holder import Holder
from tests.openid import authorize_url
from tests.owner import Owner
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

LAST_RESORT = LastResort()
LAST_RESORT_CSP = last_resort_csp(LAST_RESORT.render(500).decode())
VOID = {"br", "hr", "img", "input", "link", "meta", "col"}
UNREAD = {"script", "style", "head", "pre"}  # `pre` quotes messages and their source


@dataclass(frozen=True)
class Element:
    tag: str
    attributes: dict[str, str | None]
    within: tuple[str, ...]

    def get(self, name: str) -> str:
        return self.attributes.get(name) or ""


@dataclass
class Page(HTMLParser):
    """`broken` tells tags that are not closed in the order in which they were opened."""

    name: str
    html: str
    elements: list[Element] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []
        self.feed(self.html)
        self.close()
        self.broken += [f"<{tag}> is left open" for tag in self._open]

    def __hash__(self) -> int:
        return id(self)

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    @property
    def ids(self) -> list[str]:
        return [element.get("id") for element in self.elements if element.get("id")]

    @property
    def is_document(self) -> bool:
        return self.html.startswith("<!doctype html>")

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len({name for name, _ in attrs}) < len(attrs):
            self.broken.append(f"<{tag}> has an attribute twice")
        self.elements.append(Element(tag, dict(attrs), tuple(self._open)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As in SVG."""
        self.elements.append(Element(tag, dict(attrs), tuple(self._open)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.broken.append(f"</{tag}> closes {self._open[-1:]}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not UNREAD & set(self._open):
            self.words.append(data)


def every_page(product: Product) -> list[Page]:
    """Each screen, as it should be and with what can go wrong on it; documents and fragments."""
    person = Person(product)
    pages = []
    shown = (
        *_public(person),
        *_sign_up(person),
        *_login(product),
        *of_recovery(Holder(product)),
        *of_account(Holder(product)),
        *of_contacts(Owner(product)),
        *of_auth0(product),
    )
    for name, seen in shown:
        pages.append(Page(name, seen.html))
    return pages


def _public(person: Person) -> Iterator[tuple[str, Seen]]:
    for path in ("/", "/signup", "/nowhere", "/dev/outbox"):
        yield path, person.get(path)
    yield "/status", person.get("/status")
    yield "/health", person.get("/health", accept="text/html")
    yield "wrong method", Seen(person.http.request("DELETE", "/signup"))
    yield "not a form", Seen(person.http.post("/signup/phone", json={}))
    yield "fragment", person.get("/signup/phone", **{"hx-request": "true"})
    page = authorize_url(person.product)
    yield "dev auth0", person.get(page)
    yield "dev auth0 nobody", person.submit(page, person="")
    yield "dev auth0 no address", person.submit(page, person="new", email="")


def _sign_up(person: Person) -> Iterator[tuple[str, Seen]]:
    phone, email = new_phone(), new_email()
    yield "phone", person.get("/signup/phone")
    yield "phone stale", Seen(person.http.post("/signup/phone", data={"phone": "1"}))
    yield "phone empty", person.submit("/signup/phone", phone="")
    yield "phone country", person.submit("/signup/phone", phone="0612345678")
    yield "phone-code", person.give_phone(phone)
    yield "phone-code fragment", person.get("/signup/phone-code", **{"hx-request": "true"})
    yield "phone change", person.get("/signup/phone?change")
    yield "phone-code empty", person.submit("/signup/phone-code", code="")
    for tries in range(4, -1, -1):
        yield f"phone-code {tries} left", person.submit("/signup/phone-code", code=f"{tries:06}")
    yield "phone-code locked", person.get("/signup/phone-code")
    person.give_phone(phone := new_phone())
    yield "email", person.give_phone_code(phone)
    yield "email empty", person.submit("/signup/email", email="")
    yield "email typo", person.submit("/signup/email", email="a@gmial.com")
    yield "email-code", person.give_email(email)
    yield "email-code wrong", person.submit("/signup/email-code", code="1")
    yield "email change", person.get("/signup/email?change")
    yield "password", person.give_email_code(email)
    yield "password weak", person.submit("/signup/password", password="password1234")
    yield "done", person.give_password()


def _login(product: Product) -> Iterator[tuple[str, Seen]]:
    person = Person(product)
    yield "login", person.get("/login")
    yield "login password", person.get("/login/password")
    yield "login password wrong", person.submit("/login/password", email="a@b.org", password="no")
    yield "login e-mail empty", person.submit("/login/password", email="", password="")
    yield "login phone", person.get("/login/phone")
    yield "login phone country", person.submit("/login/phone", phone="0612345678")
    yield "login phone-code", person.submit("/login/phone", phone=new_phone())
    for tries in range(4, -1, -1):
        yield f"login code {tries} left", person.submit("/login/phone-code", code=f"{tries:06}")
