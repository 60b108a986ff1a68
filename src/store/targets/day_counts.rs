//! How much was written on which day, where the target is.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::{Connection, params};

use super::columns::{read_count, read_word};
use crate::contract::{WriteClass, WriteCounts};
use crate::model::InstanceId;
use crate::store::sql_values::parse_json_column;
use crate::store::{Store, StoreError};

/// What was written on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TargetDayCounts {
    pub written: WriteCounts,
    /// Of these: people had agreed to them one by one. They take nothing from what an ordinary day may write.
    pub consented: WriteCounts,
}

impl TargetDayCounts {
    /// What was written without anybody's consent.
    pub const fn count_ordinary(&self, class: WriteClass) -> u64 {
        self.written
            .of_class(class)
            .saturating_sub(self.consented.of_class(class))
    }
}

impl Store {
    pub async fn count_target_day(&self, target: InstanceId, day: NaiveDate) -> Result<TargetDayCounts, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT class, count, consented FROM target_day WHERE target = ?1 AND day = ?2")?;
            let rows = statement.query_map(params![target.0, day.to_string()], |row| {
                let class: WriteClass = read_word(row, "class")?;
                Ok((class, read_count(row, "count")?, read_count(row, "consented")?))
            })?;
            let mut counts = TargetDayCounts::default();
            for row in rows {
                let (class, written, consented) = row?;
                counts.written.add_writes(class, written);
                counts.consented.add_writes(class, consented);
            }
            Ok(counts)
        })
        .await
    }

    /// The newest `days` days on which the target wrote anything, newest first, each with what it wrote of this class,
    /// with or without consent; 0 where that was nothing.
    pub async fn list_target_days(
        &self,
        target: InstanceId,
        class: WriteClass,
        days: usize,
    ) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT day, sum(iif(class = ?2, count, 0)) AS written FROM target_day WHERE target = ?1
                 GROUP BY day ORDER BY day DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(params![target.0, class.name(), days as i64], |row| {
                let day: String = row.get("day")?;
                let day: NaiveDate = parse_json_column(0, &format!("\"{day}\""))?;
                Ok((day, read_count(row, "written")?))
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

/// Adds to a day: of each class how many were written, and how many of these with consent.
pub(super) fn add_to_day(
    connection: &Connection,
    target: InstanceId,
    day: NaiveDate,
    counts: &BTreeMap<WriteClass, (u64, u64)>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO target_day (target, day, class, count, consented) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (target, day, class) DO UPDATE SET count = count + excluded.count,
             consented = consented + excluded.consented",
    )?;
    for (class, (written, consented)) in counts {
        let (written, consented) = (written.cast_signed(), consented.cast_signed());
        statement.execute(params![target.0, day.to_string(), class.name(), written, consented])?;
    }
    Ok(())
}
