"""What texts and calls cost, and the sum of a day that is never passed."""

from alembic import op

revision: str = "202612010250"
down_revision: str | None = "202612010230"

COST = "ALTER TABLE deliveries ADD COLUMN cost bigint NOT NULL DEFAULT 0"
BUDGET = """
CREATE TABLE text_budget (
  one boolean NOT NULL DEFAULT true,
  currency text NOT NULL,
  budget bigint NOT NULL,
  dearest bigint NOT NULL,
  text bigint NOT NULL,
  call bigint NOT NULL,
  CONSTRAINT pk_text_budget PRIMARY KEY (one),
  CONSTRAINT ck_text_budget_is_one CHECK (one)
)
"""
PRICES = """
CREATE TABLE text_prices (
  region text NOT NULL,
  text bigint NOT NULL,
  call bigint NOT NULL,
  CONSTRAINT pk_text_prices PRIMARY KEY (region)
)
"""
SPENDING = """
CREATE TABLE text_spending (
  day date NOT NULL,
  shard smallint NOT NULL,
  spent bigint NOT NULL DEFAULT 0,
  CONSTRAINT pk_text_spending PRIMARY KEY (day, shard)
)
"""
WARNINGS = """
CREATE TABLE text_warnings (
  day date NOT NULL,
  percent smallint NOT NULL,
  spent bigint NOT NULL,
  budget bigint NOT NULL,
  currency text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_text_warnings PRIMARY KEY (day, percent)
)
"""
# Adds an amount to what is spent of a day, if the budget has room for it, and says whether it had.
#
# A day has sixteen rows. Whoever spends holds one until the commit, so on each of them at most one
# amount, the dearest at most, is not seen yet by the others. While that much and more is left, any
# row that is free will do, and nobody waits. Near the end one after the other looks at all rows. A
# row that somebody else still holds then counts as if the dearest amount was on its way there.
# seen: what the caller has seen of the day. may_wait: whether to wait for the others near the end;
# else the answer may be no too early.
SPEND = """
CREATE FUNCTION spend_on_texts(
  of_day date, seen bigint, amount bigint, budget bigint, dearest bigint, may_wait boolean
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  rows CONSTANT int := 16;
  free int;
  chosen smallint;
  total bigint := seen;
BEGIN
  IF total + amount > budget THEN
    RETURN false;
  END IF;
  IF total + amount + 2 * rows * dearest <= budget THEN
    -- Another one for each amount of this transaction: its own versions of rows are left alone.
    UPDATE {schema}.text_spending SET spent = spent + amount WHERE day = of_day AND shard = (
      SELECT shard FROM {schema}.text_spending
      WHERE day = of_day AND xmin <> pg_current_xact_id()::xid
      LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING shard INTO chosen;
    IF chosen IS NULL THEN  -- none is free: waits
      UPDATE {schema}.text_spending SET spent = spent + amount WHERE day = of_day AND shard = (
        SELECT shard FROM {schema}.text_spending
        WHERE day = of_day AND xmin <> pg_current_xact_id()::xid
        ORDER BY (shard + pg_backend_pid()) % rows LIMIT 1
      ) RETURNING shard INTO chosen;
    END IF;
    IF chosen IS NOT NULL THEN
      -- Only now nobody else is on that row, so only now the sum says enough.
      SELECT sum(spent) INTO total FROM {schema}.text_spending WHERE day = of_day;
      IF total + (rows - 1) * dearest <= budget THEN
        RETURN true;
      END IF;
      UPDATE {schema}.text_spending SET spent = spent - amount
      WHERE day = of_day AND shard = chosen;
    END IF;
  END IF;
  IF may_wait THEN
    PERFORM pg_advisory_xact_lock(727279);
  ELSIF NOT pg_try_advisory_xact_lock(727279) THEN
    RETURN false;
  END IF;
  INSERT INTO {schema}.text_spending (day, shard)
  SELECT of_day, generate_series(1, rows) ON CONFLICT DO NOTHING;
  SELECT count(*), min(shard) INTO free, chosen
  FROM (SELECT shard FROM {schema}.text_spending WHERE day = of_day FOR UPDATE SKIP LOCKED) held;
  SELECT sum(spent) INTO total FROM {schema}.text_spending WHERE day = of_day;
  IF chosen IS NULL OR total + amount + (rows - free) * dearest > budget THEN
    RETURN false;
  END IF;
  UPDATE {schema}.text_spending SET spent = spent + amount WHERE day = of_day AND shard = chosen;
  RETURN true;
END $$
"""
# With the rights of the owner: a server's own role need not know these tables before it uses them.
# Where no budget was set yet, nothing is counted. A code that the day's budget has no room for is
# refused; one that is withheld costs nothing, but is refused like the others. A notice, which has
# nobody's address, is paid from the first day that has room, and waits for that. It waits for
# nobody's transaction, as it may be in a long one itself.
CHARGE = """
CREATE FUNCTION charge_for_text() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  budget bigint;
  dearest bigint;
  seen bigint;
  today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
BEGIN
  SELECT b.budget, b.dearest, CASE WHEN NEW.weight > 1 THEN coalesce(p.call, b.call)
                              ELSE coalesce(p.text, b.text) END,
    (SELECT coalesce(sum(spent), 0) FROM {schema}.text_spending WHERE day = today)
  INTO budget, dearest, NEW.cost, seen
  FROM {schema}.text_budget b LEFT JOIN {schema}.text_prices p ON p.region = NEW.region;
  IF NOT FOUND THEN
    NEW.cost := 0;
    RETURN NEW;
  END IF;
  IF NEW.room = 'withheld' AND seen + NEW.cost <= budget THEN
    NEW.cost := 0;
    RETURN NEW;
  END IF;
  IF NEW.address <> '' THEN
    IF NEW.room = 'withheld'
        OR NOT {schema}.spend_on_texts(today, seen, NEW.cost, budget, dearest, true) THEN
      RAISE EXCEPTION 'the budget of texts for today is spent' USING ERRCODE = 'LK001';
    END IF;
    RETURN NEW;
  END IF;
  FOR days IN 0..6 LOOP
    IF {schema}.spend_on_texts(today + days, seen, NEW.cost, budget, dearest, false) THEN
      IF days > 0 THEN
        NEW.next_try_at := (today + days)::timestamp AT TIME ZONE 'UTC';
      END IF;
      RETURN NEW;
    END IF;
    seen := 0;  -- of the next day
  END LOOP;
  NEW.cost := 0;
  NEW.next_try_at := NEW.expires_at;  -- it goes out no more, which is on record then
  RETURN NEW;
END $$
"""
TRIGGER = """
CREATE TRIGGER charge_for_text BEFORE INSERT ON deliveries
FOR EACH ROW WHEN (NEW.channel <> 'email') EXECUTE FUNCTION charge_for_text()
"""


def upgrade() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    for statement in (COST, BUDGET, PRICES, SPENDING, WARNINGS):
        op.execute(statement)
    for function in (SPEND, CHARGE):
        op.execute(function.replace("{schema}", schema))
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("DROP FUNCTION charge_for_text CASCADE")
    op.execute("DROP FUNCTION spend_on_texts")
    for table in ("text_warnings", "text_spending", "text_prices", "text_budget"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE deliveries DROP COLUMN cost")
