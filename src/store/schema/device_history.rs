//! What devices were: their changes field by field, the ids of hardware that has gone, and compliance decisions.

/// By the device's id and not by its row: the row goes with the tombstone, and what a device was is kept for longer. Rows
/// are added and never looked for otherwise, so there is no index; a change costs one row here.
pub(crate) const DEVICE_HISTORY: &str = "
CREATE TABLE device_change (
    instance INTEGER NOT NULL,
    device_id BLOB NOT NULL,
    seq INTEGER NOT NULL,                -- place of the change in the feed
    at INTEGER NOT NULL,
    fields TEXT NOT NULL,                -- JSON: [[field, before, after], …]
    PRIMARY KEY (instance, device_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE former_device (
    instance INTEGER NOT NULL,
    device_id BLOB NOT NULL,
    name TEXT,
    enrolled TEXT,
    gone_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    replaces BLOB,                       -- the id that the same hardware had before
    PRIMARY KEY (instance, device_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_decision (
    instance INTEGER NOT NULL,
    device_id BLOB NOT NULL,
    at INTEGER NOT NULL,                 -- when it was decided so for the first time
    node TEXT NOT NULL,
    until INTEGER NOT NULL,              -- and for the last time
    outcome TEXT NOT NULL,
    reasons TEXT NOT NULL,               -- JSON: texts
    PRIMARY KEY (instance, device_id, at, node)
) STRICT, WITHOUT ROWID;

ALTER TABLE instance ADD COLUMN history_days INTEGER NOT NULL DEFAULT 90; -- 0: none of it is kept
";
