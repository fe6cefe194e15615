"""Audit events are insert-only: one function takes out what has expired, and places of persons."""

from alembic import op

revision: str = "202611291716"
down_revision: str | None = "202611291715"

# Whoever owns the table, as the server does where it has no role of its own, is bound by it too.
INSERT_ONLY = """
CREATE FUNCTION audit_events_are_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('latchkey.audit_upkeep', true) IS DISTINCT FROM 'on' THEN
    RAISE EXCEPTION 'audit events are insert-only' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER audit_events_are_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION audit_events_are_insert_only()
"""
# Forgets where a person was, and where the flows were, which are less than two months old; and at
# most so many rows that are older than 400 days. How many of those there were. With the rights of
# the owner, so no name in it may mean what its caller wants. The setting is not in its head: since
# PostgreSQL 15 only a superuser may name one there that the server does not know.
FORGET = """
CREATE FUNCTION forget_audit_events(person uuid, flows bytea[], most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
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
    SELECT id FROM {table} WHERE at < statement_timestamp() - interval '400 days' LIMIT most);
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM set_config('latchkey.audit_upkeep', 'off', true);
  RETURN removed;
END $$
"""
NOT_EVERYBODY = "REVOKE ALL ON FUNCTION forget_audit_events FROM PUBLIC"


def upgrade() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    op.execute(INSERT_ONLY)
    op.execute(TRIGGER)
    op.execute(FORGET.format(table=f"{schema}.audit_events"))
    op.execute(NOT_EVERYBODY)


def downgrade() -> None:
    op.execute("DROP FUNCTION forget_audit_events")
    op.execute("DROP FUNCTION audit_events_are_insert_only CASCADE")
