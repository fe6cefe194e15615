"""Events: what services are told of people, written by whatever changes them."""

from alembic import op

revision: str = "202611302200"
down_revision: str | None = "202611301840"

RECEIVERS = """
CREATE TABLE event_receivers (
  service text NOT NULL,
  events text[] NOT NULL,
  scopes text[] NOT NULL,
  CONSTRAINT pk_event_receivers PRIMARY KEY (service)
)
"""
EVENTS = """
CREATE TABLE events (
  position bigint GENERATED ALWAYS AS IDENTITY,
  id uuid NOT NULL,
  service text NOT NULL,
  type text NOT NULL,
  user_id uuid NOT NULL,
  details jsonb NOT NULL DEFAULT '{}',
  state text NOT NULL DEFAULT 'waiting',
  tries smallint NOT NULL DEFAULT 0,
  answer text NOT NULL DEFAULT '',
  next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_events PRIMARY KEY (position),
  CONSTRAINT ck_events_state_is_known CHECK (state IN ('waiting', 'delivered', 'failed')),
  CONSTRAINT uq_events_id_service UNIQUE (id, service)
)
"""
INDEXES = (
    "CREATE INDEX ix_events_waiting ON events (service, next_try_at) WHERE state = 'waiting'",
    "CREATE INDEX ix_events_user_id ON events (user_id, service, position)",
    "CREATE INDEX ix_events_created_at ON events (created_at)",
)
# Its arguments are the type, and the scope that a service must have to be told, '' for none. With
# the rights of the owner: a server's own role need not know these tables before it uses them. So no
# name in it may mean what its caller wants.
ADD = """
CREATE FUNCTION add_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  event uuid := gen_random_uuid();
  person uuid;
  facts jsonb := '{{}}';
BEGIN
  IF TG_TABLE_NAME = 'users' THEN
    person := coalesce(NEW.id, OLD.id);
  ELSE
    person := coalesce(NEW.user_id, OLD.user_id);
  END IF;
  IF TG_ARGV[0] = 'user.updated' THEN
    facts := jsonb_build_object('changed', TG_ARGV[1]);
  ELSIF TG_ARGV[0] = 'session.revoked' THEN
    facts := jsonb_build_object('session', NEW.id, 'reason', NEW.revoked_reason);
  ELSIF TG_ARGV[0] = 'user.plan_changed' AND TG_OP = 'DELETE'
      AND NOT EXISTS (SELECT FROM {schema}.users WHERE id = person) THEN
    RETURN NULL;  -- it went with the account
  END IF;
  INSERT INTO {schema}.events (id, service, type, user_id, details, expires_at)
  SELECT event, service, TG_ARGV[0], person, facts, clock_timestamp() + interval '3 days'
  FROM {schema}.event_receivers
  WHERE TG_ARGV[0] = ANY (events) AND (TG_ARGV[1] = '' OR TG_ARGV[1] = ANY (scopes));
  RETURN NULL;
END $$
"""
# By the name of the trigger.
CAUSES = {
    "tell_of_account": "AFTER INSERT ON users FOR EACH ROW"
    " EXECUTE FUNCTION add_event('user.created', '')",
    "tell_of_phone": "AFTER UPDATE OF phone ON users FOR EACH ROW"
    " WHEN (NEW.phone IS DISTINCT FROM OLD.phone)"
    " EXECUTE FUNCTION add_event('user.updated', 'phone')",
    "tell_of_email": "AFTER UPDATE OF email ON users FOR EACH ROW"
    " WHEN (NEW.email IS DISTINCT FROM OLD.email)"
    " EXECUTE FUNCTION add_event('user.updated', 'email')",
    "tell_of_deletion": "AFTER DELETE ON users FOR EACH ROW"
    " EXECUTE FUNCTION add_event('user.deleted', '')",
    "tell_of_plan": "AFTER INSERT OR DELETE ON plan_choices FOR EACH ROW"
    " EXECUTE FUNCTION add_event('user.plan_changed', 'plan')",
    "tell_of_other_plan": "AFTER UPDATE ON plan_choices FOR EACH ROW"
    " WHEN (NEW.plan IS DISTINCT FROM OLD.plan)"
    " EXECUTE FUNCTION add_event('user.plan_changed', 'plan')",
    "tell_of_end": "AFTER UPDATE OF revoked_at ON sessions FOR EACH ROW"
    " WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)"
    " EXECUTE FUNCTION add_event('session.revoked', '')",
}


def upgrade() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    for statement in (RECEIVERS, EVENTS, *INDEXES, ADD.format(schema=schema)):
        op.execute(statement)
    for name, cause in CAUSES.items():
        op.execute(f"CREATE TRIGGER {name} {cause}")


def downgrade() -> None:
    op.execute("DROP FUNCTION add_event CASCADE")
    op.execute("DROP TABLE events")
    op.execute("DROP TABLE event_receivers")
