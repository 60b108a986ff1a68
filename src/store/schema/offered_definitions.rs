//! A definition that waits to be enabled in the place of the one that was agreed to (A10).

pub(crate) const OFFERED: &str = "
ALTER TABLE workflow ADD COLUMN offered TEXT REFERENCES definition(hash); -- NULL: there is no other text
ALTER TABLE workflow ADD COLUMN offered_by INTEGER;                       -- NULL: found in a file
ALTER TABLE workflow ADD COLUMN offered_at INTEGER;
";
