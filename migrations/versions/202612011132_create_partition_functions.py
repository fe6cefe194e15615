"""Partitions by month: which there are, and by the rights of the owner new ones and their end."""

from alembic import op

revision: str = "202612011132"
down_revision: str | None = "202612011131"

# Where one begins and ends; the default one has neither, and what was there before has no begin.
LIST = """
CREATE FUNCTION list_partitions(OUT parent text, OUT name text, OUT begins timestamptz,
                                OUT ends timestamptz)
RETURNS SETOF record LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
  SELECT p.relname, c.relname, (regexp_match(bound, 'FROM \\(''([^'']+)''\\)'))[1]::timestamptz,
    (regexp_match(bound, 'TO \\(''([^'']+)''\\)'))[1]::timestamptz
  FROM pg_inherits i
  JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
  CROSS JOIN pg_get_expr(c.relpartbound, c.oid) bound
  WHERE p.relname IN ('deliveries', 'audit_events') AND p.relkind = 'p'
    AND p.relnamespace = '{schema}'::regnamespace
  ORDER BY 1, 4, 3
$$
"""
# One partition with all that its table has. PostgreSQL copies row triggers and indexes; a statement
# trigger is one of the table that is named, and ids are unique within a partition, as no index of
# the whole can be without the time. What waits in the default one for this month moves in, and is
# false where that is so much that others would wait: it stays, and is removed in its time.
ADD = """
CREATE FUNCTION add_partition(parent text, moment text, suffix text, begins timestamptz,
                              ends timestamptz) RETURNS boolean LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
AS $$
DECLARE
  part text := parent || '_' || suffix;
  month text := format('%1$I >= %2$L AND %1$I < %3$L', moment, begins, ends);
  moving bigint := 0;
  copied record;
BEGIN
  IF ends IS NOT NULL THEN
    EXECUTE format('LOCK TABLE ONLY {schema}.%I IN SHARE UPDATE EXCLUSIVE MODE', parent);
    EXECUTE format('LOCK TABLE {schema}.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
    EXECUTE format('SELECT count(*) FROM (SELECT FROM {schema}.%I WHERE %s LIMIT 10001) held',
                   parent || '_default', month) INTO moving;
    IF moving > 10000 THEN
      RETURN false;
    END IF;
  END IF;
  EXECUTE format('CREATE TABLE {schema}.%I (LIKE {schema}.%I INCLUDING DEFAULTS'
                 ' INCLUDING CONSTRAINTS)', part, parent);
  EXECUTE format('ALTER TABLE {schema}.%I ADD CONSTRAINT %I PRIMARY KEY (id)', part, 'pk_' || part);
  IF parent = 'audit_events' THEN
    EXECUTE format('CREATE TRIGGER audit_events_are_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE'
                   ' ON {schema}.%I FOR EACH STATEMENT'
                   ' EXECUTE FUNCTION {schema}.audit_events_are_insert_only()', part);
  END IF;
  IF moving > 0 THEN
    PERFORM set_config('latchkey.audit_upkeep', 'on', true);
    EXECUTE format('WITH moved AS (DELETE FROM {schema}.%I WHERE %s RETURNING *)'
                   ' INSERT INTO {schema}.%I SELECT * FROM moved',
                   parent || '_default', month, part);
    PERFORM set_config('latchkey.audit_upkeep', 'off', true);
  END IF;
  EXECUTE format('ALTER TABLE {schema}.%I ATTACH PARTITION {schema}.%I', parent, part)
    || CASE WHEN ends IS NULL THEN ' DEFAULT'
       ELSE format(' FOR VALUES FROM (%L) TO (%L)', begins, ends) END;
  FOR copied IN
    SELECT c.relname AS name, p.relname AS of_parent
    FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
    JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
    WHERE x.indrelid = format('{schema}.%I', part)::regclass
  LOOP
    EXECUTE format('ALTER INDEX {schema}.%I RENAME TO %I', copied.name,
                   copied.of_parent || '_' || suffix);
  END LOOP;
  RETURN true;
END $$
"""
# This month and the next two, as far as they are missing; the names of those that were made.
# Whoever waits for a lock stops everybody who comes after, so it gives up soon. The next round
# tries again.
MAKE = """
CREATE FUNCTION make_partitions() RETURNS text[] LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '500ms'
AS $$
DECLARE
  made text[] := '{}';
  due record;
BEGIN
  IF NOT pg_try_advisory_xact_lock(727278) THEN
    RETURN made;  -- another one is at it
  END IF;
  FOR due IN
    SELECT t.parent, t.moment, to_char(month, 'YYYY_MM') AS suffix, month
    FROM (VALUES ('deliveries', 'created_at'), ('audit_events', 'at')) t (parent, moment),
      generate_series(date_trunc('month', statement_timestamp()),
        date_trunc('month', statement_timestamp()) + interval '2 months', interval '1 month') month
    WHERE t.parent IN (SELECT l.parent FROM {schema}.list_partitions() l)
      AND NOT EXISTS (SELECT FROM {schema}.list_partitions() l WHERE l.parent = t.parent
        AND month >= coalesce(l.begins, '-infinity') AND month < l.ends)
    ORDER BY 1, 4
  LOOP
    BEGIN
      IF {schema}.add_partition(due.parent, due.moment, due.suffix, due.month,
                                due.month + interval '1 month') THEN
        made := made || (due.parent || '_' || due.suffix);
      END IF;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      NULL;
    END;
  END LOOP;
  RETURN made;
END $$
"""
# Months that are over, and the names of those that were dropped. A message is kept for 30 days: a
# month of them goes when its last day is so old. An event is kept for 400 days at most: a month of
# them goes when its first day is so old, a year after its last day.
DROP = """
CREATE FUNCTION drop_partitions() RETURNS text[] LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET lock_timeout = '500ms'
AS $$
DECLARE
  dropped text[] := '{}';
  over record;
BEGIN
  IF NOT pg_try_advisory_xact_lock(727278) THEN
    RETURN dropped;
  END IF;
  FOR over IN
    SELECT parent, name FROM {schema}.list_partitions()
    WHERE CASE parent WHEN 'deliveries' THEN ends + interval '30 days'
          ELSE ends - interval '1 month' + interval '400 days' END <= statement_timestamp()
  LOOP
    BEGIN
      EXECUTE format('LOCK TABLE ONLY {schema}.%I IN ACCESS EXCLUSIVE MODE', over.parent);
      EXECUTE format('DROP TABLE {schema}.%I', over.name);
      dropped := dropped || over.name;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      NULL;
    END;
  END LOOP;
  RETURN dropped;
END $$
"""
NOT_EVERYBODY = """
REVOKE ALL ON FUNCTION add_partition, make_partitions, drop_partitions FROM PUBLIC
"""
# A server's own role that may take out audit events may do this, too.
GRANTED = """
DO $$
DECLARE
  role regrole;
BEGIN
  FOR role IN
    SELECT grantee::regrole FROM pg_proc, aclexplode(proacl)
    WHERE oid = 'forget_audit_events'::regproc AND grantee <> 0 AND grantee <> proowner
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION make_partitions, drop_partitions TO %s', role);
  END LOOP;
END $$
"""


def upgrade() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    for function in (LIST, ADD, MAKE, DROP):
        op.execute(function.replace("{schema}", schema))
    op.execute(NOT_EVERYBODY)
    op.execute(GRANTED)


def downgrade() -> None:
    op.execute("DROP FUNCTION drop_partitions, make_partitions, add_partition, list_partitions")
