//! How often anything about accounts was changed: what was judged before is not applied after (A10).

/// Signing in changes none of these tables.
pub(crate) const ACCOUNTS: &str = "
INSERT OR IGNORE INTO meta (key, value) VALUES ('accounts', 0);
CREATE TRIGGER operator_added AFTER INSERT ON operator BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;
CREATE TRIGGER operator_changed AFTER UPDATE ON operator BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;
CREATE TRIGGER operator_removed AFTER DELETE ON operator BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;
CREATE TRIGGER role_added AFTER INSERT ON role BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;
CREATE TRIGGER role_changed AFTER UPDATE ON role BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;
CREATE TRIGGER role_removed AFTER DELETE ON role BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;
CREATE TRIGGER role_given AFTER INSERT ON role_held BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;
CREATE TRIGGER role_widened AFTER UPDATE ON role_held BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;
CREATE TRIGGER role_taken AFTER DELETE ON role_held BEGIN
    UPDATE meta SET value = value + 1 WHERE key = 'accounts'; END;
";
