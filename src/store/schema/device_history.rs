//! What devices were: their changes field by field, the ids of hardware that has gone, and compliance decisions.

/// Changes are added at the end and nowhere else, whatever device they are of: by device, each would rewrite a page of its
/// own. Each names the one before it of the same device, and the device its newest, in a row that is written anyway; so there
/// is no index, and what is old goes from the beginning. A device that has gone hands its newest change to `former_device`.
pub(crate) const DEVICE_HISTORY: &str = "
CREATE TABLE device_change (
    seq INTEGER PRIMARY KEY,             -- place of the change in the feed
    instance INTEGER NOT NULL,
    previous INTEGER,                    -- the change of the same device before it; it may be forgotten already
    at INTEGER NOT NULL,
    fields TEXT NOT NULL                 -- JSON: [[field, before, after], …]
) STRICT;
ALTER TABLE device ADD COLUMN history INTEGER; -- its newest row in device_change

CREATE TABLE former_device (
    instance INTEGER NOT NULL,
    device_id BLOB NOT NULL,
    name TEXT,
    enrolled TEXT,
    gone_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    replaces BLOB,                       -- the id that the same hardware had before
    history INTEGER,                     -- as of the device
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
