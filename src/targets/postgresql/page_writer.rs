//! Writes as pages, and pages in halves where the database refuses a row of one.

use std::collections::HashMap;

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::columns::TableColumn;
use super::database_target::PostgreSqlTarget;
use super::fault::{CallMoment, DatabaseFailure};
use super::page_sql::build_page_sql;
use super::translate::{PageRow, describe_page, split_rounds, translate_write};
use crate::targets::{PlannedWrite, RecordId, TargetFault, WriteDone};

type WriteResult = Result<WriteDone, TargetFault>;

impl PostgreSqlTarget {
    pub(super) async fn write_pages(&self, writes: &[PlannedWrite]) -> Vec<WriteResult> {
        let columns = match self.find_columns(writes).await {
            Ok(columns) => columns,
            // Nothing was sent.
            Err(failure) => return vec![Err(failure.fault); writes.len()],
        };
        let mut results: Vec<Option<WriteResult>> = vec![None; writes.len()];
        let mut rows = Vec::with_capacity(writes.len());
        for (place, write) in writes.iter().enumerate() {
            match translate_write(place, write, &columns) {
                Ok(row) => rows.push(row),
                Err(fault) => results[place] = Some(Err(fault)),
            }
        }
        self.write_rounds(split_rounds(rows), &mut results).await;
        let missing = || TargetFault::Unreadable {
            problem: "the answer of the database leaves a write out".to_owned(),
        };
        let told = results
            .into_iter()
            .map(|result| result.unwrap_or_else(|| Err(missing())));
        told.collect()
    }

    /// Looks again where a write names a column that was not there before.
    async fn find_columns(&self, writes: &[PlannedWrite]) -> Result<Vec<TableColumn>, DatabaseFailure> {
        let columns = self.prepare_columns().await?;
        let is_there = |name: &String| columns.iter().any(|column| column.name == *name);
        if writes.iter().flat_map(list_named_fields).all(is_there) {
            return Ok(columns);
        }
        self.reread_columns().await
    }

    /// Round after round; those that wait stand on a pile, the next one on top.
    async fn write_rounds(&self, mut waiting: Vec<Vec<PageRow>>, results: &mut [Option<WriteResult>]) {
        waiting.reverse();
        while let Some(mut round) = waiting.pop() {
            let failure = match self.write_round(&round).await {
                Ok(done) => {
                    done.into_iter()
                        .for_each(|(place, result)| results[place] = Some(result));
                    continue;
                }
                Err(failure) => failure,
            };
            if failure.blames_row && round.len() > 1 {
                let second = round.split_off(round.len() / 2);
                waiting.extend([second, round]);
                continue;
            }
            for row in &round {
                results[row.place] = Some(Err(failure.fault.clone()));
            }
            if !failure.fault.concerns_record() {
                // What stands in the way of this one stands in the way of the rest.
                let rest = unsent_fault(failure.fault);
                for row in waiting.drain(..).flatten() {
                    results[row.place] = Some(Err(rest.clone()));
                }
            }
        }
    }

    /// One statement: each row's place among the writes, and what became of it.
    pub(super) async fn write_round(&self, rows: &[PageRow]) -> Result<Vec<(usize, WriteResult)>, DatabaseFailure> {
        let (columns, page) = describe_page(rows);
        let sql = build_page_sql(&self.address.quoted_schema(), &columns);
        self.pace.acquire().await;
        let mut guard = self.take_session().await?;
        let written = guard
            .session()
            .query_rows(&sql, &[(&page, Type::TEXT)], CallMoment::Write)
            .await;
        let answer = guard.finish(written)?;
        Ok(read_answer(rows, &collect_records(&answer)))
    }
}

fn list_named_fields(write: &PlannedWrite) -> impl Iterator<Item = &String> {
    let values = match write {
        PlannedWrite::Create { values, .. } | PlannedWrite::Update { values, .. } => Some(values),
        PlannedWrite::Retire { .. } => None,
    };
    values.into_iter().flat_map(|values| values.keys())
}

/// What was not sent was not lost either.
fn unsent_fault(fault: TargetFault) -> TargetFault {
    match fault {
        TargetFault::LostAnswer { problem } => TargetFault::Unreachable { problem },
        other => other,
    }
}

/// Record by the number of its write.
fn collect_records(answer: &[Row]) -> HashMap<i32, i64> {
    let pairs = answer
        .iter()
        .filter_map(|row| Some((row.try_get(0).ok()?, row.try_get(1).ok()?)));
    pairs.collect()
}

fn read_answer(rows: &[PageRow], records: &HashMap<i32, i64>) -> Vec<(usize, WriteResult)> {
    let result_of = |row: &PageRow| {
        let place = i32::try_from(row.place).ok();
        let written = place.and_then(|place| records.get(&place)).map(ToString::to_string);
        // A record that was to be deleted and is not there is as it should be.
        let known = row
            .json
            .get("record")
            .filter(|_| !row.needs_record)
            .map(ToString::to_string);
        match written.or(known) {
            Some(record) => Ok(WriteDone {
                record: RecordId(record),
            }),
            None => Err(TargetFault::NotThere),
        }
    };
    rows.iter().map(|row| (row.place, result_of(row))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::columns::planned_columns;
    use super::*;
    use crate::contract::RetireAction;
    use crate::model::{GoneReason, parse_time};
    use crate::targets::samples_for_tests::device_key;

    fn retire(place: usize, action: RetireAction) -> PageRow {
        let write = PlannedWrite::Retire {
            key: device_key(1, 1),
            record: RecordId("7".into()),
            action,
            reason: GoneReason::Deleted,
            at: parse_time("2026-11-21T08:00:00Z").unwrap(),
        };
        translate_write(place, &write, &planned_columns()).unwrap()
    }

    #[test]
    fn a_record_that_is_not_in_the_answer_is_not_there_unless_it_was_to_be_deleted() {
        let rows = [
            retire(0, RetireAction::Retire),
            retire(1, RetireAction::Retire),
            retire(2, RetireAction::Delete),
        ];
        assert_eq!(rows[0].json["record"], json!(7));
        let told = read_answer(&rows, &HashMap::from([(0, 7)]));
        let done = || {
            Ok(WriteDone {
                record: RecordId("7".into()),
            })
        };
        assert_eq!(told, [(0, done()), (1, Err(TargetFault::NotThere)), (2, done())]);
    }

    #[test]
    fn what_was_not_sent_was_not_lost() {
        let lost = TargetFault::LostAnswer { problem: "x".into() };
        assert_eq!(unsent_fault(lost).code(), "unreachable");
        assert_eq!(unsent_fault(TargetFault::NotThere), TargetFault::NotThere);
    }
}
