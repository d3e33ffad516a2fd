CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE offer (
    id BLOB PRIMARY KEY CHECK (length(id) = 32),
    -- The attributes; forgotten once answered.
    pending BLOB,
    expires INTEGER NOT NULL,
    -- Digest of the request that it is reserved for.
    request BLOB CHECK (length(request) = 32),
    response BLOB,
    CHECK ((response IS NULL) = (pending IS NOT NULL)),
    CHECK (response IS NULL OR request IS NOT NULL)
) WITHOUT ROWID;
CREATE TABLE handle (
    id BLOB PRIMARY KEY CHECK (length(id) = 32),
    -- With its witness; forgotten once used.
    value BLOB,
    offer BLOB UNIQUE REFERENCES offer (id)
) WITHOUT ROWID;
CREATE INDEX free_handle ON handle (id) WHERE offer IS NULL;
CREATE TABLE count (day INTEGER PRIMARY KEY, issued INTEGER NOT NULL);
CREATE TABLE log (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
);
CREATE TRIGGER log_is_never_changed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER log_is_never_cut BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'append only'); END;
