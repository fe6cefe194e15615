"""Whoever reads the database cannot try out whose rows these are: no digest of a contact is without
a key, or a list of all numbers would find it.
"""

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator

from tests.controllers.test_account_forgotten import TABLES, delete, soon_nowhere
from tests.controllers.test_login_limits import attempt
from tests.controllers.test_signup_guesses import guess_wrong
from tests.crowd import sql
from tests.owner import Owner
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.subjects import subject_of

HOLDS = "SELECT '{table}' AS name FROM {table} t WHERE t::text LIKE ANY($1) LIMIT 1"
COUNTED = """
SELECT 'code' AS what FROM contact_failures WHERE subject = ANY($1)
UNION SELECT CASE device WHEN 'new' THEN device ELSE 'password' END FROM password_budgets
WHERE subject = ANY($1)
"""
PREFIXES = ("", "account:", "new-passwords:", "new-passwords:account:")


def spellings(contact: str) -> Iterator[str]:
    """How a digest of it may stand in a row, whole or cut: enough of its beginning."""
    for prefix in PREFIXES:
        for algorithm in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b"):
            digest = hashlib.new(algorithm, f"{prefix}{contact}".encode()).digest()
            yield digest.hex()[:12]
            yield digest.hex()[:12].upper()
            yield b64encode(digest).decode()[:10]
            yield urlsafe_b64encode(digest).decode()[:10]


def tables_with_digests(product: Product, *contacts: str) -> set[str]:
    """Those in which a digest stands that anybody can make."""
    patterns = [f"%{one}%" for contact in contacts for one in spellings(contact)]
    tables = [row["table_name"] for row in sql(product, TABLES)]
    asked = " UNION ALL ".join(f"({HOLDS.format(table=table)})" for table in tables)
    return {row["name"] for row in sql(product, asked, patterns)}


def counted(product: Product, *contacts: str) -> set[str]:
    """What is counted for them."""
    subjects = [subject_of(f"{prefix}{each}") for each in contacts for prefix in PREFIXES]
    return {row["what"] for row in sql(product, COUNTED, subjects)}


def test_what_is_counted_for_a_contact_is_kept_under_no_plain_digest(product: Product) -> None:
    owner, phone, email = Owner(product), new_phone(), new_email()
    guess_wrong(product, owner.phone, 2)
    guess_wrong(product, phone, 1)
    owner.submit("/account/password", password="Summer2026!!!")
    for address in (owner.email, email):
        attempt(Person(product), address)
    assert tables_with_digests(product, owner.phone, owner.email, phone, email) == set()
    assert counted(product, owner.phone, owner.email) == {"code", "password", "new"}
    assert counted(product, phone, email) == {"code", "password"}


def test_a_deletion_leaves_none_and_the_counts_stay(product: Product) -> None:
    owner = Owner(product)
    guess_wrong(product, owner.phone, 2)
    attempt(Person(product), owner.email)
    delete(owner)
    soon_nowhere(product, owner.phone, owner.email)
    assert tables_with_digests(product, owner.phone, owner.email) == set()
    assert counted(product, owner.phone, owner.email) == {"code", "password"}
