"""What the audit trail holds of people: no number, no address, and networks only."""

import re
from hashlib import sha256

from tests.crowd import sql
from tests.owner import Owner
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, recovery_code

# A block of numbers is that of thousands of people.
ALL = "SELECT to_jsonb(e)::text AS row FROM audit_events e WHERE event NOT LIKE 'block:%'"
NETWORKS = "SELECT DISTINCT network FROM audit_events WHERE network IS NOT NULL"
FLOWS = """
SELECT array_agg(DISTINCT flow) AS flows FROM (
  SELECT unnest(ARRAY[flow_id, moved_from]) AS flow FROM phone_verifications WHERE phone = $1
) f
"""
TRIED = "SELECT details->>'account' AS account FROM audit_events WHERE event = 'password:refused'"
PLACES = """
SELECT count(*) FILTER (WHERE network IS NULL) AS forgotten, count(network) AS kept
FROM audit_events WHERE flow_id = ANY($1) OR user_id = $2
"""
CONTACT = re.compile(r"@|\+[0-9]{6}")


def test_it_names_nobody_and_no_single_address(product: Product) -> None:
    owner, other = Owner(product), new_email()
    owner.elsewhere()
    owner.submit("/login/password", email=owner.email, password="not the right one")
    owner.submit("/signup/phone-code", code="000000")
    owner.name("phone", new_phone())
    owner.change("email", other)
    owner.submit("/recovery/email", email=other)
    owner.submit("/recovery/email-code", code=recovery_code(product, other))
    owner.submit("/recovery/password", password=NEW_PASSWORD)
    rows = [row["row"] for row in sql(product, ALL)]
    assert len(rows) > 10
    assert [row for row in rows if CONTACT.search(row)] == []
    networks = [row["network"] for row in sql(product, NETWORKS)]
    assert [one for one in networks if not re.search("/(24|48)$", one)] == []


def test_whoever_reads_it_cannot_try_out_whose_password_was_guessed(product: Product) -> None:
    """What tells two accounts apart is keyed: a list of addresses finds none."""
    emails = [new_email() for _ in range(3)]
    for email in emails:
        Person(product).submit("/login/password", email=email, password="not right")
    told = {row["account"] for row in sql(product, TRIED)}
    assert len(told) >= 3
    assert not {sha256(email.encode()).hexdigest()[:4] for email in emails} <= told


def test_a_deletion_forgets_the_places_of_the_sign_up_too(product: Product) -> None:
    owner, other = Owner(product), Owner(product)
    flows = sql(product, FLOWS, owner.phone)[0]["flows"]
    [row] = sql(product, "SELECT id FROM users WHERE phone = $1", owner.phone)
    kept = sql(product, PLACES, flows, row["id"])[0]
    assert kept["kept"] > 5
    assert owner.submit("/account/deletion", password="seven otters paint slowly").path == "/"
    [now] = sql(product, PLACES, flows, row["id"])
    assert (now["kept"], now["forgotten"] > kept["kept"]) == (0, True)
    others = sql(product, FLOWS, other.phone)[0]["flows"]
    assert sql(product, PLACES, others, row["id"])[0]["kept"] > 0
