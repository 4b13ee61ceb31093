-- The record of everything that happened. Rows are only ever added, one after the other:
-- whoever appends holds one lock until the commit, so positions are dense and in the order of
-- commits, and a reader that has seen position n has seen everything up to n.
CREATE TABLE events (
    position    bigint      PRIMARY KEY,
    stream_id   uuid        NOT NULL,
    version     int         NOT NULL CHECK (version > 0),
    topic       text        NOT NULL,
    state       json        NOT NULL,
    body        json,
    metadata    json        NOT NULL,
    recorded_at timestamptz NOT NULL,
    UNIQUE (stream_id, version)
);

-- Everything but predictions is rare: who follows users and models need not read past the rest.
CREATE INDEX events_but_predictions ON events (position)
    WHERE topic NOT IN ('Prediction.Served', 'Prediction.Failed');

CREATE FUNCTION refuse_to_change_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER events_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_final;

-- Takes the lock that all appends share and says where the next event goes, and when that is:
-- the clock of the database, never earlier than the event before.
CREATE FUNCTION begin_append(OUT next_position bigint, OUT recorded_at timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7305808869231650100);
    SELECT e.position + 1, greatest(clock_timestamp(), e.recorded_at)
      INTO next_position, recorded_at
      FROM public.events e ORDER BY e.position DESC LIMIT 1;
    IF next_position IS NULL THEN
        next_position := 1;
        recorded_at := clock_timestamp();
    END IF;
END $$;

-- Appends a batch, all of it or nothing: a unique violation says that some version is taken.
CREATE FUNCTION append_events(
    p_stream uuid[], p_version int[], p_topic text[], p_state json[], p_body json[],
    p_metadata json[], p_only_predictions bool,
    OUT first_position bigint, OUT recorded_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    SELECT b.next_position, b.recorded_at INTO first_position, append_events.recorded_at
      FROM public.begin_append() b;
    INSERT INTO public.events
    SELECT first_position - 1 + i.ord, i.stream, i.version, i.topic, i.state, i.body, i.metadata,
           append_events.recorded_at
      FROM unnest(p_stream, p_version, p_topic, p_state, p_body, p_metadata)
           WITH ORDINALITY AS i (stream, version, topic, state, body, metadata, ord);
    NOTIFY events;
    IF NOT p_only_predictions THEN
        NOTIFY streams;
    END IF;
END $$;

-- The same for a batch of several calls (p_call numbers them), of which some may come too late:
-- a call with a version that is taken is rejected whole, the others are appended. The probe is
-- a sub-select for each row, so that a plan made when the table was small never scans a big one.
CREATE FUNCTION append_events_checked(
    p_call int[], p_stream uuid[], p_version int[], p_topic text[], p_state json[],
    p_body json[], p_metadata json[], p_only_predictions bool,
    OUT first_position bigint, OUT recorded_at timestamptz, OUT rejected int[]
) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog SET enable_seqscan = off AS $$
BEGIN
    SELECT b.next_position, b.recorded_at INTO first_position, append_events_checked.recorded_at
      FROM public.begin_append() b;
    SELECT coalesce(array_agg(DISTINCT probe.call), '{}') INTO rejected
      FROM (SELECT i.call,
                   (SELECT true FROM public.events e
                     WHERE e.stream_id = i.stream AND e.version = i.version) AS is_taken
              FROM unnest(p_call, p_stream, p_version) AS i (call, stream, version)
            OFFSET 0) probe
     WHERE probe.is_taken;
    INSERT INTO public.events
    SELECT first_position - 1 + row_number() OVER (ORDER BY i.ord), i.stream, i.version, i.topic,
           i.state, i.body, i.metadata, append_events_checked.recorded_at
      FROM unnest(p_call, p_stream, p_version, p_topic, p_state, p_body, p_metadata)
           WITH ORDINALITY AS i (call, stream, version, topic, state, body, metadata, ord)
     WHERE i.call <> ALL (rejected);
    NOTIFY events;
    IF NOT p_only_predictions THEN
        NOTIFY streams;
    END IF;
END $$;

-- How far the store was filled by import; a store that has grown since takes no import.
CREATE TABLE imported_events (position bigint NOT NULL);
INSERT INTO imported_events VALUES (0);

-- Brings past events back, in their order and with their times: for the owner, into a store
-- that holds nothing else.
CREATE FUNCTION import_events(
    p_stream uuid[], p_version int[], p_topic text[], p_state json[], p_body json[],
    p_metadata json[], p_recorded_at timestamptz[], OUT last_position bigint
) LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    first_position bigint;
    last_recorded_at timestamptz;
BEGIN
    SELECT b.next_position INTO first_position FROM public.begin_append() b;
    IF first_position - 1 <> (SELECT position FROM public.imported_events) THEN
        RAISE EXCEPTION 'events are imported into an empty store only'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    SELECT e.recorded_at INTO last_recorded_at
      FROM public.events e ORDER BY e.position DESC LIMIT 1;
    IF EXISTS (
        SELECT FROM (
            SELECT t, lag(t, 1, coalesce(last_recorded_at, '-infinity')) OVER (ORDER BY ord) AS before
              FROM unnest(p_recorded_at) WITH ORDINALITY AS i (t, ord)) times
         WHERE t < before OR t > clock_timestamp()) THEN
        RAISE EXCEPTION 'events are imported in the order of their times, none from the future'
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    INSERT INTO public.events
    SELECT first_position - 1 + i.ord, i.stream, i.version, i.topic, i.state, i.body, i.metadata,
           i.recorded_at
      FROM unnest(p_stream, p_version, p_topic, p_state, p_body, p_metadata, p_recorded_at)
           WITH ORDINALITY AS i (stream, version, topic, state, body, metadata, recorded_at, ord);
    last_position := first_position - 1 + cardinality(p_stream);
    UPDATE public.imported_events SET position = last_position;
    NOTIFY events;
    NOTIFY streams;
END $$;

-- The last position that was recorded by a moment, by halving: times grow with positions.
CREATE FUNCTION position_at(p_moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
DECLARE
    low bigint := 0;
    high bigint := coalesce((SELECT max(position) FROM public.events), 0);
    middle bigint;
BEGIN
    WHILE low < high LOOP
        middle := (low + high + 1) / 2;
        IF (SELECT recorded_at FROM public.events WHERE position = middle) <= p_moment THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END $$;

REVOKE EXECUTE ON FUNCTION begin_append, append_events, append_events_checked, import_events
    FROM PUBLIC;
