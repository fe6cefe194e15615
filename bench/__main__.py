"""`make bench`: prints the table of the README. Figures are told, never a reason to fail."""

import uvloop

from bench.first_page import first_page_figures
from bench.pages import page_figures
from bench.place import Place, running_place
from bench.signups import signup_figures
from bench.starts import start_figures
from bench.table import Figure, table
from bench.weight import weight_figures


async def under_load(place: Place) -> list[Figure]:
    return [
        *await page_figures(place),
        *await start_figures(place),
        *await signup_figures(place),
        *await weight_figures(place),
    ]


def main() -> None:
    figures = first_page_figures()
    with running_place() as place:
        figures = uvloop.run(under_load(place)) + figures
    print(table(figures))


if __name__ == "__main__":
    main()
