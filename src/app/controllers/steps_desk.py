"""One request of a flow in steps: who asks, and what a posted form of it is about."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import Any, Generic, TypeVar

from litestar import Request

from app.web.csrf import StaleForm
from app.web.forms import Form
from app.web.parts import Parts
from app.web.visit import Visit

Flow = TypeVar("Flow")
Step = TypeVar("Step", bound=StrEnum)


class StepsDesk(ABC, Generic[Flow, Step]):
    """`changing`: the person came back to an earlier step to correct it (`?change`)."""

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self.parts = Parts.of(request)
        self.visit: Visit = self.parts.visit(request)
        self.changing = self.visit.query.partition(b"=")[0] == b"change"

    @abstractmethod
    async def load(self) -> Flow:
        """A visitor who has not begun has nothing to look up."""

    @abstractmethod
    def expect(self, flow: Flow, step: Step) -> None:
        """Raises `OutOfStep` unless it is this step, or an earlier one to be changed."""

    async def begun(self, form: Form, step: Step) -> Flow:
        """What a posted form is about. Raises as `Visit.check_form`; a form of a step that is over,
        left open in another tab, leads to the current one.
        """
        try:
            self.visit.check_form(form)
        except StaleForm:
            self.expect(await self.load(), step)
            raise
        return await self.load()
