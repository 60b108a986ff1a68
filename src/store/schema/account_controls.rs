//! Two persons are two persons (A9): who gained control over whose account, and what everybody is told.

/// Stores from before know who made whom, and what the audit trail tells. Accounts that were removed meanwhile have
/// their names there only: each gets a number below zero, so that what they made is still tied to whoever made them.
pub(crate) const CONTROLS: &str = "
CREATE TABLE control (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    by INTEGER NOT NULL,                 -- accounts, also of those that were removed
    over INTEGER NOT NULL,
    how TEXT NOT NULL,                   -- made, rights, role, password, token, enabled, suspensionLifted, sameName
    at INTEGER NOT NULL,
    ends_at INTEGER                      -- NULL: the owner has not set a password of their own yet
) STRICT;
CREATE TABLE former_operator (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE, removed_at INTEGER NOT NULL) STRICT;
CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER,
    until INTEGER,                       -- NULL: told from the next start on
    text TEXT NOT NULL
) STRICT;
ALTER TABLE operator ADD COLUMN password_given INTEGER NOT NULL DEFAULT 0;

CREATE TEMP TABLE known AS
    SELECT id, lower(name) AS name FROM operator
    UNION ALL
    SELECT -min(id), lower(subject) FROM audit
    WHERE action = 'operator.added' AND lower(subject) NOT IN (SELECT lower(name) FROM operator) GROUP BY lower(subject);
DELETE FROM known WHERE name IN ('local', 'bus', 'host');

INSERT INTO control (by, over, how, at, ends_at)
    SELECT created_by, id, 'made', created_at, created_at + 604800000 FROM operator
    WHERE created_by IS NOT NULL AND created_by NOT IN (SELECT id FROM operator WHERE name = 'local');
INSERT INTO control (by, over, how, at, ends_at)
    SELECT b.id, o.id, CASE
        WHEN a.action = 'operator.added' THEN 'made'
        WHEN a.action = 'token.added' THEN 'token'
        WHEN a.action = 'role.given' THEN 'role'
        WHEN json_extract(a.detail, '$.password') IS NOT NULL THEN 'password'
        WHEN json_extract(a.detail, '$.disabled') = 0 THEN 'enabled'
        ELSE 'rights' END, a.at, a.at + 604800000
    FROM audit a JOIN known b ON b.name = lower(a.actor) JOIN known o ON o.name = lower(a.subject)
    WHERE a.action IN ('operator.added', 'operator.changed', 'token.added', 'role.given') AND b.id <> o.id
    ORDER BY a.id;
INSERT INTO control (by, over, how, at, ends_at)
    SELECT b.id, h.operator, 'role', a.at, a.at + 604800000
    FROM audit a JOIN known b ON b.name = lower(a.actor) JOIN role_held h ON lower(h.role) = lower(a.subject)
    WHERE a.action = 'role.changed' AND b.id <> h.operator ORDER BY a.id;

-- A password that somebody else has set lately, and that its owner has not replaced since, is nobody's proof.
UPDATE operator SET password_given = 1 WHERE kind = '\"person\"' AND password_hash IS NOT NULL AND EXISTS (
    SELECT 1 FROM control c WHERE c.over = operator.id AND c.how IN ('made', 'password')
        AND c.at > (SELECT coalesce(max(at), 0) FROM audit) - 604800000
        AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.action = 'operator.changed' AND a.at >= c.at
            AND lower(a.actor) = lower(operator.name) AND lower(a.subject) = lower(operator.name)
            AND json_extract(a.detail, '$.password') IS NOT NULL));
INSERT INTO control (by, over, how, at, ends_at)
    SELECT by, over, 'password', at, NULL FROM control
    WHERE how = 'made' AND over IN (SELECT id FROM operator WHERE password_given = 1);
UPDATE control SET ends_at = NULL WHERE how = 'password' AND over IN (SELECT id FROM operator WHERE password_given = 1);
INSERT INTO notice (text)
    SELECT 'the password of ' || name || ' was set by somebody else within the last 7 days: ' || name
        || ' has to set another one at the next sign-in' FROM operator WHERE password_given = 1;

-- Nobody makes a token for another person.
CREATE TEMP TABLE foreign_token AS
    SELECT t.id, t.name, o.name AS owner, a.actor FROM token t JOIN operator o ON o.id = t.operator
        JOIN audit a ON a.action = 'token.added' AND json_extract(a.detail, '$.token') = t.id
            AND lower(a.subject) = lower(o.name)
    WHERE o.kind = '\"person\"' AND o.name <> 'local' AND lower(a.actor) <> lower(o.name);
INSERT INTO notice (text)
    SELECT 'token ' || id || ' (' || name || ') of ' || owner || ' is void: ' || actor
        || ' had made it, and nobody makes tokens for another person' FROM foreign_token;
DELETE FROM token WHERE id IN (SELECT id FROM foreign_token);
DROP TABLE foreign_token;
DROP TABLE known;

-- An old store is not being set up.
INSERT OR IGNORE INTO meta (key, value) SELECT 'made_at', 0 WHERE EXISTS (SELECT 1 FROM operator);
";

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, params};

    use super::super::build_migrations;
    use crate::model::{ControlKind, OperatorId, Timestamp};
    use crate::store::controls;

    const DAY: i64 = 86_400_000;
    const NOW: i64 = 100 * DAY;

    fn account(store: &Connection, id: i64, name: &str, kind: &str, by: Option<i64>, at: i64) {
        store
            .execute(
                "INSERT INTO operator (id, name, kind, password_hash, rights, scope, created_by, created_at)
                 VALUES (?1, ?2, ?3, 'hash', '[]', '{}', ?4, ?5)",
                params![id, name, format!("\"{kind}\""), by, at],
            )
            .unwrap();
    }

    fn told(store: &Connection, at: i64, actor: &str, action: &str, subject: &str, detail: &str) {
        store
            .execute(
                "INSERT INTO audit (at, actor, action, subject, detail, chain) VALUES (?1, ?2, ?3, ?4, ?5, x'00')",
                params![at, actor, action, subject, detail],
            )
            .unwrap();
    }

    fn token(store: &Connection, id: u8, operator: i64) {
        store
            .execute(
                "INSERT INTO token (id, operator, name, sha256, created_at) VALUES (?1, ?2, 'nightly', ?3, 1)",
                params![id, operator, [id]],
            )
            .unwrap();
    }

    /// As it was before anybody asked who controls whom.
    fn before() -> Connection {
        let store = Connection::open_in_memory().unwrap();
        let mut store = store;
        build_migrations().to_version(&mut store, 9).unwrap();
        account(&store, 1, "local", "person", None, 0);
        account(&store, 2, "Alice", "person", Some(1), 0);
        account(&store, 3, "bob", "person", Some(1), 0);
        account(&store, 4, "kid", "person", Some(9), NOW - DAY);
        account(&store, 5, "acmp", "server", Some(2), NOW - DAY);
        account(&store, 6, "old", "person", Some(2), NOW - 50 * DAY);
        told(&store, NOW - 50 * DAY, "alice", "operator.added", "old", "{}");
        told(&store, NOW - 2 * DAY, "alice", "operator.added", "gone", "{}");
        told(&store, NOW - DAY, "gone", "operator.added", "kid", "{}");
        told(
            &store,
            NOW - DAY,
            "alice",
            "operator.changed",
            "bob",
            r#"{"password":"changed"}"#,
        );
        told(
            &store,
            NOW,
            "local",
            "operator.changed",
            "alice",
            r#"{"password":"changed"}"#,
        );
        for (id, owner, name, by) in [
            (7, 3, "bob", "alice"),
            (8, 5, "acmp", "alice"),
            (9, 2, "alice", "alice"),
        ] {
            token(&store, id, owner);
            told(
                &store,
                NOW - DAY,
                by,
                "token.added",
                name,
                &format!(r#"{{"token":{id}}}"#),
            );
        }
        store
    }

    fn texts(store: &Connection, question: &str) -> Vec<String> {
        let mut statement = store.prepare(question).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn a9_a_store_from_before_knows_its_ties_from_its_makers_and_its_audit_trail() {
        let mut store = before();
        build_migrations().to_latest(&mut store).unwrap();
        let now = Timestamp::from_timestamp_millis(NOW).unwrap();
        let known = controls::list_controls(&store).unwrap();
        let has = |by: i64, over: i64, how: ControlKind| {
            let of = |control: &&crate::model::AccountControl| {
                (control.by, control.over, control.kind) == (OperatorId(by), OperatorId(over), how)
            };
            known.iter().any(|control| of(&control) && control.is_active_at(now))
        };
        assert!(has(2, 5, ControlKind::Made) && has(2, 3, ControlKind::Password) && has(2, 3, ControlKind::Token));
        // Alice made an account that made kid and was removed: its name is all that is left of it.
        let gone = known
            .iter()
            .find(|control| control.by == OperatorId(2) && control.over < OperatorId(0));
        let gone = gone.expect("alice and what she made").over;
        assert!(has(gone.0, 4, ControlKind::Made));
        assert!(!has(2, 6, ControlKind::Made), "50 days ago");
        assert!(
            !known.iter().any(|control| control.by == OperatorId(1)),
            "the data folder ties nobody"
        );
        let given = texts(
            &store,
            "SELECT name FROM operator WHERE password_given = 1 ORDER BY name",
        );
        assert_eq!(given, ["bob", "kid"]);
        controls::activate_notices(&store, now).unwrap();
        assert_eq!(
            controls::store_created_at(&store).unwrap(),
            Timestamp::UNIX_EPOCH,
            "nobody sets it up any more"
        );
    }

    #[test]
    fn a9_tokens_that_were_made_for_other_people_are_void_and_that_is_told() {
        let mut store = before();
        build_migrations().to_latest(&mut store).unwrap();
        let left: Vec<String> = texts(&store, "SELECT CAST(id AS TEXT) FROM token ORDER BY id");
        assert_eq!(left, ["8", "9"], "a server's, and one's own");
        let now = Timestamp::from_timestamp_millis(NOW).unwrap();
        controls::activate_notices(&store, now).unwrap();
        let notices = texts(&store, "SELECT text FROM notice WHERE until > at ORDER BY id").join("\n");
        assert!(
            notices.contains("token 7 (nightly) of bob is void: alice had made it"),
            "{notices}"
        );
        assert!(
            notices.contains("the password of bob was set by somebody else"),
            "{notices}"
        );
    }
}
