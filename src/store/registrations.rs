//! Registrations of applications that are on their way: a certificate, its sealed key, and what there is to be done in
//! Entra. There are few: of more than [`KEPT_MAX`] the one goes that nobody has looked at for the longest time, and each
//! goes a month after the last look, or as soon as an installation stands on it.
//!
//! An installation that is being made holds its registration. Where it fails, the registration is free again, so that
//! what was done in Entra is not in vain.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::columns::read_time;
use super::sql_values::to_millis;
use super::{Store, StoreError};
use crate::model::{InstallationState, OperatorId, Timestamp};

/// At the same time.
const KEPT_MAX: i64 = 20;
/// After the last look.
const UNUSED_MAX: TimeDelta = TimeDelta::days(30);

#[derive(Clone)]
pub struct NewRegistration {
    /// A random GUID.
    pub id: String,
    pub product: String,
    /// The number of the installation whose application gets another certificate; `None`: for a new one.
    pub installation: Option<i64>,
    /// PEM, without the key.
    pub certificate: String,
    pub sealed_key: String,
    /// JSON; no secret.
    pub plan: String,
    pub by: Option<OperatorId>,
}

#[derive(Clone)]
pub struct RegistrationRow {
    pub id: String,
    pub product: String,
    pub installation: Option<i64>,
    pub certificate: String,
    pub sealed_key: String,
    pub plan: String,
    /// The installation that is being made with it.
    pub used_by: Option<i64>,
    pub created_at: Timestamp,
    pub touched_at: Timestamp,
}

impl Store {
    /// Keeps one more; answers the ids of those that had to make room for it.
    pub async fn add_registration(&self, new: NewRegistration) -> Result<Vec<String>, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            remove_unused(connection, now)?;
            let displaced = list_displaced(connection)?;
            for id in &displaced {
                connection.execute("DELETE FROM registration WHERE id = ?1", [id])?;
            }
            connection.execute(
                "INSERT INTO registration (id, product, installation, certificate, sealed_key, plan, by, created_at, touched_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
                params![
                    new.id,
                    new.product,
                    new.installation,
                    new.certificate,
                    new.sealed_key,
                    new.plan,
                    new.by.map(|by| by.0),
                    to_millis(now)
                ],
            )?;
            Ok(displaced)
        })
        .await
    }

    /// One that is not used up and not too old.
    pub async fn find_registration(&self, id: &str) -> Result<Option<RegistrationRow>, StoreError> {
        let (id, oldest) = (id.to_owned(), to_millis(self.inner.clock.now() - UNUSED_MAX));
        self.read(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT id, product, installation, certificate, sealed_key, plan, used_by, created_at, touched_at
                     FROM registration WHERE id = ?1 AND touched_at > ?2",
                )?
                .query_row(params![id, oldest], registration_from_row)
                .optional()?;
            Ok(found)
        })
        .await
    }

    /// Somebody has looked at it: it stays for another month.
    pub async fn touch_registration(&self, id: &str) -> Result<(), StoreError> {
        let (id, now) = (id.to_owned(), to_millis(self.inner.clock.now()));
        self.write(move |connection| {
            connection.execute(
                "UPDATE registration SET touched_at = ?2 WHERE id = ?1",
                params![id, now],
            )?;
            Ok(())
        })
        .await
    }

    /// Its key is in use elsewhere now.
    pub async fn remove_registration(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            connection.execute("DELETE FROM registration WHERE id = ?1", [id])?;
            Ok(())
        })
        .await
    }

    /// Erases those that nobody has looked at for a month.
    pub async fn sweep_registrations(&self) -> Result<u64, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| remove_unused(connection, now)).await
    }
}

/// For an installation that is planned: no other one takes it meanwhile.
pub(super) fn reserve_registration(connection: &Connection, id: &str, number: i64) -> Result<(), StoreError> {
    let reserved = connection.execute(
        "UPDATE registration SET used_by = ?2 WHERE id = ?1 AND used_by IS NULL",
        params![id, number],
    )?;
    match reserved {
        0 => Err(StoreError::Unknown {
            what: "registration",
            name: id.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// An installation has ended: what it stands on is used up, what it could not use is free again.
pub(super) fn settle_registration(
    connection: &Connection,
    number: i64,
    state: InstallationState,
) -> Result<(), StoreError> {
    let sql = match state {
        InstallationState::Installed => "DELETE FROM registration WHERE used_by = ?1",
        _ => "UPDATE registration SET used_by = NULL WHERE used_by = ?1",
    };
    connection.execute(sql, [number])?;
    Ok(())
}

fn remove_unused(connection: &Connection, now: Timestamp) -> Result<u64, StoreError> {
    let removed = connection.execute(
        "DELETE FROM registration WHERE touched_at <= ?1 AND used_by IS NULL",
        [to_millis(now - UNUSED_MAX)],
    )?;
    Ok(removed as u64)
}

/// Those that are one too many with the next one, the one that was looked at last staying longest.
fn list_displaced(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM registration WHERE used_by IS NULL ORDER BY touched_at DESC, id LIMIT -1 OFFSET ?1",
    )?;
    let rows = statement.query_map([KEPT_MAX - 1], |row| row.get(0))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn registration_from_row(row: &SqlRow<'_>) -> rusqlite::Result<RegistrationRow> {
    Ok(RegistrationRow {
        id: row.get("id")?,
        product: row.get("product")?,
        installation: row.get("installation")?,
        certificate: row.get("certificate")?,
        sealed_key: row.get("sealed_key")?,
        plan: row.get("plan")?,
        used_by: row.get("used_by")?,
        created_at: read_time(row, "created_at")?,
        touched_at: read_time(row, "touched_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Clock;
    use crate::store::NewInstallation;

    fn new(id: &str) -> NewRegistration {
        NewRegistration {
            id: id.to_owned(),
            product: "intune-connector".to_owned(),
            installation: None,
            certificate: "PEM".to_owned(),
            sealed_key: "sealed".to_owned(),
            plan: "{}".to_owned(),
            by: None,
        }
    }

    fn opened(folder: &std::path::Path) -> (Store, Clock) {
        let clock = Clock::manual(chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap());
        (Store::open(folder, clock.clone(), [0; 32]).unwrap(), clock)
    }

    async fn is_there(store: &Store, id: &str) -> bool {
        store.find_registration(id).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn there_are_twenty_at_most_and_what_nobody_looked_at_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let (store, clock) = opened(folder.path());
        for number in 0..20 {
            assert!(
                store
                    .add_registration(new(&format!("r{number}")))
                    .await
                    .unwrap()
                    .is_empty()
            );
            clock.advance(TimeDelta::minutes(1));
        }
        store.touch_registration("r0").await.unwrap();
        assert_eq!(store.add_registration(new("r20")).await.unwrap(), ["r1"]);
        assert!(is_there(&store, "r0").await && is_there(&store, "r20").await && !is_there(&store, "r1").await);
    }

    #[tokio::test]
    async fn one_that_nobody_looked_at_for_a_month_is_erased() {
        let folder = tempfile::tempdir().unwrap();
        let (store, clock) = opened(folder.path());
        store.add_registration(new("old")).await.unwrap();
        clock.advance(TimeDelta::days(20));
        store.touch_registration("old").await.unwrap();
        clock.advance(TimeDelta::days(29));
        assert_eq!(store.sweep_registrations().await.unwrap(), 0);
        clock.advance(TimeDelta::days(2));
        assert!(!is_there(&store, "old").await, "it is not found, erased or not");
        assert_eq!(store.sweep_registrations().await.unwrap(), 1);
    }

    async fn plan(store: &Store, registration: &str) -> Result<i64, StoreError> {
        let new = NewInstallation {
            product: "intune-connector".to_owned(),
            version: "1.0.0".to_owned(),
            profile: "Contoso".to_owned(),
            overridden_checks: Vec::new(),
            by: None,
            members: Vec::new(),
            registration: Some(registration.to_owned()),
        };
        let seal = |_| Ok::<_, std::convert::Infallible>("sealed".to_owned());
        let planned = store.plan_installation(new, seal).await?;
        Ok(planned.map(|row| row.number).unwrap_or_default())
    }

    #[tokio::test]
    async fn an_installation_uses_it_up_or_gives_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = opened(folder.path());
        store.add_registration(new("one")).await.unwrap();
        let first = plan(&store, "one").await.unwrap();
        let taken = plan(&store, "one").await;
        assert!(matches!(taken, Err(StoreError::Unknown { .. })));
        assert_eq!(
            store.list_installations().await.unwrap().len(),
            1,
            "nothing is kept of the second plan"
        );
        let ended = |number, state| store.set_installation_state(number, state, None);
        ended(first, InstallationState::Failed).await.unwrap();
        let second = plan(&store, "one").await.unwrap();
        ended(second, InstallationState::Installed).await.unwrap();
        assert!(!is_there(&store, "one").await);
    }
}
