"""When each API key last brought something about, as the metadata of events tells.

A call that records nothing leaves no trace here: what is only looked at, and what is refused.
"""

from __future__ import annotations

from projections.engine.projection import SetProjection, Table

RULE_VERSION = 1

USES = Table(
    "api_key_uses",
    """
    key_id       uuid        PRIMARY KEY,
    last_used_at timestamptz NOT NULL
    """,
)
KEEP_THE_LATEST = """
    ON CONFLICT (key_id) DO UPDATE
          SET last_used_at = greatest(u.last_used_at, excluded.last_used_at)
"""
# Where no key was ever issued, no metadata are read. Most events name a session: which of the
# few accesses of a window are keys is asked of the keys' own streams.
FOLD = f"""
    INSERT INTO read.api_key_uses_{{generation}} AS u
    SELECT used.access_id, used.last_used_at
      FROM (SELECT (e.metadata ->> 'access_id')::uuid AS access_id,
                   max(e.recorded_at) AS last_used_at
              FROM events e
             WHERE e.position > $1 AND e.position <= $2
               AND EXISTS (SELECT FROM events WHERE topic = 'ApiKey.Issued')
             GROUP BY 1) used
      JOIN events k ON k.stream_id = used.access_id AND k.version = 1 AND k.topic = 'ApiKey.Issued'
    {KEEP_THE_LATEST}
"""  # noqa: S608 — made of the two constants above
MERGE = f"""
    INSERT INTO read.api_key_uses_{{generation}} AS u SELECT * FROM read.api_key_uses_{{other}}
    {KEEP_THE_LATEST}
"""  # noqa: S608

API_KEY_USES = SetProjection(
    name="api_key_uses",
    rule_version=RULE_VERSION,
    tables=(USES,),
    of_predictions=None,
    fold=FOLD,
    merge=MERGE,
)
