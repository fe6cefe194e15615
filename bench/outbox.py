"""The outbox: texts a second that two processes hand to a vendor who takes each at once, against as
many bare posts by two processes.
"""

import asyncio

import asyncpg

from bench.place import Place
from bench.rounds import Load
from bench.table import Figure, middle, ratio
from bench.waits import told_by

TEXTS, ROUNDS, TARGET = 1000, 5, 500
QUEUE = """
INSERT INTO deliveries (id, channel, template, destination, address, network, nonce, purpose,
  expires_at)
SELECT gen_random_uuid(), 'sms', 'phone_code', '+6149157' || 1000 + n, '10.0.0.1/32', '10.0.0.0/24',
  sha256(n::text::bytea), 'signup', now() + interval '10 minutes'
FROM generate_series(1, $1) AS n
"""
LEFT = "SELECT count(*) FROM deliveries WHERE state IN ('queued', 'sending')"
SENT = """
SELECT count(*) / extract(epoch FROM max(sent_at) - min(sent_at))::float
FROM deliveries WHERE state = 'sent'
"""


async def outbox_figures(place: Place, vendor: str) -> list[Figure]:
    ours, bare = Load(), Load()
    connection = await asyncpg.connect(place.database_url)
    try:
        for _ in range(ROUNDS):
            ours.add(*await _send(place, connection))
            bare.add(*await _post(vendor))
    finally:
        await connection.close()
    shares = [ratio(ours.rates, bare.rates), ratio(bare.costs, ours.costs)]
    each, by_cpu = (f"{share * 100:.0f} %" for share in shares)
    return [
        Figure(
            "texts by two processes, against bare posts by two",
            ours.told(),
            bare.told(),
            float(middle(ours.rates).replace(" ", "")),
            TARGET,
            "texts/s",
            aside=f"({each} of bare posts, {by_cpu} by CPU)",
        )
    ]


async def _send(place: Place, connection: asyncpg.Connection) -> tuple[float, float]:
    """A second, from the first that was sent to the last one; and CPU seconds of one."""
    await connection.execute("TRUNCATE deliveries")
    used = place.product.cpu_seconds()
    await connection.execute(QUEUE, TEXTS)
    while await connection.fetchval(LEFT):  # noqa: ASYNC110 - other processes send
        await asyncio.sleep(0.1)
    return float(await connection.fetchval(SENT)), (place.product.cpu_seconds() - used) / TEXTS


async def _post(vendor: str) -> tuple[float, float]:
    told = await asyncio.gather(
        *(told_by("bench.posting", vendor, str(TEXTS // 2)) for _ in range(2))
    )
    runs = [tuple(map(float, each.split())) for each in told]
    seconds = max(end for _, end, _ in runs) - min(began for began, _, _ in runs)
    return TEXTS / seconds, sum(cost for _, _, cost in runs) / TEXTS
