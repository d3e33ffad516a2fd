-- One value each: scheme, policies, key set, table, counters, and the revision.
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE issuer (
    x BLOB PRIMARY KEY CHECK (length(x) = 96),
    x1 BLOB NOT NULL CHECK (length(x1) = 48),
    label TEXT NOT NULL UNIQUE,
    -- What it has for the accreditation epoch in force; NULL: not accredited any more.
    accreditation BLOB
) WITHOUT ROWID;
CREATE TABLE handle (
    id BLOB PRIMARY KEY CHECK (length(id) = 32),
    pool TEXT NOT NULL REFERENCES issuer (label),
    removed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE removal (
    key_set INTEGER NOT NULL,
    place INTEGER NOT NULL,
    removal BLOB NOT NULL CHECK (length(removal) = 128),
    PRIMARY KEY (key_set, place)
) WITHOUT ROWID;
CREATE TABLE checkpoint (key_set INTEGER PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE bucket (
    key_set INTEGER NOT NULL,
    number INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (key_set, number)
) WITHOUT ROWID;
CREATE TABLE epoch (
    number INTEGER PRIMARY KEY,
    key_set INTEGER NOT NULL,
    value BLOB NOT NULL
);
CREATE TABLE bundle (version INTEGER PRIMARY KEY, verifiers BLOB NOT NULL, holders BLOB NOT NULL);
CREATE TABLE log (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
);
CREATE TRIGGER log_is_never_changed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER log_is_never_cut BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'append only'); END;
