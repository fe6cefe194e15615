"""What refusals mean, a page for each: the address that problem details name as their type."""

from typing import Any

from litestar import Controller, Request, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.web.container import Container
from app.web.problem_words import list_problems
from app.web.response import HttpResponse, cache_headers

[CACHING] = cache_headers(300, 600, 86400)


class ProblemsController(Controller):
    path = "/problems"
    include_in_schema = False

    @get()
    async def list_problems(self, request: Request[Any, Any, Any]) -> HttpResponse:
        return _respond(request, "problems/problems.html", {"problems": list_problems()})

    @get("/{code:str}")
    async def show_problem(
        self, request: Request[Any, Any, Any], code: FromPath[str]
    ) -> HttpResponse:
        for problem in list_problems():
            if problem.code == code:
                return _respond(request, "problems/problem.html", {"problem": problem})
        raise NotFoundException


def _respond(
    request: Request[Any, Any, Any], template: str, values: dict[str, Any]
) -> HttpResponse:
    container = Container.from_request(request)
    context = container.get_context(request.scope)
    return container.pages.render_public(context, template, values, CACHING, is_kept=False)
