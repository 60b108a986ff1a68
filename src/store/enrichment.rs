//! What single GETs taught, made to fit other settings (F8).

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::{Store, StoreError};
use crate::model::{InstanceId, Row};

/// What is left of what was learned, and whether nothing is missing in it.
pub type EnrichmentProjection = Arc<dyn Fn(&str) -> (Option<String>, bool) + Send + Sync>;

/// Devices in one transaction.
const BATCH: i64 = 500;

struct EnrichedRow {
    row: Row,
    text: Option<String>,
}

impl Store {
    /// Goes through all devices that were asked for by a single GET. One that lacks something is asked again. Doing it
    /// twice does no more than once, so a crash on the way needs no remembering.
    pub async fn reproject_enrichment(
        &self,
        instance: InstanceId,
        reproject: EnrichmentProjection,
    ) -> Result<(), StoreError> {
        let mut after = Row(0);
        loop {
            let reproject = reproject.clone();
            let last = self
                .write(move |connection| reproject_batch(connection, instance, after, &reproject))
                .await?;
            match last {
                None => return Ok(()),
                Some(row) => after = row,
            }
        }
    }
}

/// Answers the last row that was looked at; `None` where none was left.
fn reproject_batch(
    connection: &Connection,
    instance: InstanceId,
    after: Row,
    reproject: &EnrichmentProjection,
) -> Result<Option<Row>, StoreError> {
    let found: Vec<EnrichedRow> = connection
        .prepare_cached(
            "SELECT d.row, b.learned FROM device d LEFT JOIN body b ON b.row = d.row
             WHERE +d.instance = ?1 AND d.row > ?2 AND d.learned_at IS NOT NULL ORDER BY d.row LIMIT ?3",
        )?
        .query_map(params![instance.0, after.0, BATCH], |row| {
            Ok(EnrichedRow {
                row: Row(row.get("row")?),
                text: row.get("learned")?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let mut keep = connection.prepare_cached("UPDATE body SET learned = ?2 WHERE row = ?1")?;
    let mut again = connection.prepare_cached("UPDATE device SET learned_at = NULL WHERE row = ?1")?;
    for learned in &found {
        let (kept, whole) = reproject(learned.text.as_deref().unwrap_or("{}"));
        if kept != learned.text {
            keep.execute(params![learned.row.0, kept])?;
        }
        if !whole {
            again.execute([learned.row.0])?;
        }
    }
    Ok(found.last().map(|learned| learned.row))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of the only device: when it was asked, and what was learned.
    fn kept(connection: &Connection) -> (Option<i64>, Option<String>) {
        let ask = "SELECT d.learned_at, b.learned FROM device d JOIN body b USING (row)";
        connection
            .query_row(ask, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
    }

    #[test]
    fn f8_what_does_not_fit_goes_and_what_lacks_something_is_asked_again() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE device (row INTEGER, instance INTEGER, learned_at INTEGER);
                 CREATE TABLE body (row INTEGER, learned TEXT);
                 INSERT INTO device VALUES (7, 1, 99); INSERT INTO body VALUES (7, '{\"notes\":1}');",
            )
            .unwrap();
        let whole: EnrichmentProjection = Arc::new(|_| (None, true));
        assert_eq!(
            reproject_batch(&connection, InstanceId(1), Row(0), &whole).unwrap(),
            Some(Row(7))
        );
        assert_eq!(kept(&connection), (Some(99), None));
        assert_eq!(
            reproject_batch(&connection, InstanceId(1), Row(7), &whole).unwrap(),
            None
        );
        let lacking: EnrichmentProjection = Arc::new(|_| (Some("{}".into()), false));
        reproject_batch(&connection, InstanceId(1), Row(0), &lacking).unwrap();
        assert_eq!(kept(&connection), (None, Some("{}".into())));
    }
}
