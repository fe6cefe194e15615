"""The screens of prices and of a chosen plan, in every state, for what looks at all screens."""

import asyncio
from collections.abc import AsyncIterator

from tests.journeys.visitor import Visitor
from tests.price_list import publish_prices


async def prices(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.tab.open("/pricing")
    yield "pricing-none-published"
    await visitor.tab.open("/plan")
    yield "plan-none-published"
    await asyncio.to_thread(publish_prices, visitor.product)
    for path in ("/", "/pricing?period=year&currency=USD", "/pricing?period=week&currency=CHF"):
        await visitor.tab.open(path)
        await visitor.tab.page.wait_for_selector(".offers")
        yield f"prices-{path.strip('/')}"
    await visitor.tab.open("/plan?plan=gone")
    yield "plan-gone"
    await visitor.tab.press("Choose plan")
    yield "plan-none-chosen"
    await visitor.tab.open("/signup?plan=team&price=1")
    yield "plan-dearer"
    await visitor.tab.open("/plan")
    yield "plan"
