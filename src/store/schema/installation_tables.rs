//! What is installed, and the journal of workflows; roles.

/// What is installed, and the journal of installing it.
pub(crate) const INSTALLATIONS: &str = "
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
pub(crate) const SUPERVISED: &str = "
ALTER TABLE member ADD COLUMN start_type TEXT NOT NULL DEFAULT 'automatic';
";

/// Workflows: definitions by the hash of their text, what is installed of them, and the journal of their runs.
pub(crate) const WORKFLOWS: &str = "
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
pub(crate) const ROLES: &str = "
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
