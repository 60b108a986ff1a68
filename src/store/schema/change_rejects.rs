//! Changes that a management server could not process (B-15): one row a device, until a later change of it was acknowledged.

pub(crate) const REPORTED: &str = "
CREATE TABLE change_reject (
    server TEXT NOT NULL,
    instance INTEGER NOT NULL,
    device_id BLOB NOT NULL,
    seq INTEGER NOT NULL,                -- of the change that it could not process
    reason TEXT NOT NULL,                -- in its own words
    at INTEGER NOT NULL,
    PRIMARY KEY (server, instance, device_id)
) STRICT, WITHOUT ROWID;
";
