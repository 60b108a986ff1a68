//! Places of management servers: judged by where they are, not by how often somebody has read.

/// `since`: the generation in which a server was told everything anew. `numbered`: the epoch in which the plain numbers of
/// results that versions before this one handed out are places.
pub(crate) const BY_PLACE: &str = "
ALTER TABLE server RENAME COLUMN turn TO since;
UPDATE server SET since = generation;
INSERT OR IGNORE INTO meta (key, value) SELECT 'numbered', value FROM meta WHERE key = 'epoch';
";

/// What the store held when it was opened: the head of the feed, and the newest result.
pub(crate) const STARTS: &str = "
CREATE TABLE store_start (
    number INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    head INTEGER NOT NULL,
    results INTEGER NOT NULL
) STRICT;
";
