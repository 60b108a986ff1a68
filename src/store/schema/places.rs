//! Places of management servers: judged by where they are, not by how often somebody has read.

/// `since`: the generation in which a server was told everything anew. `numbered`: the epoch in which the plain numbers of
/// results that versions before this one handed out are places.
pub const BY_PLACE: &str = "
ALTER TABLE server RENAME COLUMN turn TO since;
UPDATE server SET since = generation;
INSERT OR IGNORE INTO meta (key, value) SELECT 'numbered', value FROM meta WHERE key = 'epoch';
";
