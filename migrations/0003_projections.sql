-- How far each projection has come. Its tables live in the schema below: they can be dropped
-- and built again from the events at any time.
CREATE SCHEMA read;

CREATE TABLE projections (
    name         text        PRIMARY KEY,
    rule_version int         NOT NULL,
    generation   int         NOT NULL,
    position     bigint      NOT NULL DEFAULT 0,
    updated_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Events that a projection could not apply, and later ones of the same streams.
CREATE TABLE parked_events (
    projection text        NOT NULL,
    position   bigint      NOT NULL,
    stream_id  uuid        NOT NULL,
    error      text        NOT NULL,
    attempts   int         NOT NULL DEFAULT 1,
    parked_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (projection, position)
);
CREATE INDEX ON parked_events (projection, stream_id);
