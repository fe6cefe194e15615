"""Why PostgreSQL is not available is told in its own words, without address or password."""

from collections.abc import Callable

import pytest

from app.adapters.postgres import Postgres
from app.domain.errors import Unavailable
from tests.stores import Stores

# Of a database that lets everybody in through its socket, what goes wrong on the way there.
WRONG: list[tuple[Callable[[str], str], str]] = [
    (lambda url: url.replace("/test_", "/missing_"), 'database "missing_'),
    (lambda url: url.replace("latchkey@", "stranger:hunter2@"), 'role "stranger" does not exist'),
    (lambda url: "postgresql://latchkey:hunter2@127.0.0.1:1/name", "connection refused"),
    (lambda url: "postgresql://latchkey:hunter2@/name?host=/nowhere", "no such file or directory"),
]


@pytest.mark.parametrize(("changed", "words"), WRONG)
async def test_the_reason_is_the_servers_own_words(
    stores: Stores, caplog: pytest.LogCaptureFixture, changed: Callable[[str], str], words: str
) -> None:
    database = Postgres(changed(stores.postgres.url_of("test_0")))
    await database.open()
    for _ in range(3):
        with pytest.raises(Unavailable) as told:
            async with database.connection() as connection:
                await connection.fetchval("SELECT 1")
    assert words in told.value.reason
    assert not [each for each in ("127.0.0.1", "hunter2") if each in told.value.reason]
    lines = [record for record in caplog.records if record.name == "app.outages"]
    assert [line.__dict__["reason"] for line in lines] == [told.value.reason], "once, not thrice"
    await database.close()
