WITH made AS (
  INSERT INTO omnisci.model (provider, api, requested, family, base_url, params, run_key)
  VALUES (:provider, :api, :requested, :family, :base_url, CAST(:params AS jsonb), :run_key)
  ON CONFLICT (provider, api, requested, family, base_url, params) DO NOTHING
  RETURNING model_id)
SELECT model_id FROM made
UNION ALL
SELECT model_id FROM omnisci.model
WHERE provider = :provider AND api = :api AND requested = :requested AND family = :family AND base_url = :base_url
  AND params = CAST(:params AS jsonb)
