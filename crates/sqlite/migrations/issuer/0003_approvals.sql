-- Whether operators approved an import: then it may make any number of claims.
ALTER TABLE import ADD COLUMN approved INTEGER NOT NULL DEFAULT 0;
-- Claims that imports without an approval made, counted where they are made.
CREATE TABLE unapproved (day INTEGER PRIMARY KEY, claims INTEGER NOT NULL) WITHOUT ROWID;
