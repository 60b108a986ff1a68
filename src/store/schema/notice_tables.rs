//! Notices to people: over which channels, to whom, what each was told, and the messages on their way. What was told and the
//! message that tells it are written in one transaction, so nothing is told twice and nothing is forgotten.

pub(crate) const NOTICES: &str = "
CREATE TABLE notice_channel (
    id TEXT PRIMARY KEY,                 -- random: what it seals is sealed for this id
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    settings TEXT NOT NULL,              -- JSON, without secrets
    sealed TEXT,                         -- JSON of its secrets, sealed; NULL: it has none
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE notice_recipient (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    channel TEXT NOT NULL REFERENCES notice_channel(id),
    settings TEXT NOT NULL,              -- JSON: address, language, kinds, quiet hours
    changed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE notice_told (
    recipient INTEGER NOT NULL REFERENCES notice_recipient(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    subjects TEXT NOT NULL,              -- JSON: digests of what is open and was told
    told_at INTEGER NOT NULL,
    clear_since INTEGER,                 -- NULL: something of the kind is open
    PRIMARY KEY (recipient, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE notice_message (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    recipient INTEGER NOT NULL,
    recipient_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    phase TEXT NOT NULL,                 -- opened, cleared
    content TEXT NOT NULL,               -- JSON
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    planned_at INTEGER,                  -- when next_attempt_at was written; NULL: with the message
    state TEXT NOT NULL,                 -- waiting, delivered, dead
    last_error TEXT,
    ended_at INTEGER
) STRICT;
CREATE INDEX notice_message_waiting ON notice_message(recipient, place) WHERE ended_at IS NULL;
CREATE INDEX notice_message_ended ON notice_message(ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE heartbeat (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    settings TEXT NOT NULL,              -- JSON, without the address
    sealed TEXT NOT NULL,                -- the address, sealed
    state TEXT,                          -- good, microsoftOutage, withheld; NULL: nobody has looked yet
    checked_at INTEGER,
    last_error TEXT                      -- of the last ping
) STRICT;
";

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::build_migrations;

    #[test]
    fn a_store_from_before_has_nobody_to_tell() {
        let mut store = Connection::open_in_memory().unwrap();
        build_migrations().to_version(&mut store, 34).unwrap();
        build_migrations().to_latest(&mut store).unwrap();
        let count = "SELECT (SELECT count(*) FROM notice_recipient) + (SELECT count(*) FROM heartbeat)";
        let found: i64 = store.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(found, 0);
    }
}
