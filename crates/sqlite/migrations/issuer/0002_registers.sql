-- What an offer rests on, and the claim it was made for.
ALTER TABLE offer ADD COLUMN kind TEXT NOT NULL DEFAULT 'by hand';
ALTER TABLE offer ADD COLUMN claim BLOB;
CREATE INDEX unanswered_offer ON offer (expires) WHERE response IS NULL;
-- Counts get a kind.
CREATE TABLE issued (
    day INTEGER NOT NULL,
    kind TEXT NOT NULL,
    issued INTEGER NOT NULL,
    PRIMARY KEY (day, kind)
) WITHOUT ROWID;
INSERT INTO issued SELECT day, 'by hand', issued FROM count;
DROP TABLE count;
CREATE TABLE claim (
    -- A hash of the code.
    name BLOB PRIMARY KEY CHECK (length(name) = 32),
    -- What the code opens; forgotten once used, or expired.
    sealed BLOB,
    kind TEXT NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    -- The newest offer that was made for it; forgotten once used.
    offer BLOB
) WITHOUT ROWID;
CREATE INDEX reserved_offer ON offer (id) WHERE response IS NULL AND request IS NOT NULL;
CREATE INDEX open_claim ON claim (expires) WHERE sealed IS NOT NULL;
-- Keyed hashes of rows that have a claim.
CREATE TABLE register_row (mark BLOB PRIMARY KEY CHECK (length(mark) = 16)) WITHOUT ROWID;
CREATE TABLE import (
    file BLOB PRIMARY KEY CHECK (length(file) = 32),
    run BLOB NOT NULL CHECK (length(run) = 8),
    byte INTEGER NOT NULL,
    line INTEGER NOT NULL,
    imported INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    known INTEGER NOT NULL,
    claims_length INTEGER NOT NULL,
    rejects_length INTEGER NOT NULL,
    done INTEGER NOT NULL
) WITHOUT ROWID;
