"""Prices: plans, features and amounts by version, of which none can be incomplete."""

from alembic import op

revision: str = "202611281325"
down_revision: str | None = "202611251323"

TABLES = """
CREATE TABLE catalogues (
  version integer GENERATED ALWAYS AS IDENTITY,
  effective_from timestamptz NOT NULL,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_catalogues PRIMARY KEY (version),
  CONSTRAINT uq_catalogues_effective_from UNIQUE (effective_from)
);
CREATE TABLE plans (
  version integer NOT NULL,
  code text NOT NULL,
  position integer NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  highlighted boolean NOT NULL,
  CONSTRAINT pk_plans PRIMARY KEY (version, code),
  CONSTRAINT fk_plans_version_catalogues FOREIGN KEY (version) REFERENCES catalogues (version),
  CONSTRAINT uq_plans_version UNIQUE (version, position),
  CONSTRAINT ck_plans_code_is_plain CHECK (code ~ '^[a-z][a-z0-9-]{0,30}$')
);
CREATE UNIQUE INDEX uq_plans_highlighted ON plans (version) WHERE highlighted;
CREATE TABLE features (
  version integer NOT NULL,
  code text NOT NULL,
  position integer NOT NULL,
  name text NOT NULL,
  CONSTRAINT pk_features PRIMARY KEY (version, code),
  CONSTRAINT fk_features_version_catalogues FOREIGN KEY (version) REFERENCES catalogues (version),
  CONSTRAINT uq_features_version UNIQUE (version, position),
  CONSTRAINT ck_features_code_is_plain CHECK (code ~ '^[a-z][a-z0-9-]{0,30}$')
);
CREATE TABLE plan_features (
  version integer NOT NULL,
  plan text NOT NULL,
  feature text NOT NULL,
  amount text NOT NULL,
  CONSTRAINT pk_plan_features PRIMARY KEY (version, plan, feature),
  CONSTRAINT fk_plan_features_version_plans
    FOREIGN KEY (version, plan) REFERENCES plans (version, code),
  CONSTRAINT fk_plan_features_version_features
    FOREIGN KEY (version, feature) REFERENCES features (version, code)
);
CREATE TABLE prices (
  version integer NOT NULL,
  plan text NOT NULL,
  interval text NOT NULL,
  currency text NOT NULL,
  position integer NOT NULL,
  amount_minor bigint NOT NULL,
  CONSTRAINT pk_prices PRIMARY KEY (version, plan, interval, currency),
  CONSTRAINT fk_prices_version_plans FOREIGN KEY (version, plan) REFERENCES plans (version, code),
  CONSTRAINT ck_prices_interval_is_known CHECK (interval IN ('month', 'year')),
  CONSTRAINT ck_prices_currency_is_iso_4217 CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT ck_prices_amount_is_not_negative CHECK (amount_minor >= 0)
)
"""

# Looked at when the transaction commits, whatever was written in it and in which order. The amounts
# of a version are a full block: each plan times each interval times each currency.
WHOLE = """
CREATE FUNCTION catalogue_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  it integer := coalesce(NEW.version, OLD.version);
  gaps bigint;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM catalogues WHERE version = it) THEN
    RETURN NULL;
  END IF;
  SELECT (SELECT count(*) FROM plans WHERE version = it)
         * count(DISTINCT interval) * count(DISTINCT (currency, position)) - count(*)
    INTO gaps FROM prices WHERE version = it;
  IF gaps <> 0 OR NOT EXISTS (SELECT 1 FROM prices WHERE version = it) THEN
    RAISE EXCEPTION 'version % of the prices is not whole', it USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""
WATCHED = ("catalogues", "plans", "prices")
WATCH = """
CREATE CONSTRAINT TRIGGER {table}_are_whole AFTER INSERT OR UPDATE OR DELETE ON {table}
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalogue_is_whole()
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    op.execute(WHOLE)
    for table in WATCHED:
        op.execute(WATCH.format(table=table))


def downgrade() -> None:
    for table in ("prices", "plan_features", "features", "plans", "catalogues"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION catalogue_is_whole")
