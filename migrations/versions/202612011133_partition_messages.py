"""Texts and mails are partitioned by month."""

from collections.abc import Sequence

from alembic import op

revision: str = "202612011133"
down_revision: str | None = "202612011132"

INDEXES = (
    "CREATE INDEX ix_deliveries_waiting ON deliveries (next_try_at)"
    " WHERE state IN ('queued', 'sending')",
    "CREATE INDEX ix_deliveries_deadline ON deliveries (channel, expires_at, next_try_at)"
    " WHERE state IN ('queued', 'sending') AND address <> ''",
    "CREATE INDEX ix_deliveries_verification_id ON deliveries (verification_id, created_at)",
    "CREATE INDEX ix_deliveries_destination ON deliveries (destination, created_at)",
    "CREATE INDEX ix_deliveries_created_at ON deliveries (created_at)",
    "CREATE INDEX ix_deliveries_provider_id ON deliveries (provider_id)",
    "CREATE INDEX ix_deliveries_block ON deliveries (block, created_at)",
    "CREATE INDEX ix_deliveries_network ON deliveries (network, created_at)",
    "CREATE INDEX ix_deliveries_proved_mailbox ON deliveries (opened_by, created_at)"
    " WHERE purpose = 'signup' AND opened_by IS NOT NULL",
    "CREATE INDEX ix_deliveries_uncounted ON deliveries (channel, created_at) WHERE NOT counted",
)
CHARGE = """
CREATE TRIGGER charge_for_text BEFORE INSERT ON deliveries
FOR EACH ROW WHEN (NEW.channel <> 'email'{more}) EXECUTE FUNCTION charge_for_text()
"""
# A row that has its cost was charged: it comes from another partition.
NOT_YET = " AND NEW.cost = 0"
# The release before removes messages by `ctid`, which tells rows of one partition apart: it would
# take young ones of another for the old ones. May go with the release after this one.
YOUNG = """
CREATE FUNCTION keep_young_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('latchkey.audit_upkeep', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RETURN NULL;
END $$
"""
KEEP_YOUNG = """
CREATE TRIGGER keep_young_deliveries BEFORE DELETE ON deliveries FOR EACH ROW
WHEN (OLD.created_at > statement_timestamp() - interval '30 days' AND OLD.template <> 'new_devices')
EXECUTE FUNCTION keep_young_deliveries()
"""
# The day, in UTC, that the constraint of an earlier revision names.
BOUND = """
SELECT to_char((regexp_match(pg_get_constraintdef(oid), '''([^'']+)'''))[1]::timestamptz
               AT TIME ZONE 'UTC', 'YYYY-MM-DD')
FROM pg_constraint WHERE conrelid = '{table}'::regclass AND conname = 'ck_{table}_until'
"""
NAMES = """
SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indrelid = '{table}'::regclass
"""
LIKE = "(LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
GRANTS = """
SELECT format('GRANT %s ON {to} TO %s', string_agg(privilege_type, ', '),
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END)
FROM pg_class, aclexplode(relacl)
WHERE oid = '{table}'::regclass AND grantee <> relowner GROUP BY grantee
"""
ATTACH = """
ALTER TABLE {table} ATTACH PARTITION {old} FOR VALUES FROM (MINVALUE) TO ('{bound} 00:00:00+00')
"""
BOUNDED = """
DO $$ BEGIN
  EXECUTE format('ALTER TABLE {table} ADD CONSTRAINT ck_{table}_until CHECK ({moment} < %L)',
    (date_trunc('month', statement_timestamp() AT TIME ZONE 'UTC') + interval '2 months')
      AT TIME ZONE 'UTC');
END $$
"""


def ask(query: str) -> list[str]:
    return list(op.get_bind().exec_driver_sql(query).scalars())


def partition(table: str, moment: str, indexes: Sequence[str]) -> None:
    """What is there becomes the partition before the bound. Nothing is read or copied for that, as
    the bound was checked before. A new database has no such partition.
    """
    op.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    [bound] = ask(BOUND.format(table=table))
    suffix = f"_before_{bound[:7]}".replace("-", "_")
    old = table + suffix
    for index in ask(NAMES.format(table=table)):
        op.execute(f"ALTER INDEX {index} RENAME TO {index}{suffix}")
    op.execute(f"ALTER TABLE {table} RENAME TO {old}")
    op.execute(f"CREATE TABLE {table} {LIKE.format(table=old)} PARTITION BY RANGE ({moment})")
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_until")
    for grant in ask(GRANTS.format(table=old, to=table)):
        op.execute(grant)
    for index in indexes:
        op.execute(index)
    if ask(f"SELECT id FROM {old} LIMIT 1"):  # noqa: S608 - a table of ours
        op.execute(ATTACH.format(table=table, old=old, bound=bound))
        op.execute(f"ALTER TABLE {old} DROP CONSTRAINT ck_{table}_until")
    else:
        op.execute(f"DROP TABLE {old}")
    op.execute(f"SELECT add_partition('{table}', '{moment}', 'default', NULL, NULL)")
    op.execute("SELECT make_partitions()")


def merge(table: str, moment: str, indexes: Sequence[str]) -> None:
    """All rows are copied into one table, which takes as long as it takes."""
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_by_month")
    op.execute(f"CREATE TABLE {table} {LIKE.format(table=f'{table}_by_month')}")
    for grant in ask(GRANTS.format(table=f"{table}_by_month", to=table)):
        op.execute(grant)
    op.execute(f"INSERT INTO {table} SELECT * FROM {table}_by_month")  # noqa: S608 - as above
    op.execute(f"DROP TABLE {table}_by_month")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT pk_{table} PRIMARY KEY (id)")
    for index in indexes:
        op.execute(index)
    op.execute(BOUNDED.format(table=table, moment=moment))


def upgrade() -> None:
    op.execute(YOUNG)
    op.execute("DROP TRIGGER charge_for_text ON deliveries")
    partition("deliveries", "created_at", INDEXES)
    op.execute(CHARGE.format(more=NOT_YET))
    op.execute(KEEP_YOUNG)


def downgrade() -> None:
    merge("deliveries", "created_at", INDEXES)
    op.execute(CHARGE.format(more=""))
    op.execute("DROP FUNCTION keep_young_deliveries")
