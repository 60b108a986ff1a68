//! A body does not fit its sum any more where a byte of it has changed on the disk. Bodies from before have none until they
//! are written again.

pub(crate) const OF_BODIES: &str = "
DROP VIEW device_body;
ALTER TABLE body ADD COLUMN sum INTEGER;
CREATE VIEW device_body AS SELECT row, unpacked(packed, sum) AS body, learned FROM body;
";
