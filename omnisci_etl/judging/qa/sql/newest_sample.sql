SELECT max(sample_id) FROM sample
