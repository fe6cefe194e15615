"""Traces: whether they are collected, and whether their collector takes them."""

import asyncio
from importlib import import_module

from app.adapters.tracing import NOT_INSTALLED, is_installed
from app.commands.checks.line import Line, passed
from app.domain.checks import Status
from app.settings import Settings

AWAY = "Look at the OTEL_EXPORTER_OTLP_ settings and at the collector. Nobody waits for it."
INSTALL = "Install latchkey[otel]: see docs/watch.md."


async def check_traces(settings: Settings) -> list[Line]:
    if not settings.collects_traces:
        return [passed("traces", "none are collected: OTEL_EXPORTER_OTLP_ENDPOINT is not set")]
    if not is_installed():
        return [Line("traces", Status.WARN, NOT_INSTALLED, INSTALL)]
    trouble = await asyncio.to_thread(import_module("app.adapters.otel").ask_collector)
    if trouble:
        return [Line("traces", Status.WARN, f"the collector takes none: {trouble}", AWAY)]
    return [passed("traces", "the collector takes what it is given")]
