-- When an offer ended is of no use once it is answered, and would tell when its handle was used.
UPDATE offer SET expires = 0 WHERE response IS NOT NULL;
