-- How far the database has come. The clock is always the database's.

-- name: advance
-- The mark grows, if it is not behind what is remembered elsewhere; seldom more than every ten
-- seconds, however many processes there are. seen: may be null.
UPDATE restore_marks SET marked_at = greatest(clock_timestamp(), marked_at + interval '1 microsecond')
WHERE marked_at >= coalesce(:seen::timestamptz, '-infinity')
  AND marked_at < clock_timestamp() - interval '10 seconds';

-- name: notice
-- It is behind: what is between was lost. Told once, to whoever was first.
UPDATE restore_marks SET
  restored_to = least(restored_to, marked_at), lost_until = greatest(lost_until, :seen),
  noticed_at = clock_timestamp(),
  marked_at = greatest(clock_timestamp(), :seen)
WHERE marked_at < :seen
RETURNING restored_to, lost_until;

-- name: find_mark
-- The restored columns are null where nothing is to be done.
SELECT marked_at, restored_to, lost_until, noticed_at FROM restore_marks;

-- name: settle
-- What came back was ended, or is to stay. before: sessions that were opened by then have ended; it
-- has to be later than the restore, which may not be noticed yet: then a mark is old.
WITH settled AS (
  UPDATE restore_marks SET restored_to = NULL, lost_until = NULL, noticed_at = NULL,
    marked_at = greatest(clock_timestamp(), marked_at, lost_until)
  WHERE :before >= coalesce(noticed_at, marked_at + interval '2 minutes')
  RETURNING 1
)
SELECT count(*) FROM settled;
