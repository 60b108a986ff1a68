//! Secrets that a microservice needs whenever it starts, where the bus keeps its settings: sealed, each for its member and key.

pub(crate) const MEMBER_SECRETS: &str = "
ALTER TABLE member ADD COLUMN secrets TEXT NOT NULL DEFAULT '{}';  -- JSON: key to sealed text
";
