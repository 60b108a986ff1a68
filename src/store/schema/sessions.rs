//! Sessions of people, their second factors, links that sign in once, and when each account signed in last.
//!
//! Of tokens and codes there are SHA-256 only; seeds are sealed with the key of the data folder.

pub(crate) const SESSIONS: &str = "
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    operator INTEGER NOT NULL REFERENCES operator(id) ON DELETE CASCADE,
    sha256 BLOB NOT NULL UNIQUE,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,            -- however much it is used
    ended_at INTEGER,                    -- by somebody
    confirmed_until INTEGER,
    second_factor INTEGER NOT NULL,      -- whether one was shown
    fingerprint BLOB NOT NULL,           -- of password, second factor and epoch that it holds with
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX session_by_operator ON session (operator);

CREATE TABLE second_factor (
    operator INTEGER PRIMARY KEY REFERENCES operator(id) ON DELETE CASCADE,
    sealed TEXT NOT NULL,                -- its seed
    since INTEGER NOT NULL,
    used_step INTEGER NOT NULL           -- of the newest code that was used
) STRICT;
CREATE TABLE recovery_code (
    operator INTEGER NOT NULL REFERENCES second_factor(operator) ON DELETE CASCADE,
    sha256 BLOB NOT NULL,
    PRIMARY KEY (operator, sha256)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER second_factor_added AFTER INSERT ON second_factor BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;
CREATE TRIGGER second_factor_removed AFTER DELETE ON second_factor BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;

CREATE TABLE sign_in_link (
    sha256 BLOB PRIMARY KEY,
    operator INTEGER NOT NULL REFERENCES operator(id) ON DELETE CASCADE,
    ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE last_sign_in (
    operator INTEGER PRIMARY KEY REFERENCES operator(id) ON DELETE CASCADE,
    at INTEGER NOT NULL
) STRICT;
";

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::build_migrations;

    #[test]
    fn what_belongs_to_an_account_goes_with_it_and_a_second_factor_counts_as_a_change_of_accounts() {
        let mut store = Connection::open_in_memory().unwrap();
        store.pragma_update(None, "foreign_keys", true).unwrap();
        build_migrations().to_latest(&mut store).unwrap();
        let count = |table: &str| -> i64 {
            let question = format!("SELECT count(*) FROM {table}");
            store.query_row(&question, [], |row| row.get(0)).unwrap()
        };
        let accounts = || -> i64 {
            let question = "SELECT value FROM meta WHERE key = 'accounts'";
            store.query_row(question, [], |row| row.get(0)).unwrap()
        };
        store
            .execute_batch(
                "INSERT INTO operator (id, name, kind, rights, scope, created_at) VALUES (1, 'anna', '\"person\"', '[]', '{}', 1);
                 INSERT INTO session (operator, sha256, started_at, seen_at, ends_at, second_factor, fingerprint, address, user_agent)
                     VALUES (1, x'01', 1, 1, 1, 0, x'02', '', '');
                 INSERT INTO sign_in_link VALUES (x'03', 1, 1);
                 INSERT INTO last_sign_in VALUES (1, 1);",
            )
            .unwrap();
        let before = accounts();
        store
            .execute_batch(
                "INSERT INTO second_factor VALUES (1, 'sealed', 1, 0); INSERT INTO recovery_code VALUES (1, x'04');",
            )
            .unwrap();
        assert_eq!(accounts(), before + 1);
        store
            .execute("UPDATE second_factor SET used_step = 7 WHERE operator = 1", [])
            .unwrap();
        assert_eq!(accounts(), before + 1, "a code that is used is no change of an account");
        store.execute("DELETE FROM operator WHERE id = 1", []).unwrap();
        for table in [
            "session",
            "second_factor",
            "recovery_code",
            "sign_in_link",
            "last_sign_in",
        ] {
            assert_eq!(count(table), 0, "{table}");
        }
    }
}
