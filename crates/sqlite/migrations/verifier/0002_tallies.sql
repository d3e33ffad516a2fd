-- How often a verdict was given in an hour of a day: green, or the name of a reason. Nothing about a guest. Deleted
-- after the day.
CREATE TABLE tally (
    day INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    count INTEGER NOT NULL CHECK (count > 0),
    PRIMARY KEY (day, hour, verdict)
) WITHOUT ROWID;
