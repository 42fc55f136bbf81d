INSERT INTO omnisci.figure (
  extraction_id, paper_version_id, locator, ordinal, label, author_caption, caption_source, kind, kind_confidence, image_sha256, page, bbox,
  third_party_credit, reject_slug, evidence_sha256, extractor, extractor_version)
SELECT extraction_id, paper_version_id, locator, ordinal, label, author_caption, caption_source, kind, kind_confidence, image_sha256, page, bbox,
       third_party_credit, reject_slug, evidence_sha256, extractor, extractor_version
FROM pg_temp.figure_stage ORDER BY ordinal
