-- The last day whose passes were forgotten: a pass of that day or of an earlier one cannot be told from one that was
-- seen. A clock that ran ahead and is right again must not let a guest in twice.
CREATE TABLE forgotten (one INTEGER PRIMARY KEY CHECK (one = 1), day INTEGER NOT NULL);
-- Without a number: it told how many questions were ever asked.
CREATE TABLE asked (
    nonce BLOB PRIMARY KEY CHECK (length(nonce) = 16),
    at INTEGER NOT NULL,
    day INTEGER NOT NULL,
    epoch INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO asked SELECT nonce, at, day, epoch FROM question;
DROP TABLE question;
ALTER TABLE asked RENAME TO question;
