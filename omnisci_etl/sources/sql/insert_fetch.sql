INSERT INTO omnisci.fetch (run_key, service, purpose, url, status, slug, sha256, bytes, etag, started_at, duration_ms)
VALUES (:run_key, :service, :purpose, :url, :status, :slug, :sha256, :bytes, :etag, :started_at, :duration_ms)
