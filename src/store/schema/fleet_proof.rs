//! Whether a fleet is proven whole, apart from whether it was scanned (F4); records that can't be read, one row each (S8).

/// A store from before knows only that full scans completed: the next one proves, and meets what it can't read again.
pub(crate) const PROVEN: &str = "
ALTER TABLE instance ADD COLUMN proven_epoch BLOB; -- the epoch in which a full scan proved the fleet whole
ALTER TABLE instance ADD COLUMN doubt TEXT;        -- JSON: what the last full scan left open
DROP TABLE set_aside;
CREATE TABLE unread (
    instance INTEGER NOT NULL,
    mark TEXT NOT NULL,                  -- what it is known by: device id, with the property behind it; or a hash
    device_id BLOB,
    property TEXT,                       -- left out of the device; NULL: the whole record was set aside
    reason TEXT NOT NULL,
    problem TEXT NOT NULL,
    scan INTEGER NOT NULL,               -- that met it last
    since INTEGER NOT NULL,
    met_at INTEGER NOT NULL,
    PRIMARY KEY (instance, mark)
) STRICT, WITHOUT ROWID;
";
