"""Who asks for a code."""

from dataclasses import dataclass

from app.domain.limits import Origin


@dataclass(frozen=True, slots=True)
class Asker:
    """A flow, for a purpose such as `signup`, from somewhere. A code proves no other flow's or
    purpose's question.
    """

    flow_id: bytes
    purpose: str
    origin: Origin
