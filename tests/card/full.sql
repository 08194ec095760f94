-- A Card as it is after years: :rows stories, the same number in every table that grows. The story with the number n
-- is person n with right n, case n, and all that case n has said, heard, decided and paid. Every thousandth is open.
SET LOCAL session_replication_role = replica;

CREATE FUNCTION pg_temp.id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.ago(n bigint) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT now() - make_interval(days => 30) - make_interval(mins => n::int) $$;
CREATE FUNCTION pg_temp.is_open(n bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT n % 1000 = 0 $$;

CREATE TEMP TABLE n AS SELECT n, pg_temp.ago(n) AS at, pg_temp.is_open(n) AS open,
    'case-' || n AS ref, 'key-' || n AS key, pg_temp.id(n) AS id, '+7701' || lpad(n::text, 7, '0') AS phone
FROM generate_series(1, :rows) n;

INSERT INTO persons (id, iin, birth_date, sex, language) SELECT id, lpad(n::text, 12, '0'), '1985-03-12', 'female', 'kk' FROM n;
INSERT INTO families (id, head_id) SELECT id, id FROM n;
INSERT INTO members (family_id, person_id, relation) SELECT id, pg_temp.id(n % :rows + 1), 'child' FROM n;
INSERT INTO rights (id, service, state, since, amount, ground, offers, refusals)
    SELECT id, 'multi-child', CASE WHEN open THEN 'found' ELSE 'entitled' END, at, 1000, 'ground', 0, 0 FROM n;
INSERT INTO right_names (service, name, right_id) SELECT 'multi-child', 'name-' || n, id FROM n;
INSERT INTO looks (root, right_id, service, person_id, day, why, n)
    SELECT 'root-' || n, id, 'multi-child', id, CURRENT_DATE + 1 + (n % 300)::int, 'lapsed', 0 FROM n;
INSERT INTO cases (ref, service, person_id, basis, right_id, ground, opened_by, root, look, opened_at, started_at,
                   codec_key, assessed_on, amount, outcome, closed_at, settled)
    SELECT ref, 'multi-child', id, 'name-' || n, id, 'ground', 'event-' || n, 'root-' || n, 0, at, at + interval '1 s', 'k1',
           at::date, 1000, CASE WHEN open THEN NULL WHEN n % 500 = 1 THEN 'closed_by_operator' ELSE 'credited' END,
           CASE WHEN open THEN NULL ELSE at + interval '2 h' END, NOT open
    FROM n;
INSERT INTO facts_snapshots (key, case_ref, taken_at, facts, decision) SELECT key, ref, at, '{}', '{}' FROM n;
INSERT INTO messages (key, case_ref, phone, language, kind, text, parts, paid_by, state, intended_at, sent_at, finished_at)
    SELECT key, ref, phone, 'kk', 'offer', 'text', 1, 'budget', 'delivered', at, at, at FROM n;
INSERT INTO message_parts (operator, smsc_message_id, message_key, number, reading, sent_at)
    SELECT 'smsc', n::text, key, 1, n::text, at FROM n;
INSERT INTO receipts (id, operator, smsc_message_id, reading, delivered, at, stored_at, message_key, part, told_at)
    SELECT n, 'smsc', n::text, n::text, true, at, at, CASE WHEN n % 10000 > 0 THEN key END,
           CASE WHEN n % 10000 > 0 THEN n::text END, CASE WHEN n % 5000 > 0 THEN at END FROM n;
INSERT INTO questions (key, case_ref, phone, number, expects, window_days, opened_at, deadline, closed_at)
    SELECT key, ref, phone, 1, 'consent', 10, at, at + interval '10 d', CASE WHEN NOT open THEN at + interval '1 h' END FROM n;
INSERT INTO incoming (message_id, phone, text, complete, received_at, question_key, case_ref, meaning, stored_at,
                      relayed_at, set_aside)
    SELECT key, phone, 'text', true, at, key, ref, 'yes', at, CASE WHEN n % 10000 > 0 THEN at END,
           CASE WHEN n % 9999 = 0 THEN 'late' END FROM n;
INSERT INTO consents (key, case_ref, given, question_key, message_id, received_at, applied_on)
    SELECT key, ref, true, key, key, at, at::date FROM n;
INSERT INTO decisions (key, case_ref, action, why, by, note, at) SELECT key, ref, 'retry', 'why', 'by', '', at FROM n;
INSERT INTO refused_answers (id, case_ref, message_id, reason, at) SELECT n, ref, 'other-' || n, 'reason', at FROM n;
INSERT INTO findings (kind, ref, what) SELECT 'kind', ref, 'what' FROM n WHERE n % 10000 = 0;
INSERT INTO applications (key, case_ref, applied_on, number, state, intended_at, finished_at)
    SELECT key, ref, at::date, 'EM-' || n, 'registered', at, at FROM n;
INSERT INTO assignments (key, case_ref, application_number, computed, amount, state)
    SELECT key, ref, 'EM-' || n, 1000, 1000, 'assigned' FROM n;
INSERT INTO accounts (id, person_id, iban, source, seen_at) SELECT id, id, 'KZ' || lpad(n::text, 18, '0'), 'bank', at FROM n;
INSERT INTO payments (key, case_ref, account_id, amount, end_to_end_id, state, intended_at, finished_at)
    SELECT key, ref, id, 1000, n || '-1', CASE WHEN n % 500 = 1 THEN 'rejected' ELSE 'settled' END, at, at FROM n
    WHERE NOT open;
INSERT INTO ledger (key, case_ref, debit, credit, amount, payer, period, value_date, booked_at)
    SELECT 'in-' || n, ref, 'entitled', 'payable', 1000, 'budget', date_trunc('month', at), at::date, at FROM n;
INSERT INTO ledger (key, case_ref, debit, credit, amount, payer, period, value_date, booked_at)
    SELECT key, ref, 'payable', 'paid', 1000, 'budget', date_trunc('month', at), at::date, at FROM n WHERE NOT open AND n % 500 <> 1;
INSERT INTO entitlements (id, right_id, case_ref, person_id, service, since, until, next_review)
    SELECT id, id, ref, id, 'multi-child', at::date, NULL, CURRENT_DATE + 1 + (n % 300)::int FROM n WHERE n % 100000 > 1;
INSERT INTO entitlement_amounts (entitlement_id, first_month, last_month, gross, withheld)
    SELECT id, date_trunc('month', at), date_trunc('month', at), 1000, 0 FROM n;
INSERT INTO dues (entitlement_id, month, case_ref, is_difference, gross, withheld)
    SELECT id, date_trunc('month', at), ref, false, 1000, 0 FROM n;
INSERT INTO events (id, kind, iin, on_day, at) SELECT 'register:' || n, 'birth', lpad(n::text, 12, '0'), at::date, at FROM n;
INSERT INTO seen_requests (signature, seen_at, accepted_at) SELECT 's-' || n, now() - make_interval(secs => n % 300), now() FROM n;
