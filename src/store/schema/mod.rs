//! The tables, as migrations: one is added for each change, none is ever edited after a release.
//!
//! A device is split in two: `device` is narrow, so that a check-in which moves nothing but a time rewrites 200 bytes
//! and not the whole device; `body` is written only when the device changes, and holds its JSON packed (`model::Body`).
//! Times are milliseconds since 1970.
//!
//! *What walks through a fleet walks along its rows*: `+instance` in a question keeps SQLite from the index by id, which
//! has them in no order and would sort them, or take every row from another page.
//!
//! *Indexes are what a first scan pays for*: ids come in no order, so each page of devices touches most leaves of such an
//! index, and each leaf touched is written twice. So there are few, those that few rows are in are partial, and serial
//! numbers are looked up elsewhere (`page::marks`). The device tables have no foreign keys: each would be a look-up more for each row.

mod account_controls;
mod accounts_version;
mod application_moves;
mod base_tables;
mod body_checksums;
mod change_rejects;
mod device_history;
mod feed_positions;
mod fleet_proof;
mod hardware_indexes;
mod installation_tables;
mod list_indexes;
mod member_accounts;
mod member_secrets;
mod notice_tables;
mod offered_definitions;
mod order_tables;
mod primary_users;
mod refusals;
mod registrations;
mod report_tables;
mod server_webhooks;
mod sessions;
mod target_tables;

use rusqlite_migration::{M, Migrations};

/// "IntC": marks the file as ours.
pub(crate) const APPLICATION_ID: i32 = 0x496e_7443;

pub(crate) const VERSION: i64 = 41;

/// Whether bodies are kept as they were before the first release.
pub(crate) const BEFORE_RELEASE: &str =
    "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'device_body')";

pub(crate) fn build_migrations() -> Migrations<'static> {
    Migrations::new(vec![
        M::up(base_tables::FIRST),
        M::up(base_tables::JOBS),
        M::up(base_tables::AUDIENCE),
        M::up(installation_tables::INSTALLATIONS),
        M::up(installation_tables::SUPERVISED),
        M::up(installation_tables::WORKFLOWS),
        M::up(installation_tables::ROLES),
        M::up(hardware_indexes::HARDWARE),
        M::up(hardware_indexes::BY_SEQ),
        M::up(accounts_version::ACCOUNTS),
        M::up(account_controls::CONTROLS),
        M::up(base_tables::COUNTED),
        M::up(base_tables::BROKEN_GLASS),
        M::up(offered_definitions::OFFERED),
        M::up(feed_positions::BY_PLACE),
        M::up(base_tables::FOR_OPERATORS),
        M::up(body_checksums::OF_BODIES),
        M::up(fleet_proof::PROVEN),
        M::up(feed_positions::STARTS),
        M::up(refusals::REFUSALS),
        M::up(refusals::UNTIMED),
        M::up(member_accounts::REMOVED),
        M::up(sessions::SESSIONS),
        M::up(report_tables::VIEWS_AND_REPORTS),
        M::up(registrations::REGISTRATIONS),
        M::up(device_history::DEVICE_HISTORY),
        M::up(change_rejects::REPORTED),
        M::up(order_tables::ORDERS),
        M::up(member_secrets::MEMBER_SECRETS),
        M::up(application_moves::APPLICATION_MOVES),
        M::up(list_indexes::LISTS),
        M::up(order_tables::ORDER_UPKEEP),
        M::up(target_tables::TARGETS),
        M::up(primary_users::PRIMARY_USERS),
        M::up(target_tables::TARGET_RESENDS),
        M::up(server_webhooks::SERVER_WEBHOOKS),
        M::up(notice_tables::NOTICES),
        M::up(target_tables::RELEASED_LINKS),
        M::up(target_tables::SOUGHT_USERS),
        M::up(target_tables::SIGN_IN_ENDS),
        M::up(target_tables::UNANSWERED_WRITES),
    ])
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn s7_a_store_from_before_knows_its_hardware_and_forgets_what_is_deleted() {
        let mut store = Connection::open_in_memory().unwrap();
        build_migrations().to_version(&mut store, 7).unwrap();
        for (row, serial, entra) in [(3, Some(30), Some(31)), (4, Some(30), None), (9, None, None)] {
            store
                .execute(
                    "INSERT INTO device (row, instance, device_id, state, seq, identity_seq, changed_at, raw_hash, fingerprint,
                         read_at, last_sync, vital, published_sync, published_vital, published_at, serial_mark, entra_mark)
                     VALUES (?1, 1, zeroblob(?1), 1, ?1, 1, 1, x'', x'', 1, 1, 1, 1, 1, 1, ?2, ?3)",
                    rusqlite::params![row, serial, entra],
                )
                .unwrap();
        }
        build_migrations().to_latest(&mut store).unwrap();
        let version: i64 = store
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, VERSION);
        let hardware = || -> Vec<(i64, i64)> {
            let mut statement = store.prepare("SELECT mark, row FROM hardware").unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.map(Result::unwrap).collect()
        };
        assert_eq!(hardware(), [(30, 4), (30, 3), (31, 3)]);
        let settled: i64 = store
            .query_row("SELECT value FROM meta WHERE key = 'hardware'", [], |row| row.get(0))
            .unwrap();
        assert_eq!(settled, 9);
        store.execute("DELETE FROM device WHERE row = 3", []).unwrap();
        assert_eq!(hardware(), [(30, 4)]);
    }
}
