-- How far each projection has come. Its tables live in the schema below: they can be dropped
-- and built again from the events at any time.
CREATE SCHEMA read;

CREATE TABLE projections (
    name              text        PRIMARY KEY,  -- "users", or "users@2" while that is being built
    rule_version      int         NOT NULL,     -- of the fold that filled the tables
    generation        int         NOT NULL,     -- the number that the tables' names end in
    position          bigint      NOT NULL DEFAULT 0,
    started_at        bigint      NOT NULL DEFAULT 0,  -- the position that a build began after
    updated_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    verified_position bigint,                   -- where the last comparison with a fold from
    verified_digest   text,                     -- zero was made, what that fold gave, and
    is_verified       boolean,                  -- whether the live tables were the same
    verified_at       timestamptz
) WITH (fillfactor = 50);

-- Events that a projection could not apply, and later ones of the same streams. A skipped one
-- is left out for good, and no longer holds back those after it.
CREATE TABLE parked_events (
    projection text        NOT NULL,
    position   bigint      NOT NULL,
    stream_id  uuid        NOT NULL,
    error      text        NOT NULL,
    attempts   int         NOT NULL DEFAULT 1,
    is_skipped boolean     NOT NULL DEFAULT false,
    parked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (projection, position)
);
CREATE INDEX ON parked_events (projection, stream_id);
