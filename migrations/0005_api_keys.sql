-- Which API keys an account was given: asked before it is given another one.
CREATE INDEX events_of_api_keys ON events ((state ->> 'owner_id'))
    WHERE topic = 'ApiKey.Issued';
