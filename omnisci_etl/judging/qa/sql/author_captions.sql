-- The authors' captions of captioned figures; sub-captions that stand beside the caption are part of it.
SELECT f.figure_id, concat_ws(E'\n', f.author_caption, (
         SELECT string_agg('panel ' || n.label || ': ' || n.body, E'\n' ORDER BY n.ordinal) FROM panel n
         WHERE n.figure_id = f.figure_id AND n.body <> '' AND strpos(f.author_caption, n.body) = 0)) AS author_caption
FROM figure f
WHERE f.image_sha256 IS NOT NULL AND f.reject_slug IS NULL AND EXISTS (SELECT FROM caption c WHERE c.figure_id = f.figure_id)
ORDER BY f.figure_id
