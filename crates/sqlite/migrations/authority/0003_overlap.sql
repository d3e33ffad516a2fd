-- Epochs name their key set and accreditation epoch from now on. Those of before do not, and end with the next
-- publication; numbers go on.
DELETE FROM epoch;
-- What issuers have for accreditation epochs, or under key sets, that are being replaced.
CREATE TABLE older_accreditation (
    key_set INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    x BLOB NOT NULL REFERENCES issuer (x),
    accreditation BLOB NOT NULL,
    PRIMARY KEY (key_set, epoch, x)
) WITHOUT ROWID;
