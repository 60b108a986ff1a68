//! Who a device is assigned to, and when that was read last.

/// Beside what single GETs taught: each of the two is written by its own read (S4). A device that is new or has changed has no
/// time, and few have none at once, but for a first scan, whose rows come in the order of the index.
pub(crate) const PRIMARY_USERS: &str = "
ALTER TABLE device ADD COLUMN users_at INTEGER; -- when its users were last read; NULL: they are to be read
ALTER TABLE body ADD COLUMN users TEXT;         -- JSON: the fields that its users fill
CREATE INDEX device_users_due ON device(instance, row) WHERE users_at IS NULL AND state = 1;
";
