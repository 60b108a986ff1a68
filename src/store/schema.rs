//! The tables, as migrations: one is added for each change, none is ever edited after a release.
//!
//! A device is split in two: `device` is narrow, so that a check-in which moves nothing but a time rewrites 200 bytes
//! and not the whole device; `body` is written only when the device changes, and holds its JSON packed (`model::Body`).
//! Times are milliseconds since 1970.
//!
//! *Indexes are what a first scan pays for*: ids and serial numbers come in no order, so each page of devices touches
//! most leaves of such an index, and each leaf touched is written twice. So there are few, and those that few rows are
//! in are partial. The device tables have no foreign keys: each would be a look-up more for each row.

use rusqlite_migration::{M, Migrations};

/// "IntC": marks the file as ours.
pub const APPLICATION_ID: i32 = 0x496e_7443;

pub const VERSION: i64 = 7;

/// Whether bodies are kept as they were before the first release.
pub const BEFORE_RELEASE: &str =
    "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'device_body')";

pub fn migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(FIRST),
        M::up(JOBS),
        M::up(AUDIENCE),
        M::up(INSTALLATIONS),
        M::up(SUPERVISED),
        M::up(WORKFLOWS),
        M::up(ROLES),
    ])
}

const FIRST: &str = "
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
const JOBS: &str = "
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

/// `lacking`: what the instance would let through and nobody received, so that it is not in the store: JSON, names (F8).
const AUDIENCE: &str = "
ALTER TABLE instance ADD COLUMN lacking TEXT NOT NULL DEFAULT '[]';
ALTER TABLE server ADD COLUMN acknowledged_at INTEGER;
";

/// What is installed, and the journal of installing it.
const INSTALLATIONS: &str = "
CREATE TABLE installation (
    number INTEGER PRIMARY KEY,          -- shared with instances; rows are never deleted
    product TEXT NOT NULL,
    version TEXT NOT NULL,
    profile TEXT NOT NULL,
    state TEXT NOT NULL,                 -- installing, installed, undoing, failed, removing, removed
    anyway TEXT NOT NULL,                -- JSON: checks that had not passed
    by INTEGER,
    sealed TEXT,                         -- what it needs to go on
    problem TEXT,                        -- JSON
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE member (
    installation INTEGER NOT NULL REFERENCES installation(number),
    place INTEGER NOT NULL,              -- in the order in which they are made
    name TEXT NOT NULL UNIQUE,           -- IntuneConnector_1
    part TEXT NOT NULL,                  -- IntuneConnector
    kind TEXT NOT NULL,                  -- of a microservice; workflow for definitions
    engine TEXT,
    file TEXT,
    settings TEXT NOT NULL,              -- JSON, no secrets
    state TEXT NOT NULL,                 -- planned, applied, failed, undone
    problem TEXT,                        -- JSON
    PRIMARY KEY (installation, place)
) STRICT, WITHOUT ROWID;
";

/// When a member is started: automatic, manual, disabled.
const SUPERVISED: &str = "
ALTER TABLE member ADD COLUMN start_type TEXT NOT NULL DEFAULT 'automatic';
";

/// Workflows: definitions by the hash of their text, what is installed of them, and the journal of their runs.
const WORKFLOWS: &str = "
CREATE TABLE definition (
    hash TEXT PRIMARY KEY,               -- SHA-256 of the text, hexadecimal
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    text TEXT NOT NULL,
    about TEXT NOT NULL,                 -- JSON: summary, onDemand, parameters, schedules, danger
    added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE workflow (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instance INTEGER NOT NULL,           -- number of the installation
    name TEXT NOT NULL UNIQUE,           -- with this number
    hash TEXT NOT NULL REFERENCES definition(hash),
    enabled INTEGER NOT NULL,
    enabled_by INTEGER,                  -- whose rights its triggers have; NULL: the installation's own
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE workflow_trigger (
    workflow INTEGER NOT NULL REFERENCES workflow(id),
    name TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (workflow, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow INTEGER NOT NULL REFERENCES workflow(id),
    instance INTEGER NOT NULL,
    hash TEXT NOT NULL REFERENCES definition(hash), -- it ends on the version with which it began
    cause TEXT NOT NULL,                 -- schedule:NAME, demand, job:NUMBER
    operator INTEGER,
    parameters TEXT NOT NULL,            -- JSON
    dry_run INTEGER NOT NULL,
    state TEXT NOT NULL,                 -- running, succeeded, failed, cancelled
    cancelled_by TEXT,
    outcome TEXT,
    message TEXT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX run_open ON run(instance, id) WHERE state = 'running';
CREATE INDEX run_by_workflow ON run(workflow, id);
CREATE INDEX run_ended ON run(ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE run_step (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run(id),
    path TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    activity TEXT,                       -- NULL: a mark or a pause
    inputs TEXT NOT NULL,                -- JSON
    begun_at INTEGER NOT NULL,
    due_at INTEGER,                      -- of a pause
    ended_at INTEGER,
    outputs TEXT,                        -- JSON
    fault TEXT,                          -- JSON
    UNIQUE (run, path, attempt)
) STRICT;
";

/// Roles of operators' own making and of products (those of the system are in the program), who has which for where, and
/// tokens that reach less far than their account.
const ROLES: &str = "
CREATE TABLE role (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    rights TEXT NOT NULL,                -- JSON
    summary TEXT NOT NULL,
    product TEXT,                        -- NULL: the operators' own
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE role_held (
    operator INTEGER NOT NULL REFERENCES operator(id) ON DELETE CASCADE,
    role TEXT NOT NULL COLLATE NOCASE,
    scope TEXT NOT NULL,                 -- JSON
    PRIMARY KEY (operator, role)
) STRICT, WITHOUT ROWID;

ALTER TABLE token ADD COLUMN scope TEXT NOT NULL DEFAULT '{}';
";
