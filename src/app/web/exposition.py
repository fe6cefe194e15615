"""The text of Prometheus (exposition format 0.0.4): numbers that were counted, and those of now."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from app.domain.metrics import Family, Series, Values

TEXT_TYPE = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Sample:
    """What is so now; None where it is not known. Those of one name stand together."""

    name: str
    help: str
    value: float | None
    labels: Mapping[str, str] = field(default_factory=dict)


def render_metrics(
    families: Iterable[Family], counted: Mapping[Series, Values], samples: Iterable[Sample]
) -> str:
    lines = [*_counted_lines(families, counted), *_sample_lines(samples)]
    return "".join(f"{line}\n" for line in lines)


def _counted_lines(families: Iterable[Family], counted: Mapping[Series, Values]) -> Iterator[str]:
    found: dict[str, list[tuple[tuple[str, ...], Values]]] = {}
    for (name, labels), values in counted.items():
        found.setdefault(name, []).append((labels, values))
    for family in families:
        yield from _head(family.name, family.help, family.kind)
        nothing = [] if family.labels else [((), (0.0,) * family.size)]
        for labels, values in sorted(found.get(family.name, nothing)):
            named = dict(zip(family.labels, labels, strict=True))
            if family.bounds:
                yield from _buckets(family, named, values)
            else:
                yield _line(family.name, named, values[0])


def _buckets(family: Family, labels: Mapping[str, str], values: Values) -> Iterator[str]:
    *counts, in_all = values
    so_far = 0.0
    for bound, count in zip((*map(_number, family.bounds), "+Inf"), counts, strict=True):
        so_far += count
        yield _line(f"{family.name}_bucket", {**labels, "le": bound}, so_far)
    yield _line(f"{family.name}_sum", labels, in_all)
    yield _line(f"{family.name}_count", labels, so_far)


def _sample_lines(samples: Iterable[Sample]) -> Iterator[str]:
    last = ""
    for sample in samples:
        if sample.name != last:
            yield from _head(sample.name, sample.help, "gauge")
            last = sample.name
        if sample.value is not None:
            yield _line(sample.name, sample.labels, sample.value)


def _head(name: str, help: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} {kind}"


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inner = ",".join(f'{label}="{text.translate(ESCAPED)}"' for label, text in labels.items())
    return f"{name}{{{inner}}} {_number(value)}" if inner else f"{name} {_number(value)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
