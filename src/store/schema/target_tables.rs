//! Targets: which record over there belongs to which device, what waits for a person, what was written, and how each target
//! stands. `target` is the number of its installation, `instance` that of the instance that the device is of.
//!
//! *Of a million links* none is looked for by walking through their rows, which hold all that is known of the record: each
//! list has an index that answers it, and pages go on behind a device. `target_link_by_text` is a narrow copy of what a
//! search looks through.

pub(crate) const TARGETS: &str = "
CREATE TABLE target_link (
    target INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    device BLOB NOT NULL,
    record TEXT NOT NULL,                -- id over there; empty: it is being made
    origin TEXT NOT NULL,                -- created, adopted
    phase TEXT NOT NULL,                 -- intended, active, gone, unlinked
    fingerprint BLOB,                    -- of what was written last
    known TEXT NOT NULL DEFAULT '{}',    -- JSON: the fields over there, as they were known last
    known_epoch BLOB,                    -- the epoch of the store in which they were so
    user TEXT,                           -- as the other side calls them
    user_name TEXT,                      -- as the tenant calls them, in lower case; NULL: that is not known
    last_sync INTEGER,
    snapshot INTEGER NOT NULL DEFAULT 0, -- the last snapshot of the feed that had the device
    written_at INTEGER,
    last_error TEXT,                     -- JSON: code, message, advice, at
    created_at INTEGER NOT NULL,
    device_name TEXT,
    serial TEXT,
    search_text TEXT NOT NULL,           -- what a search looks through, in lower case
    PRIMARY KEY (target, instance, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX target_link_by_record ON target_link(target, record) WHERE record <> '';
CREATE INDEX target_link_by_phase ON target_link(target, phase, instance, device, origin);
CREATE INDEX target_link_by_text ON target_link(target, instance, device, origin, search_text);
CREATE INDEX target_link_failing ON target_link(target, instance, device) WHERE last_error IS NOT NULL;

CREATE TABLE target_set_aside (
    target INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    device BLOB NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,                -- JSON: device, records, problem
    at INTEGER NOT NULL,
    decision TEXT,                       -- adopt, create, ignore; NULL: nobody has decided
    decided_record TEXT,
    decided_by INTEGER,
    decided_by_name TEXT,
    decided_at INTEGER,
    PRIMARY KEY (target, instance, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX target_set_aside_by_time ON target_set_aside(target, at);
CREATE INDEX target_set_aside_open ON target_set_aside(target, at) WHERE decision IS NULL;
CREATE INDEX target_set_aside_decided ON target_set_aside(target, decision) WHERE decision IS NOT NULL;

CREATE TABLE target_progress (
    target INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    snapshot INTEGER NOT NULL,           -- number of the last snapshot that began
    open INTEGER NOT NULL,               -- it has not ended
    PRIMARY KEY (target, instance)
) STRICT, WITHOUT ROWID;

CREATE TABLE target_state (
    target INTEGER PRIMARY KEY,
    mapping_digest TEXT,                 -- of the mapping that people agreed to; NULL: to none yet
    canary_written INTEGER NOT NULL DEFAULT 0,
    phase TEXT NOT NULL,                 -- canary, waiting, open
    pause TEXT,                          -- JSON: code, problem, advice, since, until; NULL: it writes
    last_error TEXT,                     -- JSON: code, message, advice, at
    last_write_at INTEGER,
    requests INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE target_mapping (            -- no row: the default of the kind
    target INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    digest TEXT NOT NULL,
    changed_by INTEGER NOT NULL,
    changed_by_name TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE target_question (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target INTEGER NOT NULL,
    digest TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    mapping_digest TEXT NOT NULL,
    canary INTEGER NOT NULL,             -- the first records of a mapping were written before it
    counts TEXT NOT NULL,                -- JSON
    state TEXT NOT NULL,                 -- waiting, consented, superseded, done, void
    consented_by INTEGER,
    consented_by_name TEXT,
    consented_at INTEGER,
    UNIQUE (target, digest)
) STRICT;
CREATE INDEX target_question_by_state ON target_question(target, state, id);
CREATE TABLE target_question_item (
    question INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    device BLOB NOT NULL,
    class TEXT NOT NULL,                 -- create, change, retire, move
    record TEXT,
    PRIMARY KEY (question, instance, device, class)
) STRICT, WITHOUT ROWID;
CREATE TABLE target_allowance (          -- consented, and not written yet
    target INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    device BLOB NOT NULL,
    class TEXT NOT NULL,
    PRIMARY KEY (target, instance, device, class)
) STRICT, WITHOUT ROWID;

CREATE TABLE target_day (
    target INTEGER NOT NULL,
    day TEXT NOT NULL,                   -- 2026-03-01, where the target is
    class TEXT NOT NULL,
    count INTEGER NOT NULL,
    consented INTEGER NOT NULL,          -- of these: people had agreed to them one by one
    PRIMARY KEY (target, day, class)
) STRICT, WITHOUT ROWID;

CREATE TABLE target_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    mapping_digest TEXT NOT NULL,
    kind TEXT NOT NULL,                  -- normal, canary, revert
    counts TEXT NOT NULL,                -- JSON
    reverts INTEGER                      -- the run that it puts back
) STRICT;
CREATE INDEX target_run_by_target ON target_run(target, id);
CREATE INDEX target_run_reverts ON target_run(reverts) WHERE reverts IS NOT NULL;
CREATE TABLE target_write (              -- kept for as long as a run can be put back
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target INTEGER NOT NULL,
    run INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    device BLOB NOT NULL,
    record TEXT NOT NULL,
    class TEXT NOT NULL,
    at INTEGER NOT NULL,
    before TEXT NOT NULL,                -- JSON: fields that changed
    after TEXT NOT NULL,                 -- JSON
    reverted_at INTEGER
) STRICT;
CREATE INDEX target_write_by_run ON target_write(run, id);
CREATE INDEX target_write_by_time ON target_write(at);
";

/// Devices that somebody wants written again.
pub(crate) const TARGET_RESENDS: &str = "
CREATE TABLE target_resend (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- another one for each time that somebody asks
    target INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    device BLOB NOT NULL,
    asked_at INTEGER NOT NULL,
    UNIQUE (target, instance, device)
) STRICT;
";

/// A link that was let go is called released (`unlinked` in the comment of the table above, which stands as it was made); until then it was called as a device that never had one.
pub(crate) const RELEASED_LINKS: &str = "UPDATE target_link SET phase = 'released' WHERE phase = 'unlinked';";

/// When the user of a device who is not known over there was looked for last; NULL: that is not known.
pub(crate) const SOUGHT_USERS: &str = "ALTER TABLE target_link ADD COLUMN user_sought_at INTEGER;";

/// What the other side said of the end of what a target signs in with, as JSON (mark, asked_at, ends_at); NULL: nobody asked.
pub(crate) const SIGN_IN_ENDS: &str = "ALTER TABLE target_state ADD COLUMN sign_in TEXT;";

/// 1: a write to the record went out, and nothing is recorded of it yet; and whom such writes may have left as its user, a line
/// each, an empty one for nobody.
pub(crate) const UNANSWERED_WRITES: &str = "
ALTER TABLE target_link ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE target_link ADD COLUMN unanswered_users TEXT NOT NULL DEFAULT '';";

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::build_migrations;

    #[test]
    fn links_that_were_let_go_before_are_released_and_others_stay_as_they_are() {
        let mut store = Connection::open_in_memory().unwrap();
        build_migrations().to_version(&mut store, 37).unwrap();
        for (device, phase) in [(1, "unlinked"), (2, "active"), (3, "gone"), (4, "unlinked")] {
            store
                .execute(
                    "INSERT INTO target_link (target, instance, device, record, origin, phase, created_at, search_text)
                     VALUES (1, 1, zeroblob(?1), 'r', 'created', ?2, 1, '')",
                    rusqlite::params![device, phase],
                )
                .unwrap();
        }
        build_migrations().to_latest(&mut store).unwrap();
        let mut statement = store.prepare("SELECT phase FROM target_link ORDER BY device").unwrap();
        let phases = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let phases: Vec<String> = phases.map(Result::unwrap).collect();
        assert_eq!(phases, ["released", "active", "gone", "released"]);
    }
}
