-- What must be able to vanish, or must never be in an event, stands beside the events.

-- The key that a user's personal values are sealed under, itself sealed. Without its row they
-- can never be read again.
CREATE TABLE user_keys (
    user_id    uuid        PRIMARY KEY,
    sealed_key bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Password hashes. A user's stream names the one that opens the account.
CREATE TABLE credentials (
    credential_id uuid        PRIMARY KEY,
    user_id       uuid        NOT NULL,
    hash          text        NOT NULL,
    pepper_id     text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON credentials (user_id);

-- Which keys this store was filled under: a process that holds others must not touch it.
CREATE TABLE key_fingerprints (
    name        text PRIMARY KEY,
    fingerprint text NOT NULL
);
