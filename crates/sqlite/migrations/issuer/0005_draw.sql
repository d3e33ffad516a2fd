-- Digest of the request for which an offer's draw was revealed.
ALTER TABLE offer ADD COLUMN drawn BLOB CHECK (length(drawn) = 32);
