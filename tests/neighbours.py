"""Services that trust the product, and how a proxy of ours asks about a request for one of them."""

from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.product import Product

ADDRESS = "/api/v1/forward-auth"
SHOP, BLOG = "https://shop.example.com", "https://blog.example.com:8443"
PAGE = "text/html,application/xhtml+xml"
DOCUMENT = Path(__file__).parents[1] / "docs" / "protect-your-service.md"
PLACE = """
upstream latchkey {{ server 127.0.0.1:{product}; }}
upstream shop {{ server 127.0.0.1:{shop}; }}
server {{ {listen} {locations} }}
"""
TABLE = """
[[service]]
name = "shop"
audience = "https://shop.example.com"
origins = [{origins}]
scopes = ["openid", "phone", "email", "plan"]

[[service]]
name = "blog"
audience = "blog"
origins = ["https://blog.example.com:8443"]
scopes = ["openid", "plan"]
"""


def services_file(folder: Path, *more: str) -> str:
    """`more` are further origins of the shop."""
    path = folder / "services.toml"
    path.write_text(TABLE.format(origins=", ".join(f'"{each}"' for each in (SHOP, *more))))
    return str(path)


def sample(kind: str) -> str:
    """The lines of docs/protect-your-service.md in that language."""
    return DOCUMENT.read_text().partition(f"```{kind}\n")[2].partition("```")[0]


def nginx_place(product: Product, shop: int, *ports: int) -> str:
    """Those of nginx at these ports, in front of the shop at its own."""
    listen = " ".join(f"listen 127.0.0.1:{port};" for port in ports)
    return PLACE.format(product=product.port, shop=shop, listen=listen, locations=sample("nginx"))


def port_of(origin: str) -> int:
    return int(origin.rpartition(":")[2])


@dataclass
class Asking:
    """A proxy, with the cookies that one browser has for the host of a service."""

    product: Product
    origin: str = SHOP
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self, rest: str = "/cart", accept: str = PAGE, query: str = "", **headers: str
    ) -> httpx.Response:
        """As Traefik asks; cookies of the answer are kept."""
        scheme, _, host = self.origin.partition("://")
        said = {
            "x-forwarded-host": host,
            "x-forwarded-proto": scheme,
            "x-forwarded-method": "GET",
            "x-forwarded-uri": rest,
            "accept": accept,
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = httpx.get(self.product.url + ADDRESS + query, headers=said | told)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer
