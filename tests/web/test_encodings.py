"""Pages, files and prices are packed for those who take gzip, and plain for those who do not."""

import re

import httpx
import pytest

from tests.product import NO_TLS, Product

TAKEN = ["gzip", "GZIP", "x-gzip", "gzip;q=1", "gzip; q=0.001", "br, gzip", "*",
         "br;q=1.0, *;q=0.1", "gzip;q=0.5, identity;q=0.9", "identity;q=0, *"]  # fmt: skip
NOT_TAKEN = ["", "identity", "br", "gzip;q=0", "gzip; q=0.0", "GZIP;Q=0", "br, gzip;q=0.000",
             "*;q=0", "gzip;q=0, *", "*, gzip;q=0", "gzipped", "gzip;q=", "gzip;q=x"]  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/signup/phone", "/nothing", "/pricing", "STATIC"])
@pytest.mark.parametrize("accepted", TAKEN + NOT_TAKEN)
def test_gzip_is_for_those_who_take_it(product: Product, path: str, accepted: str) -> None:
    with httpx.Client(base_url=product.url, verify=NO_TLS) as client:
        static = re.search(r"/static/[^/]+/site\.css", client.get("/").text)
        assert static
        answer = client.get(
            path.replace("STATIC", static[0]), headers={"accept-encoding": accepted}
        )
    assert answer.headers.get("content-encoding") == ("gzip" if accepted in TAKEN else None)
    assert answer.status_code == (404 if path == "/nothing" else 200)
