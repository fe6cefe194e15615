"""Days that go by for one account: all its times are moved back."""

from tests.crowd import sql
from tests.product import Product

WHOSE = "(SELECT id FROM users WHERE email = $1 OR phone = $1)"
TIMES = {
    "contact_changes": "changed_at undo_begun_at undone_at",
    "former_passwords": "set_at replaced_at",
    "identities": "created_at",
    "former_identities": "linked_at removed_at",
    "sessions": "created_at authenticated_at",
    "users": "created_at password_changed_at password_reset_at",
}


def days_pass(product: Product, contact: str, days: float) -> None:
    """Of the account with the number or address. Sessions stay alive."""
    for table, columns in TIMES.items():
        moves = [f"{name} = {name} - make_interval(secs => $2)" for name in columns.split()]
        key = "id" if table == "users" else "user_id"
        change = f"UPDATE {table} SET {', '.join(moves)} WHERE {key} IN {WHOSE}"
        sql(product, change, contact, days * 86400.0)
