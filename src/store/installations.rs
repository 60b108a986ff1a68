//! What is installed, and how far an installation has come: one row for each, one for each of its members. The rows are
//! the journal by which an installation goes on after a crash, and the list of what exists: a member whose state is
//! `applied` does.
//!
//! *Numbers.* Installations and instances share one sequence: an installation takes the next number that neither ever
//! had, and the instance that belongs to it is adopted under the same one. Rows are never deleted, so a number is never
//! used again; what the high-water mark knows is passed by even after a restore.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::installation_rows::{
    InstallationRow, KeptSettings, MemberRow, NewInstallation, NewMember, installation_from_row, member_from_row,
    to_word,
};
use super::roles::NewRole;
use super::sql_values::{to_json, to_millis};
use super::{Store, StoreError, meta, registrations};
use crate::contract::Diagnosis;
use crate::model::{InstallationState, MemberState, StartType, Timestamp};

/// What an update was judged to do.
#[derive(Debug, Clone)]
pub struct ProductUpdate {
    pub product: String,
    /// The one that things go over to.
    pub version: String,
    /// Numbers of installations, each with the version that it has.
    pub installed: Vec<(i64, String)>,
    pub members: Vec<NewMember>,
    pub roles: Vec<NewRole>,
}

impl Store {
    /// Writes a plan down and gives it its number; `seal` seals what it needs to go on for this number. Where that fails, or
    /// the registration that it is to stand on is not free, nothing is kept.
    pub async fn plan_installation<E: Send + 'static>(
        &self,
        new: NewInstallation,
        seal: impl FnOnce(i64) -> Result<String, E> + Send + 'static,
    ) -> Result<Result<InstallationRow, E>, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            let number = reserve_number(connection)?;
            let sealed = match seal(number) {
                Ok(sealed) => sealed,
                Err(error) => return Ok(Err(error)),
            };
            let states = (InstallationState::Installing, MemberState::Planned);
            insert(connection, (number, &new), Some(&sealed), states, now)?;
            if let Some(registration) = &new.registration {
                registrations::reserve_registration(connection, registration, number)?;
            }
            load_installation(connection, number).map(Ok)
        })
        .await
    }

    /// The installation of an instance that came without one: it is there already. Says whether it was written now.
    pub async fn adopt_installation(&self, number: i64, new: NewInstallation) -> Result<bool, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            if load_installation(connection, number).is_ok() {
                return Ok(false);
            }
            let states = (InstallationState::Installed, MemberState::Applied);
            insert(connection, (number, &new), None, states, now)?;
            Ok(true)
        })
        .await
    }

    pub async fn list_installations(&self) -> Result<Vec<InstallationRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM installation ORDER BY number"))?;
            let rows = statement.query_map([], installation_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn load_installation(&self, number: i64) -> Result<InstallationRow, StoreError> {
        self.read(move |connection| load_installation(connection, number)).await
    }

    /// Members of one installation, or of all, in the order in which they are made.
    pub async fn list_members(&self, number: Option<i64>) -> Result<Vec<MemberRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT installation, place, name, part, kind, engine, file, settings, state, problem, start_type,
                     secrets
                 FROM member
                 WHERE ?1 IS NULL OR installation = ?1 ORDER BY installation, place",
            )?;
            let rows = statement.query_map([number], member_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn set_member_state(
        &self,
        number: i64,
        position: i64,
        state: MemberState,
        problem: Option<Diagnosis>,
    ) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            connection.execute(
                "UPDATE member SET state = ?3, problem = ?4 WHERE installation = ?1 AND place = ?2",
                params![number, position, to_word(&state), problem.as_ref().map(to_json)],
            )?;
            connection.execute(
                "UPDATE installation SET updated_at = ?2 WHERE number = ?1",
                params![number, to_millis(now)],
            )?;
            Ok(())
        })
        .await
    }

    /// A new state. At an end (`installed`, `failed`, `removed`) nothing sealed is kept. A problem stays until another.
    pub async fn set_installation_state(
        &self,
        number: i64,
        state: InstallationState,
        problem: Option<Diagnosis>,
    ) -> Result<(), StoreError> {
        use InstallationState::{Failed, Installed, Removed};
        let now = self.inner.clock.now();
        let is_end = matches!(state, Installed | Failed | Removed);
        self.write(move |connection| {
            connection.execute(
                "UPDATE installation SET state = ?2, problem = coalesce(?3, problem), updated_at = ?4,
                     sealed = CASE WHEN ?5 THEN NULL ELSE sealed END WHERE number = ?1",
                params![
                    number,
                    to_word(&state),
                    problem.as_ref().map(to_json),
                    to_millis(now),
                    is_end
                ],
            )?;
            if is_end && state != Installed {
                erase_secrets(connection, number)?;
            }
            if is_end {
                registrations::settle_registration(connection, number, state)?;
            }
            Ok(())
        })
        .await
    }

    /// When a microservice is started from now on. Says whether there is such a one.
    pub async fn set_start_type(&self, member: String, start_type: StartType) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let changed = connection.execute(
                "UPDATE member SET start_type = ?2 WHERE name = ?1",
                params![member, start_type.name()],
            )?;
            Ok(changed > 0)
        })
        .await
    }

    /// Installations go over to another version of their product, and its roles become what this version says; all of it
    /// or nothing, and only from the versions that were looked at (A10).
    pub async fn update_product(&self, update: ProductUpdate) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            for (number, version) in &update.installed {
                if load_installation(connection, *number)?.version != *version {
                    return Err(StoreError::ChangedMeanwhile {
                        what: "the list of installations",
                    });
                }
                update_installed_version(connection, *number, &update, now)?;
            }
            let ProductUpdate { product, roles, .. } = update;
            crate::store::roles::set_product_roles(connection, &product, roles, true, now)
        })
        .await
    }

    /// Another name for people, or other settings of members after a change; what is not given stays.
    pub async fn update_installation(
        &self,
        number: i64,
        profile: Option<String>,
        settings: Vec<KeptSettings>,
    ) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            connection.execute(
                "UPDATE installation SET profile = coalesce(?2, profile), updated_at = ?3 WHERE number = ?1",
                params![number, profile, to_millis(now)],
            )?;
            for kept in &settings {
                connection.execute(
                    "UPDATE member SET settings = ?3, secrets = ?4 WHERE installation = ?1 AND part = ?2",
                    params![number, kept.part, to_json(&kept.settings), to_json(&kept.secrets)],
                )?;
            }
            Ok(())
        })
        .await
    }

    /// What belonged to an instance that was removed is gone with it.
    pub async fn mark_installation_removed(&self, number: i64) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            connection.execute(
                "UPDATE installation SET state = ?3, sealed = NULL, updated_at = ?2 WHERE number = ?1",
                params![number, to_millis(now), InstallationState::Removed.name()],
            )?;
            connection.execute(
                "UPDATE member SET state = ?2 WHERE installation = ?1",
                params![number, MemberState::Undone.name()],
            )?;
            erase_secrets(connection, number)
        })
        .await
    }

    /// The secrets that a part is to start with, before it is made.
    pub async fn set_member_secrets(
        &self,
        number: i64,
        position: i64,
        secrets: BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE member SET secrets = ?3 WHERE installation = ?1 AND place = ?2",
                params![number, position, to_json(&secrets)],
            )?;
            Ok(())
        })
        .await
    }
}

/// Of what is gone nothing is kept.
fn erase_secrets(connection: &Connection, number: i64) -> Result<(), StoreError> {
    connection.execute("UPDATE member SET secrets = '{}' WHERE installation = ?1", [number])?;
    Ok(())
}

/// One that neither an installation nor an instance ever had; instances that are added from now on pass it by.
fn reserve_number(connection: &Connection) -> Result<i64, StoreError> {
    let installed: i64 = connection.query_row("SELECT coalesce(max(number), 0) FROM installation", [], |row| {
        row.get(0)
    })?;
    let number = installed.max(meta::read_last_number(connection)?) + 1;
    meta::raise_last_number(connection, number)?;
    Ok(number)
}

fn insert(
    connection: &Connection,
    (number, new): (i64, &NewInstallation),
    sealed: Option<&str>,
    (state, members): (InstallationState, MemberState),
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO installation (number, product, version, profile, state, anyway, by, sealed, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
        params![
            number,
            new.product,
            new.version,
            new.profile,
            to_word(&state),
            to_json(&new.overridden_checks),
            new.by.map(|by| by.0),
            sealed,
            to_millis(now)
        ],
    )?;
    let mut add = connection.prepare_cached(
        "INSERT INTO member (installation, place, name, part, kind, engine, file, settings, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (place, one) in (1i64..).zip(&new.members) {
        let name = format!("{}_{number}", one.part);
        let (kind, settings) = (&one.kind, to_json(&one.settings));
        add.execute(params![
            number,
            place,
            name,
            one.part,
            kind,
            one.engine,
            one.file,
            settings,
            to_word(&members)
        ])?;
    }
    Ok(())
}

const COLUMNS: &str = "number, product, version, profile, state, anyway, by, sealed, problem, created_at, updated_at";

fn load_installation(connection: &Connection, number: i64) -> Result<InstallationRow, StoreError> {
    connection
        .query_row(
            &format!("SELECT {COLUMNS} FROM installation WHERE number = ?1"),
            [number],
            installation_from_row,
        )
        .optional()?
        .ok_or_else(|| StoreError::Unknown {
            what: "installation",
            name: number.to_string(),
        })
}

/// Parts that are new are there, parts that are no more are undone; what was answered for the others stays.
fn update_installed_version(
    connection: &Connection,
    number: i64,
    update: &ProductUpdate,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE installation SET version = ?2, updated_at = ?3 WHERE number = ?1",
        params![number, update.version, to_millis(now)],
    )?;
    connection.execute(
        "UPDATE member SET state = ?2 WHERE installation = ?1",
        params![number, MemberState::Undone.name()],
    )?;
    for one in &update.members {
        let known = connection.execute(
            "UPDATE member SET state = ?6, kind = ?3, engine = ?4, file = ?5
             WHERE installation = ?1 AND part = ?2",
            params![
                number,
                one.part,
                one.kind,
                one.engine,
                one.file,
                MemberState::Applied.name()
            ],
        )?;
        if known == 0 {
            connection.execute(
                "INSERT INTO member (installation, place, name, part, kind, engine, file, settings, state)
                 SELECT ?1, coalesce(max(place), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
                 FROM member WHERE installation = ?1",
                params![
                    number,
                    format!("{}_{number}", one.part),
                    one.part,
                    one.kind,
                    one.engine,
                    one.file,
                    to_json(&one.settings),
                    MemberState::Applied.name()
                ],
            )?;
        }
    }
    Ok(())
}
