//! A device's body as it stands in the store.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension, params};

use super::super::damage;
use super::StoreError;
use crate::model::{DeviceBody, Row};

/// What no list tells of a device, by the read that fills it (S4): JSON objects that have no member in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LearnedParts {
    /// What single GETs have taught.
    pub single: Option<String>,
    /// What its users have.
    pub users: Option<String>,
}

impl LearnedParts {
    /// Both in one object; `None`: nothing is known.
    pub(crate) fn join(&self) -> Option<Cow<'_, str>> {
        match (self.single.as_deref(), self.users.as_deref()) {
            (Some(single), Some(users)) => Some(Cow::Owned(join_objects(single, users))),
            (single, users) => single.or(users).map(Cow::Borrowed),
        }
    }
}

/// The members of both; of what is no object, the other one is left.
fn join_objects(one: &str, other: &str) -> String {
    let members = |text: &str| {
        let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
        (!inside.is_empty()).then(|| inside.to_owned())
    };
    match (members(one), members(other)) {
        (Some(first), Some(second)) => format!("{{{first},{second}}}"),
        (None, Some(_)) => other.to_owned(),
        _ => one.to_owned(),
    }
}

/// Places of the first columns of both questions below: names would be compared for each device of a page.
mod column {
    pub(super) const LEARNED: usize = 0;
    pub(super) const USERS: usize = 1;
    pub(super) const PACKED: usize = 2;
    pub(super) const SUM: usize = 3;
}
const STORED: &str = "SELECT learned, users, packed, sum FROM body WHERE row = ?1";
const LEARNED: &str = "SELECT learned, users FROM body WHERE row = ?1";

pub(crate) struct StoredBody {
    pub body: DeviceBody,
    /// What other reads have taught of the device.
    pub learned: LearnedParts,
    sum: Option<i64>,
}

impl StoredBody {
    pub(crate) fn find(connection: &Connection, row: Row) -> Result<Option<StoredBody>, StoreError> {
        let mut statement = connection.prepare_cached(STORED)?;
        let found = statement.query_row([row.0], |row| {
            // What is damaged may be no text any more; it does not fit its sum then.
            let packed = String::from_utf8_lossy(row.get_ref(column::PACKED)?.as_bytes()?).into_owned();
            Ok(StoredBody {
                body: DeviceBody::from_packed(packed),
                learned: learned_from_row(row)?,
                sum: row.get(column::SUM)?,
            })
        });
        Ok(found.optional()?)
    }

    /// What is known beside its list; nothing of a device without a body.
    pub(crate) fn learned_parts(stored: Option<&StoredBody>) -> LearnedParts {
        stored.map(|found| found.learned.clone()).unwrap_or_default()
    }

    /// Whether it fits its sum.
    pub(crate) fn is_intact(&self) -> bool {
        damage::matches_checksum(&self.body, self.sum)
    }
}

/// What other reads have taught of a device, without its body.
pub(crate) fn find_learned(connection: &Connection, row: Row) -> Result<LearnedParts, StoreError> {
    let mut statement = connection.prepare_cached(LEARNED)?;
    let found = statement.query_row([row.0], learned_from_row);
    Ok(found.optional()?.unwrap_or_default())
}

fn learned_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<LearnedParts> {
    Ok(LearnedParts {
        single: row.get(column::LEARNED)?,
        users: row.get(column::USERS)?,
    })
}

/// `learned`: what single GETs have taught; what the users have stays as it is.
pub(crate) fn write_body(
    connection: &Connection,
    row: Row,
    body: &DeviceBody,
    learned: Option<&str>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO body (row, packed, learned, sum) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (row) DO UPDATE SET packed = ?2, learned = ?3, sum = ?4",
        )?
        .execute(params![row.0, body.as_packed(), learned, body.checksum()])?;
    Ok(())
}

/// A body with what the device's users have, merged into it.
pub(crate) fn write_users(connection: &Connection, row: Row, body: &DeviceBody, users: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE body SET packed = ?2, users = ?3, sum = ?4 WHERE row = ?1")?
        .execute(params![row.0, body.as_packed(), users, body.checksum()])?;
    Ok(())
}

/// Nobody receives any more what the device's users have, and its body does not let it through.
pub(crate) fn forget_users(connection: &Connection, row: Row) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE body SET users = NULL WHERE row = ?1 AND users IS NOT NULL")?
        .execute([row.0])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(single: Option<&str>, users: Option<&str>) -> Option<String> {
        let parts = LearnedParts {
            single: single.map(str::to_owned),
            users: users.map(str::to_owned),
        };
        parts.join().map(Cow::into_owned)
    }

    #[test]
    fn s4_what_two_reads_have_taught_is_one_object() {
        let (single, users) = (r#"{"notes":"a"}"#, r#"{"primaryUser":null}"#);
        assert_eq!(join(None, None), None);
        assert_eq!(join(Some(single), None).as_deref(), Some(single));
        assert_eq!(join(None, Some(users)).as_deref(), Some(users));
        let both = r#"{"notes":"a","primaryUser":null}"#;
        assert_eq!(join(Some(single), Some(users)).as_deref(), Some(both));
        assert_eq!(join(Some("{}"), Some(users)).as_deref(), Some(users));
        assert_eq!(join(Some(single), Some("broken")).as_deref(), Some(single));
        assert_eq!(join(Some("broken"), Some(users)).as_deref(), Some(users));
    }
}
