INSERT INTO omnisci.extraction (
  paper_version_id, outcome, document_sha256, extractor, extractor_version, figures_found, figures_kept, figures_rejected,
  article_type, doi, title, abstract, published_on, license_uri, license_class, related, detail, run_key)
VALUES (
  :paper_version_id, :outcome, :document_sha256, :extractor, :extractor_version, :found, :kept, :rejected,
  :article_type, :doi, :title, :abstract, :published_on, :license_uri, :license_class, CAST(:related AS jsonb), CAST(:detail AS jsonb), :run_key)
ON CONFLICT DO NOTHING
RETURNING extraction_id
