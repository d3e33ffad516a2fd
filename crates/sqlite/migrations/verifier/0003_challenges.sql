-- What a question stated: the day when it was asked, and the registry epoch in force then. Questions of before are
-- answered by nobody any more.
ALTER TABLE question ADD COLUMN day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE question ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
