SELECT t.prompt_sha256::text AS sha256, t.name, t.version, t.purpose, t.system, t.template, t.output_schema, t.registered_at,
       (SELECT count(*) FROM call k WHERE k.prompt_sha256 = t.prompt_sha256) AS calls,
       (SELECT count(*) FROM caption c WHERE c.prompt_sha256 = t.prompt_sha256) AS captions
FROM prompt t
ORDER BY t.name, t.registered_at
