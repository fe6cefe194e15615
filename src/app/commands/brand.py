"""`latchkey brand`: the folder of a brand, checked."""

import os
from pathlib import Path

import click

from app.settings import inspect_settings
from app.web.brand_check import check_brand

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def brand() -> None:
    """The look and words of a brand of your own."""


@brand.command()
@click.argument("folder", type=FOLDER)
def check(folder: Path) -> None:
    """Says what is wrong with FOLDER, and where; exits with 1 if anything is. Words for labels of
    your own are known by LEGAL_LINKS, as the server has it.
    """
    settings, _ = inspect_settings(os.environ)
    findings = check_brand(folder, [label for label, _ in settings.legal_links])
    for finding in findings:
        click.echo(str(finding))
    if findings:
        raise SystemExit(1)
    click.echo("All is well.")
