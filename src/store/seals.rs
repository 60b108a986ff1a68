//! Once in the life of a store: what an earlier version sealed is sealed anew, for the row where it stands (E7). From
//! then on such text opens nowhere; `meta.old_seals` remembers that, and names the instances whose files could not be
//! read then.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::sql_values::{parse_json, to_json};
use super::{Store, StoreError};
use crate::config::{OLD_PREFIX, SealContext, SealError};
use crate::model::{InstanceName, TaskId};

/// What became of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResealCounts {
    pub count: u64,
    /// Sealed with another key, or damaged: they stay as they are, and open nowhere.
    pub unopened: u64,
}

impl Store {
    /// Instances whose files may still hold what an earlier version sealed; `None`: nobody has looked yet.
    pub async fn list_instances_to_reseal(&self) -> Result<Option<Vec<InstanceName>>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = 'old_seals'")?;
            let found: Option<String> = statement.query_row([], |row| row.get(0)).optional()?;
            found.map(|text| parse_json("a list of instances", &text)).transpose()
        })
        .await
    }

    pub async fn set_instances_to_reseal(&self, left: Vec<InstanceName>) -> Result<(), StoreError> {
        self.write(move |connection| write_instances_to_reseal(connection, &left))
            .await
    }

    /// Every sealed text in every table, and the note that it was done, in one transaction. `reseal`: the text sealed for
    /// its place; `None` where it is not of an earlier version.
    pub async fn reseal_rows(
        &self,
        left: Vec<InstanceName>,
        reseal: impl Fn(SealContext<'_>, &str) -> Result<Option<String>, SealError> + Send + 'static,
    ) -> Result<ResealCounts, StoreError> {
        self.write(move |connection| {
            let mut counts = ResealCounts::default();
            let mut sealed = |place: SealContext<'_>, text: &str| match reseal(place, text) {
                Ok(Some(text)) => {
                    counts.count += 1;
                    Some(text)
                }
                Ok(None) => None,
                Err(_) => {
                    counts.unopened += 1;
                    None
                }
            };
            reseal_jobs(connection, &mut sealed)?;
            reseal_action_secrets(connection, &mut sealed)?;
            reseal_installations(connection, &mut sealed)?;
            write_instances_to_reseal(connection, &left)?;
            Ok(counts)
        })
        .await
    }
}

type ResealText<'a> = &'a mut dyn FnMut(SealContext<'_>, &str) -> Option<String>;

fn write_instances_to_reseal(connection: &Connection, left: &[InstanceName]) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO meta (key, value) VALUES ('old_seals', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
        [to_json(&left)],
    )?;
    Ok(())
}

fn reseal_jobs(connection: &Connection, reseal: ResealText<'_>) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare("SELECT id, source, name, parameters FROM job WHERE instr(parameters, ?1) > 0")?;
    let rows = statement.query_map([OLD_PREFIX], |row| {
        Ok((
            row.get::<_, i64>("id")?,
            row.get::<_, String>("source")?,
            row.get::<_, String>("name")?,
            row.get::<_, String>("parameters")?,
        ))
    })?;
    for (id, source, name, parameters) in rows.collect::<Result<Vec<_>, _>>()? {
        let mut parameters: Value = parse_json("parameters of a job", &parameters)?;
        for (parameter, value) in parameters.as_object_mut().into_iter().flatten() {
            let place = SealContext::JobParameter {
                source: &source,
                job: &name,
                parameter,
            };
            // As `actions::sealed` keeps a secret one.
            if let Some(Value::String(text)) = value.get_mut("sealed")
                && let Some(sealed) = reseal(place, text)
            {
                *text = sealed;
            }
        }
        connection.execute(
            "UPDATE job SET parameters = ?2 WHERE id = ?1",
            params![id, to_json(&parameters)],
        )?;
    }
    Ok(())
}

fn reseal_action_secrets(connection: &Connection, reseal: ResealText<'_>) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT task, kind, sealed FROM action_secret")?;
    let rows = statement.query_map([], |row| {
        Ok((
            row.get::<_, i64>("task")?,
            row.get::<_, String>("kind")?,
            row.get::<_, String>("sealed")?,
        ))
    })?;
    for (task, kind, sealed) in rows.collect::<Result<Vec<_>, _>>()? {
        let place = SealContext::ActionSecret {
            task: TaskId(task),
            kind: &kind,
        };
        if let Some(sealed) = reseal(place, &sealed) {
            connection.execute(
                "UPDATE action_secret SET sealed = ?3 WHERE task = ?1 AND kind = ?2",
                params![task, kind, sealed],
            )?;
        }
    }
    Ok(())
}

fn reseal_installations(connection: &Connection, reseal: ResealText<'_>) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT number, sealed FROM installation WHERE sealed IS NOT NULL")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, i64>("number")?, row.get::<_, String>("sealed")?))
    })?;
    for (number, sealed) in rows.collect::<Result<Vec<_>, _>>()? {
        if let Some(sealed) = reseal(SealContext::Installation { number }, &sealed) {
            connection.execute(
                "UPDATE installation SET sealed = ?2 WHERE number = ?1",
                params![number, sealed],
            )?;
        }
    }
    Ok(())
}
