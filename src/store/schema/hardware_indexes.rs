//! How devices are found, made cheaper.

/// Where to look for the same hardware (S7): `page::marks`.
pub(crate) const HARDWARE: &str = "
DROP INDEX device_by_serial;
DROP INDEX device_by_entra;
CREATE TABLE hardware (mark INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (mark, row DESC)) STRICT, WITHOUT ROWID;
INSERT INTO hardware SELECT serial_mark AS mark, row FROM device WHERE serial_mark IS NOT NULL
    UNION SELECT entra_mark, row FROM device WHERE entra_mark IS NOT NULL;
INSERT INTO meta SELECT 'hardware', coalesce(max(row), 0) FROM device;
CREATE TRIGGER device_forgotten AFTER DELETE ON device BEGIN
    DELETE FROM hardware WHERE mark IN (OLD.serial_mark, OLD.entra_mark) AND row = OLD.row;
END;
";

/// Over all rows: with a condition of its own, every question had to name `seq > 0` beside the place to read on from, and
/// SQLite went by the former, through everything that was read before.
pub(crate) const BY_SEQ: &str = "
DROP INDEX device_by_seq;
CREATE INDEX device_by_seq ON device(instance, seq);
";
