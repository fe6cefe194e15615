-- What the check of the schema reads.

-- name: find_revision
-- Of the schema.
SELECT version_num FROM alembic_version;

-- name: list_revisions
-- Of the migrations that the database has had.
SELECT array_agg(revision) FROM schema_revisions;
