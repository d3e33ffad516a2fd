-- A registered venue has its id and its name for ever, and nobody else gets either.
CREATE TABLE venue (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE,
    -- The newest card that it got.
    card BLOB NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER venue_keeps_its_name BEFORE UPDATE OF id, name ON venue
    WHEN old.id <> new.id OR old.name <> new.name BEGIN SELECT RAISE(ABORT, 'a name is for ever'); END;
CREATE TRIGGER venue_is_never_forgotten BEFORE DELETE ON venue BEGIN SELECT RAISE(ABORT, 'a name is for ever'); END;
-- Also of venues that only public files name: those that were registered after a backup.
CREATE TABLE withdrawn (id BLOB PRIMARY KEY CHECK (length(id) = 16)) WITHOUT ROWID;
