//! Applications that were changed since somebody looked last, each once, as it stands.

use crate::contract::ApplicationState;
use crate::model::InstanceId;
use crate::store::columns::{read_instance, read_optional_word};
use crate::store::{Store, StoreError};

/// An application as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationMove {
    /// Rises over all applications.
    pub position: i64,
    /// The caller's.
    pub id: String,
    pub instance: InstanceId,
    /// `None`: it is gone.
    pub state: Option<ApplicationState>,
}

impl Store {
    /// Those that moved behind a position, in the order in which they did last.
    pub async fn list_application_moves(&self, after: i64, limit: usize) -> Result<Vec<ApplicationMove>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT m.position, m.id, m.instance, a.state FROM application_move m LEFT JOIN application a ON a.id = m.id
                 WHERE m.position > ?1 ORDER BY m.position LIMIT ?2",
            )?;
            let rows = statement.query_map([after, limit as i64], |row| {
                Ok(ApplicationMove {
                    position: row.get("position")?,
                    id: row.get("id")?,
                    instance: read_instance(row, "instance")?,
                    state: read_optional_word(row, "state")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// 0: there never was an application.
    pub async fn newest_application_position(&self) -> Result<i64, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT coalesce(max(position), 0) FROM application_move")?;
            Ok(statement.query_row([], |row| row.get(0))?)
        })
        .await
    }
}
