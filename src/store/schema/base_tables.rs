//! Devices, scans, servers, operators, the audit trail; jobs and what became of them.

pub(crate) const FIRST: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE instance (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    tenant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    audience TEXT NOT NULL,              -- JSON: \"*\" or a list of server ids
    created_at INTEGER NOT NULL,
    removed_at INTEGER,
    full_epoch BLOB,                     -- the epoch in which a full scan completed last (F4)
    watermark INTEGER,                   -- S3
    shape_digest INTEGER,                -- the settings under which the last full scan completed
    tombstone_floor INTEGER NOT NULL DEFAULT 0,
    brake TEXT                           -- JSON: what waits for an operator (S2)
) STRICT;

CREATE TABLE device (
    row INTEGER PRIMARY KEY,             -- numbered by `meta.rows`: never used again
    instance INTEGER NOT NULL,
    device_id BLOB NOT NULL,
    state INTEGER NOT NULL,              -- 0 gone, 1 present, 2 left out by filter or rule
    seq INTEGER NOT NULL,                -- 0: never published
    identity_seq INTEGER NOT NULL,       -- where serial, enrolment, user or Entra id last changed
    changed_at INTEGER NOT NULL,
    reason TEXT,
    replaces BLOB,
    same_as BLOB,
    serial TEXT, entra_id TEXT, enrolled TEXT, upn TEXT,
    serial_mark INTEGER, entra_mark INTEGER, -- hashes: where to look for the same hardware (S7)
    raw_hash BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    read_at INTEGER NOT NULL,
    last_sync INTEGER NOT NULL, vital INTEGER NOT NULL,
    published_sync INTEGER NOT NULL, published_vital INTEGER NOT NULL, published_at INTEGER NOT NULL,
    missing_scan INTEGER,                -- the first full scan in which it was missing (S1)
    held TEXT,                           -- a reason that waits behind the brake (S2)
    learned_at INTEGER                   -- when a single GET last filled what LIST does not (S4)
) STRICT;
CREATE UNIQUE INDEX device_by_id ON device(instance, device_id);
CREATE INDEX device_by_seq ON device(instance, seq) WHERE seq > 0;
CREATE INDEX device_by_serial ON device(serial_mark) WHERE serial_mark IS NOT NULL;
CREATE INDEX device_by_entra ON device(entra_mark) WHERE entra_mark IS NOT NULL;
CREATE INDEX device_unlearned ON device(instance, row) WHERE learned_at IS NULL AND state = 1;
CREATE INDEX device_held ON device(instance) WHERE held IS NOT NULL;
CREATE INDEX device_absent ON device(instance, seq) WHERE state <> 1;

CREATE TABLE body (
    row INTEGER PRIMARY KEY,             -- of the device
    packed TEXT NOT NULL,                -- what LIST owns, merged with what a GET learned
    learned TEXT
) STRICT;
CREATE VIEW device_body AS SELECT row, unpacked(packed) AS body, learned FROM body;

CREATE TABLE scan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instance INTEGER NOT NULL REFERENCES instance(id),
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    shape_digest INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    next_link TEXT,
    links BLOB NOT NULL,                 -- hashes of the links followed, 8 bytes each (S1)
    seen BLOB NOT NULL,                  -- bit set over row numbers (S6)
    summary TEXT NOT NULL
) STRICT;
CREATE INDEX scan_by_instance ON scan(instance, id);

CREATE TABLE set_aside (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instance INTEGER NOT NULL,
    scan INTEGER NOT NULL,
    device_id TEXT,
    problem TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX set_aside_by_instance ON set_aside(instance, id);

CREATE TABLE operator (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    kind TEXT NOT NULL,
    password_hash TEXT,
    rights TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_by INTEGER,
    created_at INTEGER NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operator INTEGER NOT NULL REFERENCES operator(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    sha256 BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;

CREATE TABLE server (
    id TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    accepts TEXT NOT NULL,
    owner INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    announced_at INTEGER NOT NULL,
    accepted_at INTEGER,
    last_seen_at INTEGER,
    ranges TEXT NOT NULL DEFAULT '[]',
    fields TEXT,
    filter TEXT,
    turn INTEGER NOT NULL DEFAULT 0,
    positions TEXT NOT NULL DEFAULT '{}' -- JSON: instance id to position, as acknowledged
) STRICT, WITHOUT ROWID;
-- Generations outlive the server, or a cursor from before its removal would fit again.
CREATE TABLE generation (server TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    chain BLOB NOT NULL                  -- keyed hash over this row and the chain before it (E5)
) STRICT;
";

/// Flow 2: jobs, their tasks, and what became of them.
pub(crate) const JOBS: &str = "
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,                -- server:ID or operator:NUMBER
    name TEXT NOT NULL,                  -- the caller's id; never expires (A1)
    digest BLOB NOT NULL,                -- of what was asked for
    instance INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    verb TEXT NOT NULL,
    danger INTEGER NOT NULL,             -- 0 harmless, 1 disruptive, 2 destructive
    parameters TEXT NOT NULL,            -- JSON, its secrets sealed
    operator INTEGER NOT NULL,
    about TEXT NOT NULL,                 -- JSON: reason, requestedBy, definition
    urgent INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    approval TEXT NOT NULL,              -- none, waiting, approved, rejected, lapsed
    approval_digest BLOB,
    decided_by INTEGER,
    decided_at INTEGER,
    UNIQUE (source, name)
) STRICT;
CREATE INDEX job_by_operator ON job(operator, id);

CREATE TABLE task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL REFERENCES job(id),
    instance INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    device_id BLOB NOT NULL,
    verb TEXT NOT NULL,
    danger INTEGER NOT NULL,
    operator INTEGER NOT NULL,
    pin TEXT,                            -- JSON: the identity that the requester saw (A2)
    shown TEXT NOT NULL,                 -- JSON: name, serial number, user, last check-in at acceptance
    state TEXT NOT NULL,
    cause TEXT,
    detail TEXT,                         -- JSON
    baseline TEXT,                       -- JSON: what was there before the call (A2)
    approval_code TEXT,                  -- of Multi Admin Approval
    intent_at INTEGER,
    sent_at INTEGER,                     -- Graph's Date of the answer that took it
    attempts INTEGER NOT NULL DEFAULT 0,
    throttled INTEGER NOT NULL DEFAULT 0,
    looks INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER,                      -- when a worker looks at it next; NULL: never by itself
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX task_due ON task(instance, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX task_by_job ON task(job);
CREATE INDEX task_by_device ON task(tenant, device_id);
CREATE INDEX task_destructive ON task(tenant, danger, intent_at) WHERE danger = 2;

CREATE TABLE transition (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES task(id),
    source TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    cause TEXT,
    detail TEXT
) STRICT;
CREATE INDEX transition_by_source ON transition(source, id);
CREATE INDEX transition_by_task ON transition(task, id);
CREATE TABLE results_place (source TEXT PRIMARY KEY, acknowledged INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE action_secret (             -- unlock codes, passcodes, positions: sealed, erased after 7 days (E1)
    task INTEGER NOT NULL REFERENCES task(id),
    kind TEXT NOT NULL,
    sealed TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (task, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE kill_switch (               -- a row: on; tenant * is all of them
    tenant TEXT PRIMARY KEY,
    by TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE policy (                    -- what the guard goes by; a file says what is wished (A7)
    scope TEXT PRIMARY KEY,              -- bus, or instance:NUMBER
    effective TEXT NOT NULL              -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE loosening (                 -- waits for a second operator (A7)
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,
    change TEXT NOT NULL,                -- JSON
    asked_by INTEGER,                    -- NULL: found in a file
    asked_at INTEGER NOT NULL,
    state TEXT NOT NULL,                 -- waiting, approved, rejected, overtaken
    decided_by INTEGER,
    decided_at INTEGER
) STRICT;

CREATE TABLE refusal (operator INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE INDEX refusal_by_operator ON refusal(operator, at);

ALTER TABLE operator ADD COLUMN suspended_at INTEGER;
ALTER TABLE operator ADD COLUMN suspended_why TEXT;
ALTER TABLE server ADD COLUMN sends_jobs INTEGER NOT NULL DEFAULT 0;
";

/// What the guard counts, for a tenant and for an operator: each part of it is found along an index.
pub(crate) const COUNTED: &str = "
DROP INDEX task_destructive;
CREATE INDEX task_by_tenant ON task(tenant, danger, state, intent_at) WHERE danger > 0;
CREATE INDEX task_by_operator ON task(operator, danger, state, intent_at) WHERE danger > 0;
";

/// What one person did alone in an emergency (A9); by what a kill switch was switched on. Of those that are on the
/// origin is not known for sure, so they are a person's.
pub(crate) const BROKEN_GLASS: &str = "
CREATE TABLE broken_glass (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL UNIQUE REFERENCES job(id),
    tenant TEXT NOT NULL,
    operator INTEGER NOT NULL,
    by TEXT NOT NULL,                    -- name of the person, as it was then
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    seen_by TEXT,                        -- the second person who has looked; NULL: nobody yet
    seen_at INTEGER
) STRICT;
CREATE INDEX broken_glass_by_tenant ON broken_glass(tenant, at);
CREATE INDEX broken_glass_open ON broken_glass(id) WHERE seen_at IS NULL;
ALTER TABLE job ADD COLUMN broken_glass INTEGER NOT NULL DEFAULT 0;
ALTER TABLE kill_switch ADD COLUMN origin TEXT NOT NULL DEFAULT 'person';
";

/// `lacking`: what the instance would let through and nobody received, so that it is not in the store: JSON, names (F8).
pub(crate) const AUDIENCE: &str = "
ALTER TABLE instance ADD COLUMN lacking TEXT NOT NULL DEFAULT '[]';
ALTER TABLE server ADD COLUMN acknowledged_at INTEGER;
";

/// What waits for a person to say what became of it: few rows, asked for by everybody who looks.
pub(crate) const FOR_OPERATORS: &str = "
CREATE INDEX task_for_operators ON task(id) WHERE state IN ('goneUnproven', 'needsOperator');
";
