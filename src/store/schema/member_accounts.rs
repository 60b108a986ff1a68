//! Microservices have no accounts: they are tasks of the bus and sign in to nothing. Stores from before have one for each,
//! with a token that nothing used.

pub(crate) const REMOVED: &str = "
DELETE FROM token WHERE operator IN (SELECT id FROM operator WHERE kind = '\"microservice\"');
DELETE FROM role_held WHERE operator IN (SELECT id FROM operator WHERE kind = '\"microservice\"');
DELETE FROM control WHERE over IN (SELECT id FROM operator WHERE kind = '\"microservice\"');
DELETE FROM operator WHERE kind = '\"microservice\"';
";

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::build_migrations;

    #[test]
    fn mi_12_a_store_from_before_loses_the_accounts_of_microservices_and_no_other() {
        let mut store = Connection::open_in_memory().unwrap();
        build_migrations().to_version(&mut store, 21).unwrap();
        for (id, name, kind) in [
            (1, "local", "person"),
            (2, "IntuneConnector_1", "microservice"),
            (3, "cmdb", "server"),
        ] {
            store
                .execute(
                    "INSERT INTO operator (id, name, kind, rights, scope, created_at) VALUES (?1, ?2, ?3, '[]', '{}', 1)",
                    rusqlite::params![id, name, format!("\"{kind}\"")],
                )
                .unwrap();
            store
                .execute(
                    "INSERT INTO token (operator, name, sha256, created_at) VALUES (?1, 'this start', ?2, 1)",
                    rusqlite::params![id, [id as u8]],
                )
                .unwrap();
        }
        build_migrations().to_latest(&mut store).unwrap();
        let mut statement = store
            .prepare("SELECT o.name FROM operator o JOIN token t ON t.operator = o.id ORDER BY o.id")
            .unwrap();
        let left: Vec<String> = statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(left, ["local", "cmdb"]);
        let tokens: i64 = store
            .query_row("SELECT count(*) FROM token", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tokens, 2);
    }
}
