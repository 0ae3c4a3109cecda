-- silo_id: who carries the request out; when its lease lapses before an answer is there, a repeat is carried out elsewhere under another
-- token, and what the first would still commit is refused for its own.
alter table idempotent_answers add column silo_id text;
alter table idempotent_answers add column token text;
