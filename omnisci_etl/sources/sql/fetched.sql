SELECT sha256 FROM omnisci.fetch
WHERE url = :url AND service = :service AND sha256 IS NOT NULL
ORDER BY fetch_id DESC LIMIT 1
