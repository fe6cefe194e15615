"""Posts as many forms as it is told by the product's client, and prints when it began and ended,
and the CPU seconds it took.
"""

import asyncio
import sys
from time import process_time, time

import uvloop

from app.adapters.http_client import new_http_client
from app.domain.delivery.senders import MOST

FORM = {"To": "+61491570006", "From": "+12025550100", "Body": "x" * 100, "ValidityPeriod": "600"}


async def main(url: str, number: int) -> None:
    left = iter(range(number))
    async with new_http_client() as client:

        async def post() -> None:
            for _ in left:
                (await client.post(url, data=FORM, auth=("AC", "token"))).raise_for_status()

        began, used = time(), process_time()
        await asyncio.gather(*(post() for _ in range(MOST)))
        print(began, time(), process_time() - used)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
