SELECT coalesce(
  (SELECT extract(epoch FROM next_allowed_at - clock_timestamp()) FROM omnisci.rate_limit WHERE service = :service), 0)
