//! Two persons are two persons (A9): who gained control over whose account, and what everybody is told.

/// Stores from before know who made whom, and what the audit trail tells. Accounts that were removed meanwhile have
/// their names there only: each gets a number below zero, so that what they made is still tied to whoever made them.
pub const CONTROLS: &str = "
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
