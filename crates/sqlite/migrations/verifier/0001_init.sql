CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE bundle (version INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE question (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    nonce BLOB NOT NULL UNIQUE CHECK (length(nonce) = 16),
    at INTEGER NOT NULL
);
-- What was accepted, so that nothing is accepted twice. Deleted after the day.
CREATE TABLE seen (
    venue TEXT NOT NULL,
    day INTEGER NOT NULL,
    mark BLOB NOT NULL,
    PRIMARY KEY (venue, day, mark)
) WITHOUT ROWID;
