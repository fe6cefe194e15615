"""Whether traces are collected, and what is loaded for it: nothing unless the settings say so."""

from importlib import import_module
from importlib.util import find_spec

from app.domain.tracing import Tracer
from app.settings import Settings

NOT_INSTALLED = "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry is not installed"


def is_installed() -> bool:
    return find_spec("opentelemetry") is not None


def load_tracer(settings: Settings) -> Tracer | None:
    """Of this process: to be called once in each, after it was forked. None where traces are not
    asked for, or OpenTelemetry is missing, which `serve` says as it starts.
    """
    if not (settings.collects_traces and is_installed()):
        return None
    tracer: Tracer = import_module("app.adapters.otel").start_tracing()
    return tracer
