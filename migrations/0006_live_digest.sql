-- What the live tables gave where a rebuild or a verification compared them with the fold's;
-- NULL where they were of another rule, so that there was nothing to compare.
ALTER TABLE projections ADD COLUMN live_digest text;
