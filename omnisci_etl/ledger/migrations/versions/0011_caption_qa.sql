-- Caption QA: questions about figures, what became of them in the filters, and how they were answered.
CREATE TABLE omnisci.qa_writing (
  writing_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  figure_id bigint NOT NULL REFERENCES omnisci.figure,
  config_sha256 omnisci.sha256_hex NOT NULL,
  call_id bigint NOT NULL REFERENCES omnisci.call,
  questions integer NOT NULL CHECK (questions >= 0),
  run_key bigint NOT NULL REFERENCES omnisci.run,
  written_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (figure_id, config_sha256));
COMMENT ON TABLE omnisci.qa_writing IS 'Questions were written for a figure: once for each writer, prompt and taxonomy of questions, whatever captions it has.';
COMMENT ON COLUMN omnisci.qa_writing.config_sha256 IS 'Hash of the writing model with its parameters, the prompt and the taxonomy of questions.';
COMMENT ON COLUMN omnisci.qa_writing.questions IS 'How many questions the answer held; 0 where the writer found none.';

CREATE TABLE omnisci.qa_question (
  question_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  writing_id bigint NOT NULL REFERENCES omnisci.qa_writing,
  ordinal integer NOT NULL CHECK (ordinal > 0),
  sort text NOT NULL,
  panel text NOT NULL,
  basis text NOT NULL CHECK (basis IN ('picture', 'text', 'both')),
  body text NOT NULL,
  options text[] NOT NULL,
  key_index smallint CHECK (key_index >= 0 AND key_index < cardinality(options)),
  grounds text NOT NULL,
  content_sha256 omnisci.sha256_hex NOT NULL,
  UNIQUE (writing_id, ordinal));
COMMENT ON TABLE omnisci.qa_question IS 'A multiple-choice question as its writer gave it, faulty ones included: the filters judge it.';
COMMENT ON COLUMN omnisci.qa_question.sort IS 'What it asks for, by the taxonomy of questions (axes, trend, comparison, ...).';
COMMENT ON COLUMN omnisci.qa_question.panel IS 'Letter of the panel that it is about; empty for the whole figure.';
COMMENT ON COLUMN omnisci.qa_question.basis IS 'What answers it, as the writer says: picture, text or both.';
COMMENT ON COLUMN omnisci.qa_question.key_index IS 'Place of the right option, from 0; NULL where the writer named none of them.';
COMMENT ON COLUMN omnisci.qa_question.grounds IS 'What shows the key, in the words of the writer.';
COMMENT ON COLUMN omnisci.qa_question.content_sha256 IS 'Hash of picture, question and options: the seed of the order in which options are shown.';

CREATE TABLE omnisci.qa_filter (
  question_id bigint NOT NULL REFERENCES omnisci.qa_question,
  config_sha256 omnisci.sha256_hex NOT NULL,
  filter text NOT NULL CHECK (filter IN ('basic', 'blind', 'near-duplicate', 'agreement')),
  outcome text NOT NULL CHECK (outcome IN ('kept', 'dropped', 'for-review')),
  slug text NOT NULL REFERENCES omnisci.status,
  detail jsonb NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  filtered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (question_id, config_sha256));
COMMENT ON TABLE omnisci.qa_filter IS 'What the filters made of a question; the newest row holds.';
COMMENT ON COLUMN omnisci.qa_filter.config_sha256 IS 'Hash of the filters, their limits, prompts and models.';
COMMENT ON COLUMN omnisci.qa_filter.filter IS 'The filter that decided; agreement is the last.';
COMMENT ON COLUMN omnisci.qa_filter.detail IS 'What each filter saw: blind hits by model, the nearest question, what the answerers picked.';

CREATE TABLE omnisci.qa_outside_caption (
  outside_caption_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  figure_id bigint NOT NULL REFERENCES omnisci.figure,
  captioner text NOT NULL CHECK (captioner <> ''),
  family text NOT NULL,
  body text NOT NULL,
  body_sha256 omnisci.sha256_hex NOT NULL,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  stored_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (figure_id, captioner, body_sha256));
COMMENT ON TABLE omnisci.qa_outside_caption IS 'A caption that was not made here, measured by the questions of its figure; it never becomes a caption of the data.';
COMMENT ON COLUMN omnisci.qa_outside_caption.captioner IS 'Whoever wrote it, as the user names it.';
COMMENT ON COLUMN omnisci.qa_outside_caption.family IS 'Family of the model that wrote it; empty where that is not known.';

CREATE TABLE omnisci.qa_answer (
  answer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  question_id bigint NOT NULL REFERENCES omnisci.qa_question,
  step text NOT NULL CHECK (step IN ('blind', 'agreement', 'floor', 'ceiling', 'caption')),
  shown text GENERATED ALWAYS AS (
    CASE WHEN step IN ('blind', 'floor') THEN 'nothing' WHEN step = 'caption' THEN 'caption' ELSE 'picture' END) STORED,
  caption_id bigint REFERENCES omnisci.caption,
  outside_caption_id bigint REFERENCES omnisci.qa_outside_caption,
  draw integer NOT NULL CHECK (draw >= 0),
  config_sha256 omnisci.sha256_hex NOT NULL,
  option_order smallint[] NOT NULL,
  said text NOT NULL CHECK (said IN ('option', 'cannot-tell', 'ambiguous', 'unanswerable', 'unsuitable', 'none-of-these', 'off-list')),
  chosen smallint CHECK ((chosen IS NOT NULL) = (said = 'option')),
  correct boolean NOT NULL CHECK (said = 'option' OR NOT correct),
  points double precision NOT NULL CHECK (points BETWEEN 0 AND 1),
  call_id bigint NOT NULL REFERENCES omnisci.call,
  run_key bigint NOT NULL REFERENCES omnisci.run,
  answered_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (question_id, step, caption_id, outside_caption_id, draw, config_sha256),
  CHECK ((step = 'caption') = (num_nonnulls(caption_id, outside_caption_id) = 1)));
CREATE INDEX qa_answer_caption ON omnisci.qa_answer (caption_id) WHERE caption_id IS NOT NULL;
COMMENT ON TABLE omnisci.qa_answer IS 'An answer to a question by a model that was shown a caption, the picture, or nothing.';
COMMENT ON COLUMN omnisci.qa_answer.step IS 'What it was asked for: blind and agreement are filters, floor (nothing shown) and ceiling (the picture) frame what a caption can reach.';
COMMENT ON COLUMN omnisci.qa_answer.draw IS 'Tells apart the same question asked more than once; each draw shows the options in another order.';
COMMENT ON COLUMN omnisci.qa_answer.config_sha256 IS 'Hash of the answering model with its parameters and the prompt.';
COMMENT ON COLUMN omnisci.qa_answer.option_order IS 'The options in the order shown, as places in the question, from 0.';
COMMENT ON COLUMN omnisci.qa_answer.said IS 'option, an offered way out (cannot-tell, ambiguous, unanswerable, unsuitable, none-of-these), or off-list: a letter that was not offered.';
COMMENT ON COLUMN omnisci.qa_answer.chosen IS 'The chosen option as its place in the question, from 0.';
COMMENT ON COLUMN omnisci.qa_answer.points IS '1 for the key, 0 for anything else, 1 / options + 0.05 for cannot-tell.';

CREATE VIEW omnisci.qa_questions AS
SELECT q.question_id, w.figure_id, f.kind, coalesce(d.discipline, 'unknown') AS discipline,
       m.provider AS writer_provider, m.requested AS writer, k.prompt_sha256::text AS prompt_sha256, w.call_id,
       q.ordinal, q.sort, q.panel, q.basis, q.body AS question, q.options, q.options[q.key_index + 1] AS key, q.grounds,
       x.outcome, x.filter, x.slug, x.detail, w.written_at
FROM omnisci.qa_question q
JOIN omnisci.qa_writing w USING (writing_id)
JOIN omnisci.figure f USING (figure_id)
JOIN omnisci.paper_version v ON v.paper_version_id = f.paper_version_id
JOIN omnisci.call k USING (call_id)
JOIN omnisci.model m USING (model_id)
LEFT JOIN LATERAL (SELECT discipline FROM omnisci.paper_discipline d WHERE d.paper_id = v.paper_id
                   ORDER BY taxonomy_version DESC, is_primary DESC, discipline LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT outcome, filter, slug, detail FROM omnisci.qa_filter x WHERE x.question_id = q.question_id
                   ORDER BY filtered_at DESC, config_sha256 LIMIT 1) x ON true;

CREATE VIEW omnisci.qa_answers AS
SELECT a.answer_id, a.question_id, q.figure_id, q.kind, q.discipline, q.sort, q.panel, q.outcome AS question_outcome, q.writer,
       a.step, a.shown, a.caption_id, a.outside_caption_id, coalesce(cm.requested, u.captioner) AS captioner,
       coalesce(cm.family, u.family) AS captioner_family, m.requested AS answerer, m.model_id AS answerer_id, a.draw,
       cardinality(q.options) AS options, a.said, a.correct, a.points, a.option_order[1] = a.chosen AS took_first,
       q.options[a.option_order[1] + 1] = q.key AS key_first, a.call_id, a.answered_at
FROM (SELECT DISTINCT ON (z.question_id, z.step, z.caption_id, z.outside_caption_id, z.draw, zk.model_id) z.*, zk.model_id
      FROM omnisci.qa_answer z JOIN omnisci.call zk USING (call_id)
      ORDER BY z.question_id, z.step, z.caption_id, z.outside_caption_id, z.draw, zk.model_id, z.answer_id DESC) a
JOIN omnisci.qa_questions q USING (question_id)
JOIN omnisci.model m ON m.model_id = a.model_id
LEFT JOIN omnisci.caption c ON c.caption_id = a.caption_id
LEFT JOIN omnisci.model cm ON cm.model_id = c.model_id
LEFT JOIN omnisci.qa_outside_caption u ON u.outside_caption_id = a.outside_caption_id;

CREATE VIEW omnisci.qa_results AS
WITH frame AS (
  SELECT question_id, answerer_id, avg(points) FILTER (WHERE step = 'floor') AS floor,
         avg(points) FILTER (WHERE step = 'ceiling') AS ceiling
  FROM omnisci.qa_answers WHERE step IN ('floor', 'ceiling') GROUP BY question_id, answerer_id
), grouped AS (
  SELECT a.captioner AS model, a.captioner_family AS family, a.kind, a.discipline, a.answerer,
         count(DISTINCT (a.caption_id, a.outside_caption_id)) AS captions, count(DISTINCT a.figure_id) AS figures,
         count(*) AS answers, count(*) FILTER (WHERE a.correct) AS correct,
         count(*) FILTER (WHERE a.said = 'cannot-tell') AS cannot_tell,
         avg(a.points) AS mean_score, avg(r.floor) AS floor, avg(r.ceiling) AS ceiling
  FROM omnisci.qa_answers a
  LEFT JOIN frame r ON r.question_id = a.question_id AND r.answerer_id = a.answerer_id
  WHERE a.step = 'caption' AND a.question_outcome = 'kept'
  GROUP BY a.captioner, a.captioner_family, a.kind, a.discipline, a.answerer
)
SELECT model, family, kind, discipline, answerer, captions, figures, answers, correct, cannot_tell,
       correct::double precision / answers AS accuracy, mean_score, floor, ceiling,
       (mean_score - floor) / nullif(greatest(ceiling - floor, 0), 0) AS normalised
FROM grouped;

COMMENT ON VIEW omnisci.qa_questions IS 'Every question about a figure with what the filters made of it.';
COMMENT ON COLUMN omnisci.qa_questions.question_id IS 'Question.';
COMMENT ON COLUMN omnisci.qa_questions.figure_id IS 'Figure.';
COMMENT ON COLUMN omnisci.qa_questions.kind IS 'Kind of the figure.';
COMMENT ON COLUMN omnisci.qa_questions.discipline IS 'Primary discipline of the paper, or unknown.';
COMMENT ON COLUMN omnisci.qa_questions.writer_provider IS 'Provider of the writing model.';
COMMENT ON COLUMN omnisci.qa_questions.writer IS 'Model that wrote it, as asked for.';
COMMENT ON COLUMN omnisci.qa_questions.prompt_sha256 IS 'Prompt that it was written by.';
COMMENT ON COLUMN omnisci.qa_questions.call_id IS 'Call that it came of.';
COMMENT ON COLUMN omnisci.qa_questions.ordinal IS 'Its place in the answer, from 1.';
COMMENT ON COLUMN omnisci.qa_questions.sort IS 'What it asks for, by the taxonomy of questions.';
COMMENT ON COLUMN omnisci.qa_questions.panel IS 'Letter of its panel; empty for the whole figure.';
COMMENT ON COLUMN omnisci.qa_questions.basis IS 'What answers it, as the writer says: picture, text or both.';
COMMENT ON COLUMN omnisci.qa_questions.question IS 'The question.';
COMMENT ON COLUMN omnisci.qa_questions.options IS 'Its options in the order of the writer.';
COMMENT ON COLUMN omnisci.qa_questions.key IS 'The right one; NULL where the writer named none of them.';
COMMENT ON COLUMN omnisci.qa_questions.grounds IS 'What shows the key, in the words of the writer.';
COMMENT ON COLUMN omnisci.qa_questions.outcome IS 'kept, dropped or for-review; NULL before the filters. Only kept ones are used.';
COMMENT ON COLUMN omnisci.qa_questions.filter IS 'The filter that decided.';
COMMENT ON COLUMN omnisci.qa_questions.slug IS 'Why.';
COMMENT ON COLUMN omnisci.qa_questions.detail IS 'What each filter saw.';
COMMENT ON COLUMN omnisci.qa_questions.written_at IS 'When it was stored.';

COMMENT ON VIEW omnisci.qa_answers IS 'Every answer to a question: from a caption, from the picture, or from nothing. Of one asked again by another prompt the newest.';
COMMENT ON COLUMN omnisci.qa_answers.answer_id IS 'Answer.';
COMMENT ON COLUMN omnisci.qa_answers.question_id IS 'Question.';
COMMENT ON COLUMN omnisci.qa_answers.figure_id IS 'Figure.';
COMMENT ON COLUMN omnisci.qa_answers.kind IS 'Kind of the figure.';
COMMENT ON COLUMN omnisci.qa_answers.discipline IS 'Primary discipline of the paper, or unknown.';
COMMENT ON COLUMN omnisci.qa_answers.sort IS 'What the question asks for.';
COMMENT ON COLUMN omnisci.qa_answers.panel IS 'Panel of the question.';
COMMENT ON COLUMN omnisci.qa_answers.question_outcome IS 'What the filters made of the question.';
COMMENT ON COLUMN omnisci.qa_answers.writer IS 'Model that wrote the question.';
COMMENT ON COLUMN omnisci.qa_answers.step IS 'blind, agreement, floor, ceiling or caption.';
COMMENT ON COLUMN omnisci.qa_answers.shown IS 'What the answerer saw beside the question: caption, picture or nothing.';
COMMENT ON COLUMN omnisci.qa_answers.caption_id IS 'The caption shown.';
COMMENT ON COLUMN omnisci.qa_answers.outside_caption_id IS 'The caption shown, where it was not made here.';
COMMENT ON COLUMN omnisci.qa_answers.captioner IS 'Model that wrote that caption.';
COMMENT ON COLUMN omnisci.qa_answers.captioner_family IS 'Its family.';
COMMENT ON COLUMN omnisci.qa_answers.answerer IS 'Model that answered, as asked for.';
COMMENT ON COLUMN omnisci.qa_answers.answerer_id IS 'The same with its parameters.';
COMMENT ON COLUMN omnisci.qa_answers.draw IS 'Number of the draw, from 0.';
COMMENT ON COLUMN omnisci.qa_answers.options IS 'Options of the question.';
COMMENT ON COLUMN omnisci.qa_answers.said IS 'option, a way out that was offered, or off-list.';
COMMENT ON COLUMN omnisci.qa_answers.correct IS 'Whether it is the key.';
COMMENT ON COLUMN omnisci.qa_answers.points IS '1 for the key, 0 for anything else, 1 / options + 0.05 for cannot-tell.';
COMMENT ON COLUMN omnisci.qa_answers.took_first IS 'Whether the first option shown was taken; NULL where none was.';
COMMENT ON COLUMN omnisci.qa_answers.key_first IS 'Whether the first option shown was the key.';
COMMENT ON COLUMN omnisci.qa_answers.call_id IS 'Call.';
COMMENT ON COLUMN omnisci.qa_answers.answered_at IS 'When it was stored.';

COMMENT ON VIEW omnisci.qa_results IS 'What can be answered from captions, by their model, kind of figure and discipline. Kept questions only; `omnisci qa report` adds intervals.';
COMMENT ON COLUMN omnisci.qa_results.model IS 'Model that wrote the captions.';
COMMENT ON COLUMN omnisci.qa_results.family IS 'Its family.';
COMMENT ON COLUMN omnisci.qa_results.kind IS 'Kind of the figures.';
COMMENT ON COLUMN omnisci.qa_results.discipline IS 'Primary discipline of the papers.';
COMMENT ON COLUMN omnisci.qa_results.answerer IS 'Model that answered.';
COMMENT ON COLUMN omnisci.qa_results.captions IS 'Captions asked.';
COMMENT ON COLUMN omnisci.qa_results.figures IS 'Figures of these.';
COMMENT ON COLUMN omnisci.qa_results.answers IS 'Answers from these captions.';
COMMENT ON COLUMN omnisci.qa_results.correct IS 'Right ones.';
COMMENT ON COLUMN omnisci.qa_results.cannot_tell IS 'Answers that the caption does not tell.';
COMMENT ON COLUMN omnisci.qa_results.accuracy IS 'correct / answers.';
COMMENT ON COLUMN omnisci.qa_results.mean_score IS 'Mean points.';
COMMENT ON COLUMN omnisci.qa_results.floor IS 'Mean points of the same answerer on the same questions when shown nothing.';
COMMENT ON COLUMN omnisci.qa_results.ceiling IS 'The same when shown the picture.';
COMMENT ON COLUMN omnisci.qa_results.normalised IS 'Where the mean lies between floor (0) and ceiling (1).';

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['qa_writing', 'qa_question', 'qa_filter', 'qa_outside_caption', 'qa_answer'] LOOP
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON omnisci.%I '
                   'FOR EACH STATEMENT EXECUTE FUNCTION omnisci.refuse_change()', name);
  END LOOP;
END $$;
GRANT SELECT ON omnisci.qa_writing, omnisci.qa_question, omnisci.qa_filter, omnisci.qa_outside_caption, omnisci.qa_answer,
  omnisci.qa_questions, omnisci.qa_answers, omnisci.qa_results TO omnisci_reader, omnisci_writer;
GRANT INSERT ON omnisci.qa_writing, omnisci.qa_question, omnisci.qa_filter, omnisci.qa_outside_caption, omnisci.qa_answer TO omnisci_writer;
