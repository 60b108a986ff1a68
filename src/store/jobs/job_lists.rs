//! Lists of jobs: by what they are filtered, in which order, and how many there are.

use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::job_rows::{self, JobRow};
use super::queries::{TALLY_OF_JOB, tally_from_row};
use crate::model::{ActionKind, ApprovalState, InstanceId, JobId, OperatorId, TaskState, Timestamp};
use crate::store::columns::{read_count, read_instance};
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError, TaskTally, sql_words};

#[derive(Debug, Clone, Default)]
pub struct JobQuery {
    pub source: Option<String>,
    /// Who sent them.
    pub operator: Option<OperatorId>,
    /// Name of the account that sent them; one that is not there has sent none.
    pub sender: Option<String>,
    pub instances: Option<Vec<InstanceId>>,
    pub action: Option<ActionKind>,
    /// Only jobs with a task that others are told stands there.
    pub state: Option<TaskState>,
    pub approval: Option<ApprovalState>,
    /// Only jobs with a task that is no end yet.
    pub open: bool,
    /// Accepted then or later.
    pub from: Option<Timestamp>,
    /// Accepted earlier.
    pub until: Option<Timestamp>,
    /// Part of the reason, upper and lower case alike.
    pub text: Option<String>,
    /// In the order of their acceptance instead of that of their numbers.
    pub by_time: bool,
    /// Else newest first.
    pub oldest_first: bool,
    /// Jobs behind this one in the order.
    pub before: Option<JobId>,
    pub limit: usize,
}

/// How many jobs of a list a sender has in an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobCount {
    /// `server:ID` or `operator:NUMBER`.
    pub source: String,
    pub instance: InstanceId,
    pub jobs: u64,
}

impl JobQuery {
    /// All but the order and the page.
    fn to_condition(&self) -> (String, Vec<Value>) {
        let mut condition = "1 = 1".to_owned();
        let mut values: Vec<Value> = Vec::new();
        let mut add = |sql: &str, value: Value| {
            condition.push_str(sql);
            values.push(value);
        };
        if let Some(source) = &self.source {
            add(" AND j.source = ?", source.clone().into());
        }
        if let Some(operator) = self.operator {
            add(" AND j.operator = ?", operator.0.into());
        }
        if let Some(sender) = &self.sender {
            // One account, so that the jobs lie in order: one that is there comes before one that was removed.
            let sql = " AND j.operator = (SELECT o.id FROM (SELECT id, name FROM operator
                UNION ALL SELECT id, name FROM former_operator) o WHERE o.name = ? LIMIT 1)";
            add(sql, sender.clone().into());
        }
        if let Some(action) = self.action {
            add(" AND j.verb = ?", action.name().to_owned().into());
        }
        if let Some(approval) = self.approval {
            add(" AND j.approval = ?", approval.name().to_owned().into());
        }
        if let Some(from) = self.from {
            add(" AND j.created_at >= ?", to_millis(from).into());
        }
        if let Some(until) = self.until {
            add(" AND j.created_at < ?", to_millis(until).into());
        }
        if let Some(text) = &self.text {
            let sql = " AND instr(folded(json_extract(j.about, '$.reason')), ?) > 0";
            add(sql, text.to_lowercase().into());
        }
        if let Some(instances) = &self.instances {
            let places = vec!["?"; instances.len()].join(", ");
            // Of several the index would give all jobs, to be sorted; so the list is walked in its order.
            let column = if instances.len() == 1 {
                "j.instance"
            } else {
                "+j.instance"
            };
            condition.push_str(&format!(" AND {column} IN ({places})"));
            values.extend(instances.iter().map(|id| Value::from(id.0)));
        }
        if let Some(wanted) = self.state {
            condition.push_str(&has_task(|state| state.published_state() == wanted));
        }
        if self.open {
            condition.push_str(&has_task(|state| !state.is_end()));
        }
        (condition, values)
    }

    /// What of it is behind the page before, and the order.
    fn to_page(&self) -> (String, Vec<Value>) {
        let (direction, behind) = if self.oldest_first { ("ASC", ">") } else { ("DESC", "<") };
        let mut sql = String::new();
        let mut values: Vec<Value> = Vec::new();
        match self.before {
            Some(before) if self.by_time => {
                // Its time, or that of the last one before it where there is none of this number.
                sql.push_str(&format!(
                    " AND (j.created_at, j.id) {behind} (coalesce((SELECT b.created_at FROM job b WHERE b.id <= ?
                     ORDER BY b.id DESC LIMIT 1), -1), ?)"
                ));
                values.extend([Value::from(before.0), Value::from(before.0)]);
            }
            Some(before) => {
                sql.push_str(&format!(" AND j.id {behind} ?"));
                values.push(before.0.into());
            }
            None => {}
        }
        let time = if self.by_time {
            format!("j.created_at {direction}, ")
        } else {
            String::new()
        };
        sql.push_str(&format!(" ORDER BY {time}j.id {direction} LIMIT ?"));
        values.push((self.limit as i64).into());
        (sql, values)
    }
}

/// By the index of states: not every task of a job is looked at.
fn has_task(predicate: impl Fn(TaskState) -> bool) -> String {
    let states = sql_words::quote_matching(predicate);
    format!(" AND EXISTS (SELECT 1 FROM task t WHERE t.job = j.id AND t.state IN {states})")
}

impl Store {
    pub async fn list_jobs(&self, query: JobQuery) -> Result<Vec<(JobRow, TaskTally)>, StoreError> {
        self.read(move |connection| {
            let (condition, mut values) = query.to_condition();
            let (page, more) = query.to_page();
            values.extend(more);
            let sql = format!("SELECT {} FROM job j WHERE {condition}{page}", job_rows::JOB);
            let mut statement = connection.prepare_cached(&sql)?;
            let found = statement.query_map(params_from_iter(values), job_rows::job_from_row)?;
            let jobs = found.collect::<Result<Vec<_>, _>>()?;
            let mut count = connection.prepare_cached(TALLY_OF_JOB)?;
            jobs.into_iter()
                .map(|job| {
                    let state_counts = count.query_map([job.id.0], tally_from_row)?;
                    Ok((job, state_counts.collect::<Result<Vec<_>, _>>()?))
                })
                .collect()
        })
        .await
    }

    /// How many jobs match on all pages, by sender and instance: who may see which is not known here.
    pub async fn count_jobs(&self, query: JobQuery) -> Result<Vec<JobCount>, StoreError> {
        self.read(move |connection| {
            let (condition, values) = query.to_condition();
            let sql = format!(
                "SELECT j.source, j.instance, count(*) AS jobs FROM job j WHERE {condition} GROUP BY j.source, j.instance"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), |row| {
                Ok(JobCount {
                    source: row.get("source")?,
                    instance: read_instance(row, "instance")?,
                    jobs: read_count(row, "jobs")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;
    use crate::store::{open, schema};

    /// How SQLite goes about a list.
    fn explain(query: &JobQuery) -> String {
        let mut connection = Connection::open_in_memory().unwrap();
        open::register_functions(&connection).unwrap();
        schema::build_migrations().to_latest(&mut connection).unwrap();
        let (condition, mut values) = query.to_condition();
        let (page, more) = query.to_page();
        values.extend(more);
        let sql = format!("EXPLAIN QUERY PLAN SELECT j.id, j.about FROM job j WHERE {condition}{page}");
        let mut statement = connection.prepare(&sql).unwrap();
        let steps = statement
            .query_map(params_from_iter(values), |row| row.get::<_, String>("detail"))
            .unwrap();
        steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_list_of_jobs_goes_by_an_index_where_there_is_one() {
        let list = || JobQuery {
            limit: 50,
            ..JobQuery::default()
        };
        for (query, index) in [
            (
                JobQuery {
                    action: Some(ActionKind::Wipe),
                    ..list()
                },
                "job_by_verb",
            ),
            (
                JobQuery {
                    sender: Some("anna".into()),
                    ..list()
                },
                "job_by_operator",
            ),
            (
                JobQuery {
                    instances: Some(vec![InstanceId(1)]),
                    ..list()
                },
                "job_by_instance",
            ),
            (
                JobQuery {
                    approval: Some(ApprovalState::Waiting),
                    ..list()
                },
                "job_by_approval",
            ),
            (
                JobQuery {
                    state: Some(TaskState::Failed),
                    ..list()
                },
                "task_by_state",
            ),
            (JobQuery { open: true, ..list() }, "task_by_state"),
            (
                JobQuery {
                    by_time: true,
                    before: Some(JobId(7)),
                    ..list()
                },
                "job_by_time",
            ),
        ] {
            let plan = explain(&query);
            assert!(plan.contains(index), "{index}: {plan}");
            assert!(!plan.contains("ORDER BY"), "nothing is sorted: {plan}");
        }
    }
}
