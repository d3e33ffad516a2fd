-- Whether guest and clerk compare a code before the offer is answered.
ALTER TABLE offer ADD COLUMN compared INTEGER NOT NULL DEFAULT 1;
-- Open offers of before are of another format, and nothing says how they were handed over: new ones are made.
DELETE FROM offer WHERE request IS NULL;
