"""The audit trail is partitioned by month; only its owner takes anything out of a partition."""

from typing import Any

from alembic import context, op

revision: str = "202612011134"
down_revision: str | None = "202612011133"

INDEXES = (
    "CREATE INDEX ix_audit_events_user_id_at ON audit_events (user_id, at)",
    "CREATE INDEX ix_audit_events_event_at ON audit_events (event, at)",
    "CREATE INDEX ix_audit_events_at ON audit_events USING brin (at)",
    "CREATE INDEX ix_audit_events_refused ON audit_events (network, at)"
    " WHERE event LIKE '%refused'",
    "CREATE INDEX ix_audit_events_flow_id ON audit_events USING hash (flow_id)",
)
IDENTITY = """
ALTER TABLE audit_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (START WITH {start})
"""
NEXT = "SELECT nextval(pg_get_serial_sequence('audit_events', 'id'))"
# Who was granted rights on all tables has them on each partition. So the setting alone is not
# enough: it takes the rights of the owner, as the functions have them that take something out.
INSERT_ONLY = """
CREATE OR REPLACE FUNCTION audit_events_are_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('latchkey.audit_upkeep', true) IS DISTINCT FROM 'on'{more} THEN
    RAISE EXCEPTION 'audit events are insert-only' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$
"""
OWNERS = """
      OR NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')"""
TRIGGER = """
CREATE TRIGGER audit_events_are_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION audit_events_are_insert_only()
"""
# As it was, but what has expired is looked for in the partitions that may have any. A month of
# events goes as a whole, before any of them is so old: this is for what came before there were
# months.
FORGET = """
CREATE OR REPLACE FUNCTION forget_audit_events(person uuid, flows bytea[], most integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  removed integer;
BEGIN
  PERFORM set_config('latchkey.audit_upkeep', 'on', true);
  UPDATE {table} SET network = NULL WHERE user_id = person AND network IS NOT NULL;
  UPDATE {table} SET network = NULL WHERE flow_id = ANY (flows) AND network IS NOT NULL
    AND at > statement_timestamp() - interval '60 days';
  DELETE FROM {table} WHERE id IN (
    SELECT id FROM {table} WHERE at < statement_timestamp() - interval '400 days' LIMIT most){more};
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM set_config('latchkey.audit_upkeep', 'off', true);
  RETURN removed;
END $$
"""
SO_OLD = "\n    AND at < statement_timestamp() - interval '400 days'"


def revise(forget: str, owners: str) -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    op.execute(INSERT_ONLY.format(more=owners))
    op.execute(FORGET.format(table=f"{schema}.audit_events", more=forget))


def next_id() -> int:
    return int(op.get_bind().exec_driver_sql(NEXT).scalar_one())


def months() -> Any:
    """What the revision before this one does with a table."""
    script = context.script.get_revision(str(down_revision))
    return script.module


def upgrade() -> None:
    op.execute("LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE")
    start = next_id()
    op.execute("ALTER TABLE audit_events ALTER COLUMN id DROP IDENTITY")
    revise(SO_OLD, OWNERS)
    months().partition("audit_events", "at", INDEXES)
    op.execute(IDENTITY.format(start=start))
    op.execute(TRIGGER)


def downgrade() -> None:
    start = next_id()
    op.execute("ALTER TABLE audit_events ALTER COLUMN id DROP IDENTITY")
    months().merge("audit_events", "at", INDEXES)
    op.execute(IDENTITY.format(start=start))
    op.execute(TRIGGER)
    revise("", "")
