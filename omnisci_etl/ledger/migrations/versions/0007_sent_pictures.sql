ALTER TABLE omnisci.attempt ADD COLUMN sent_image_sha256 omnisci.sha256_hex;
COMMENT ON COLUMN omnisci.attempt.sent_image_sha256 IS 'Hash of the picture''s bytes as this try sent them; NULL where it sent none.';
