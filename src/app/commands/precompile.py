"""`python -m app.commands.precompile`: compiles templates and catalogues beside Python's own
bytecode. Run it after an installation by whoever may write there, so that no start has to.
"""

from app.domain.languages import CATALOGUES, Languages
from app.web.assets import Assets
from app.web.brand import STATIC
from app.web.templates import Templates


def precompile() -> None:
    assets = Assets(STATIC, live=False)
    for code in CATALOGUES:
        Templates(assets, Languages((code,)), live=False)


if __name__ == "__main__":
    precompile()
