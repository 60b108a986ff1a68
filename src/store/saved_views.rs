//! Saved views of the console: each belongs to an account, and goes with it.

use rusqlite::params;

use super::sql_values::to_millis;
use super::{Store, StoreError};
use crate::model::OperatorId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedViewRow {
    pub owner: OperatorId,
    pub owner_name: String,
    pub page: String,
    pub name: String,
    /// The part of an address behind the `?`.
    pub query: String,
    pub shared: bool,
}

#[derive(Debug, Clone)]
pub struct NewSavedView {
    pub owner: OperatorId,
    pub page: String,
    pub name: String,
    pub query: String,
    pub shared: bool,
}

/// What became of a view that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedViewOutcome {
    Added,
    /// The one of this name is another now.
    Changed,
    /// Its owner has as many as there may be; nothing was kept.
    TooMany,
}

impl Store {
    /// Those of an account and those that others share; by page, name and owner.
    pub async fn list_saved_views(&self, reader: OperatorId) -> Result<Vec<SavedViewRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT v.owner, o.name AS owner_name, v.page, v.name, v.query, v.shared
                 FROM saved_view v JOIN operator o ON o.id = v.owner
                 WHERE v.owner = ?1 OR v.shared = 1 ORDER BY v.page, v.name, o.name",
            )?;
            let rows = statement.query_map([reader.0], |row| {
                Ok(SavedViewRow {
                    owner: OperatorId(row.get("owner")?),
                    owner_name: row.get("owner_name")?,
                    page: row.get("page")?,
                    name: row.get("name")?,
                    query: row.get("query")?,
                    shared: row.get("shared")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// In place of the one of the same owner, page and name; `most`: how many an account may have.
    pub async fn save_view(&self, view: NewSavedView, most: usize) -> Result<SavedViewOutcome, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            let key = params![view.owner.0, view.page, view.name, view.query, view.shared, now];
            let changed = connection.execute(
                "UPDATE saved_view SET name = ?3, query = ?4, shared = ?5, changed_at = ?6
                 WHERE owner = ?1 AND page = ?2 AND name = ?3",
                key,
            )?;
            if changed > 0 {
                return Ok(SavedViewOutcome::Changed);
            }
            let count: i64 = connection.query_row(
                "SELECT count(*) FROM saved_view WHERE owner = ?1",
                [view.owner.0],
                |row| row.get(0),
            )?;
            if usize::try_from(count).is_ok_and(|count| count >= most) {
                return Ok(SavedViewOutcome::TooMany);
            }
            connection.execute(
                "INSERT INTO saved_view (owner, page, name, query, shared, changed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                key,
            )?;
            Ok(SavedViewOutcome::Added)
        })
        .await
    }

    /// False where there is none.
    pub async fn remove_view(&self, owner: OperatorId, page: String, name: String) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let removed = connection.execute(
                "DELETE FROM saved_view WHERE owner = ?1 AND page = ?2 AND name = ?3",
                params![owner.0, page, name],
            )?;
            Ok(removed > 0)
        })
        .await
    }
}
