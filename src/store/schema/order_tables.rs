//! Applications that can be ordered, orders and what happened to them, and webhooks that wait to be sent.

pub(crate) const ORDERS: &str = "
CREATE TABLE application (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,             -- the caller's
    instance INTEGER NOT NULL,           -- number of the installation
    app TEXT NOT NULL COLLATE NOCASE,    -- Intune app id
    app_name TEXT NOT NULL,
    app_type TEXT NOT NULL,
    platform TEXT,
    description TEXT NOT NULL,           -- JSON: displayName, comment, cost, approval, licences, termDays …
    search_text TEXT NOT NULL,           -- what a search looks through, in lower case
    marker TEXT NOT NULL UNIQUE,         -- by which our groups know it
    state TEXT NOT NULL,                 -- pending, creationSucceeded, failed, removing
    clean_up INTEGER NOT NULL DEFAULT 0, -- its groups and assignments go with it
    failure TEXT,                        -- JSON: code, message, advice
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER,             -- when a worker looks at it next; NULL: never by itself
    links TEXT NOT NULL DEFAULT '{}',    -- JSON: ids of its groups and assignments
    created_by INTEGER NOT NULL,
    created_by_name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    icon_type TEXT,
    icon BLOB,
    UNIQUE (instance, app)
) STRICT;

CREATE TABLE app_order (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,             -- the caller's; never expires
    instance INTEGER NOT NULL,
    application TEXT NOT NULL,           -- its id, which outlives it
    application_key INTEGER REFERENCES application(key) ON DELETE SET NULL,
    kind TEXT NOT NULL,                  -- install, uninstall
    target_kind TEXT NOT NULL,           -- user, device
    target TEXT NOT NULL COLLATE NOCASE, -- as it was given
    object_id TEXT COLLATE NOCASE,       -- in the directory
    target_name TEXT,
    devices TEXT NOT NULL DEFAULT '[]',  -- JSON
    state TEXT NOT NULL,
    approval TEXT NOT NULL,              -- none, operator, callback
    placed_by INTEGER NOT NULL,
    placed_by_name TEXT NOT NULL,
    placed_at INTEGER NOT NULL,
    decided_by INTEGER,
    decided_by_name TEXT,
    decided_at INTEGER,
    processed_at INTEGER,                -- Graph's Date of the last change of the membership, or of the read-back
    report_from INTEGER,                 -- older rows of the report are about something else; NULL: nothing was changed yet
    ended_at INTEGER,
    deadline_at INTEGER,
    expires_at INTEGER,                  -- end of the term of what is installed
    reminded_at INTEGER,
    term_ended_at INTEGER,               -- when the end of the term was taken up
    status INTEGER,                      -- 1 or 0 once it has ended
    message TEXT,
    failure TEXT,                        -- JSON: code, message, advice
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER,
    claim TEXT,                          -- of the worker that has it in hand
    claimed_at INTEGER,
    language TEXT,
    note TEXT,
    warnings TEXT NOT NULL DEFAULT '[]', -- JSON
    remove_membership INTEGER NOT NULL DEFAULT 0,  -- it has ended, and its group membership has to go
    membership_cleared INTEGER NOT NULL DEFAULT 0, -- it is gone
    digest TEXT NOT NULL,                -- of what was asked for
    search_text TEXT NOT NULL            -- what a search looks through, in lower case
) STRICT;
CREATE INDEX app_order_by_state ON app_order(instance, state, key);
CREATE INDEX app_order_by_application ON app_order(application_key, state, key);
CREATE INDEX app_order_by_target ON app_order(application_key, target);
CREATE INDEX app_order_by_object ON app_order(application_key, object_id) WHERE object_id IS NOT NULL;
CREATE INDEX app_order_to_clear ON app_order(instance, key) WHERE remove_membership = 1 AND membership_cleared = 0;
CREATE INDEX app_order_by_term ON app_order(instance, expires_at) WHERE expires_at IS NOT NULL AND term_ended_at IS NULL;

CREATE TABLE order_event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    order_key INTEGER NOT NULL REFERENCES app_order(key),
    instance INTEGER NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    by_name TEXT,                        -- NULL: the bus, or another system
    detail TEXT NOT NULL                 -- JSON; state, status and message of the order as they were then
) STRICT;
CREATE INDEX order_event_by_order ON order_event(order_key, position);

CREATE TABLE webhook (
    id TEXT PRIMARY KEY,                 -- msg_…, told to the receiver
    instance INTEGER NOT NULL,
    purpose TEXT NOT NULL,               -- orderStatus, approvalRequest
    subject TEXT NOT NULL,               -- id of the order
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    state TEXT NOT NULL,                 -- waiting, delivered, dead
    last_error TEXT,
    ended_at INTEGER
) STRICT;
CREATE INDEX webhook_due ON webhook(next_attempt_at) WHERE state = 'waiting';
CREATE INDEX webhook_by_subject ON webhook(subject);
CREATE INDEX webhook_ended ON webhook(ended_at) WHERE ended_at IS NOT NULL;
";

/// What an order keeps of the approval under which it was placed, what was planned when, and what is forgotten with time.
pub(crate) const ORDER_UPKEEP: &str = "
ALTER TABLE app_order ADD COLUMN approvers TEXT;     -- JSON: names, when it was placed; NULL: placed before they were kept
ALTER TABLE app_order ADD COLUMN charge TEXT;        -- JSON: cost, currency, cost centre when it was placed
ALTER TABLE app_order ADD COLUMN planned_at INTEGER; -- when next_attempt_at was written
ALTER TABLE app_order ADD COLUMN events_swept INTEGER NOT NULL DEFAULT 0; -- it ended long ago, and few of its events are left
CREATE INDEX app_order_unswept ON app_order(ended_at) WHERE ended_at IS NOT NULL AND events_swept = 0;
ALTER TABLE webhook ADD COLUMN planned_at INTEGER;   -- when next_attempt_at was written; NULL: with the row

-- The approval of applications that were removed, by their app: who links it again does not get rid of it.
CREATE TABLE former_application (
    instance INTEGER NOT NULL,
    app TEXT NOT NULL COLLATE NOCASE,
    approval TEXT NOT NULL,              -- JSON: approval, approvers, deputies
    PRIMARY KEY (instance, app)
) STRICT, WITHOUT ROWID;
";
