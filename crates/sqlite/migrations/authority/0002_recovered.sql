-- A handle that was taken back from public files has no pool: nobody knows any more whose it was.
CREATE TABLE handle_2 (
    id BLOB PRIMARY KEY CHECK (length(id) = 32),
    pool TEXT REFERENCES issuer (label),
    removed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO handle_2 SELECT id, pool, removed FROM handle;
DROP TABLE handle;
ALTER TABLE handle_2 RENAME TO handle;
