-- What the servers' own role may do, which docs/deploy.md makes. Run it by the owner of the tables or a superuser, in the
-- database of Latchkey, once and again after each `latchkey migrate` that changed something and after each restore.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO latchkey_server;
GRANT EXECUTE ON FUNCTION forget_audit_events, make_partitions, drop_partitions TO latchkey_server;
-- Audit events are read and added to, and only by the name of the whole. A month that is made later is granted to nobody.
REVOKE UPDATE, DELETE ON audit_events FROM latchkey_server;
DO $$
DECLARE
  month regclass;
BEGIN
  FOR month IN SELECT relid FROM pg_partition_tree('audit_events') WHERE level > 0 LOOP
    EXECUTE format('REVOKE ALL ON %s FROM latchkey_server', month);
  END LOOP;
END $$;
