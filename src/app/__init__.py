"""Latchkey: a self-hosted front door. Sign-up and sign-in, phone first, in plain HTML."""

from pathlib import Path

PACKAGE = Path(__file__).parent
# The folder of `static`, `migrations` and `locales`: the package itself where a wheel was
# installed, which has them inside; else the top of the checkout.
ROOT = PACKAGE if (PACKAGE / "migrations").is_dir() else PACKAGE.parents[1]
