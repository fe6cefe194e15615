"""The SQL of sessions."""

LIVE = "revoked_at IS NULL AND least(idle_expires_at, expires_at) > clock_timestamp()"

# With its audit event, in one turn: it is what every way in ends with. An account that is being
# deleted is waited for, and is nobody's then.
OPEN = """
WITH opened AS (
  INSERT INTO sessions (id, user_id, amr, device, network, idle_expires_at, expires_at)
  SELECT $1, id, $3, $4, $5, clock_timestamp() + $6, clock_timestamp() + $7
  FROM users WHERE id = $2 FOR KEY SHARE
  RETURNING user_id, authenticated_at
), recorded AS (
  INSERT INTO audit_events (event, user_id, network, request_id, details)
  SELECT 'session:opened', user_id, $5, $8, jsonb_build_object('amr', array_to_string($3, ' '))
  FROM opened
)
SELECT opened.authenticated_at, users.email FROM opened JOIN users ON users.id = opened.user_id
"""

# One row update decides. $1 session, $2 generation of the token presented, $3 idle lifetime; $4 is
# how often it may rotate in $5.
# The newest token rotates. The one before is answered with the newest again, since its answer may
# have been lost or other requests be under way, until ten seconds have passed and the newest has
# been seen in use. Anything older, or later, was copied: that is for END_COPIED.
COPIED = (
    "(generation > $2 + 1 OR (generation = $2 + 1 AND seen_generation >= generation"
    " AND rotated_at < clock_timestamp() - interval '10 seconds'))"
)
IS_OVER = "counted_since < clock_timestamp() - $5::interval"
REFRESH = f"""
UPDATE sessions SET
  generation = generation + (generation = $2)::int,
  rotated_at = CASE WHEN generation = $2 THEN clock_timestamp() ELSE rotated_at END,
  seen_generation = greatest(seen_generation, least($2, generation)),
  counted_from = CASE WHEN generation = $2 AND {IS_OVER} THEN generation ELSE counted_from END,
  counted_since = CASE WHEN generation = $2 AND {IS_OVER} THEN clock_timestamp()
                       ELSE counted_since END,
  last_used_at = clock_timestamp(),
  idle_expires_at = clock_timestamp() + $3
WHERE id = $1 AND {LIVE} AND $2 <= generation AND NOT {COPIED}
  AND (generation > $2 OR ($4 > 0 AND ({IS_OVER} OR generation - counted_from < $4)))
RETURNING user_id, generation, amr, authenticated_at
"""

# Why there was none.
END_COPIED = f"""
UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = 'replayed'
WHERE id = $1 AND {LIVE} AND {COPIED}
RETURNING user_id, device
"""
WAIT = f"""
SELECT extract(epoch FROM counted_since + $3::interval - clock_timestamp())::float
FROM sessions WHERE id = $1 AND {LIVE} AND generation = $2
"""

# A fresh proof. The token before stays good for those who asked with it at the same moment, and
# where the answer was lost: nobody has seen the newest then, so it is given again.
RENEW = f"""
UPDATE sessions SET
  authenticated_at = clock_timestamp(), amr = $3, rotated_at = clock_timestamp(),
  generation = generation + (seen_generation >= generation)::int,
  last_used_at = clock_timestamp(), idle_expires_at = clock_timestamp() + $2
WHERE id = $1 AND {LIVE}
RETURNING generation, authenticated_at
"""

# What a fresh proof has just given, until somebody has used it.
UNSEEN = f"""
SELECT generation, authenticated_at, amr FROM sessions
WHERE id = $1 AND {LIVE} AND seen_generation < generation
  AND rotated_at > clock_timestamp() - interval '10 seconds'
"""

# $3 is the proof that the access token tells of: another of the session's may be newer, and whoever
# holds a copy of this one gains nothing by that.
IS_FRESH = f"""
SELECT EXISTS (
  SELECT 1 FROM sessions
  WHERE id = $1 AND {LIVE}
    AND least(authenticated_at, $3) > clock_timestamp() - $2::interval
)
"""

# Whoever locks more of a person's locks the person first.
LOCK_OWNER = "SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE"
HOLD = f"SELECT 1 FROM sessions WHERE id = $1 AND {LIVE} FOR SHARE"

CHECK = f"SELECT seen_generation FROM sessions WHERE id = $1 AND {LIVE}"

SEEN = """
UPDATE sessions SET seen_generation = $2, last_used_at = clock_timestamp()
WHERE id = $1 AND seen_generation < $2 AND generation >= $2
"""

LIST = f"""
SELECT id, device, network, created_at, last_used_at, amr FROM sessions
WHERE user_id = $1 AND {LIVE} ORDER BY last_used_at DESC
"""

END = """
UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = $3
WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING id
"""

END_HELD = """
UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = $2
WHERE id = ANY($1) AND revoked_at IS NULL RETURNING id, user_id
"""

END_ALL = """
UPDATE sessions SET revoked_at = clock_timestamp(), revoked_reason = $3
WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL RETURNING id
"""
