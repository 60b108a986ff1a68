//! Reading: CIs of a device, of a serial number, one by its id, and all of them; users, and what fields refer to. Nothing here
//! writes.
//!
//! CIs are looked for in the root table, and then read in the table of their class: a table shows no columns of the classes
//! below it. An unknown column in a query is passed over, and everything comes: so the column has to stand in each row, and
//! rows are compared by us. Ids are in the order of the list, so that no page shows a CI twice.

use std::collections::HashMap;

use serde_json::Value;

use super::ci_row::{CLASS_COLUMN, CiRow, read_ci};
use super::client::{ServiceNowClient, TableRows};
use super::field_table::{NAME_FIELD, SERIAL_FIELD, is_sys_id};
use super::list_position::{ListPosition, PAGE_ROWS};
use super::query_text::{match_column, match_ids};
use crate::config::ServiceNowSettings;
use crate::targets::{RecordId, TargetFault};

/// Pages of a search that should have one hit.
const SEARCH_PAGES: usize = 20;
/// CIs of one search that are read whole. Two already are too many to take one.
const WHOLE_MAX: usize = 5;
/// Ids of one query: they stand in its address.
const IDS_MAX: usize = 100;
const USERS: &str = "sys_user";

pub(super) struct CiReader<'a> {
    pub client: &'a ServiceNowClient,
    pub own: &'a ServiceNowSettings,
}

/// One question about a table.
struct TableQuestion<'a> {
    table: &'a str,
    query: &'a str,
    /// Empty: all columns.
    fields: &'a str,
    offset: u64,
    limit: u64,
}

impl CiReader<'_> {
    /// CIs with this value in this column, in whatever state.
    pub(super) async fn find_by_column(&self, column: &str, value: &str) -> Result<Vec<CiRow>, TargetFault> {
        let Some(query) = match_column(column, value) else {
            return Ok(Vec::new());
        };
        let rows = self
            .search_all(&self.own.root_table, &query, &self.summary_fields())
            .await?;
        let hits: Vec<CiRow> = rows.iter().filter_map(read_ci).collect();
        if hits.iter().any(|row| !row.has_column(column)) {
            return Err(self.explain_missing_column(column));
        }
        let fits = |row: &&CiRow| row.value(column).is_some_and(|own| is_same_text(own, value));
        let mut found = Vec::new();
        for row in hits.iter().filter(fits).take(WHOLE_MAX) {
            // A list that changes meanwhile may show one twice.
            if found.iter().all(|known: &CiRow| known.id != row.id) {
                found.extend(self.read_whole(row).await?);
            }
        }
        Ok(found)
    }

    /// One CI with all its columns; `None`: there is none of this id. `class`: the table of its class, where that is known: it is
    /// read there at once, and looked for where it does not stand there any more.
    pub(super) async fn read_row(&self, id: &RecordId, class: Option<&str>) -> Result<Option<CiRow>, TargetFault> {
        if let Some(class) = class
            && is_sys_id(&id.0)
            && let Some(row) = self.read_by_id(class, &id.0, "").await?
            && row.class == class
        {
            return Ok(Some(row));
        }
        match self.read_summary(id).await? {
            Some(row) => self.read_whole(&row).await,
            None => Ok(None),
        }
    }

    /// The same with the columns that all CIs have.
    pub(super) async fn read_summary(&self, id: &RecordId) -> Result<Option<CiRow>, TargetFault> {
        if !is_sys_id(&id.0) {
            return Ok(None);
        }
        self.read_by_id(&self.own.root_table, &id.0, &self.summary_fields())
            .await
    }

    async fn read_whole(&self, row: &CiRow) -> Result<Option<CiRow>, TargetFault> {
        let table = if row.class.is_empty() {
            self.own.root_table.as_str()
        } else {
            row.class.as_str()
        };
        self.read_by_id(table, &row.id, "").await
    }

    async fn read_by_id(&self, table: &str, id: &str, fields: &str) -> Result<Option<CiRow>, TargetFault> {
        let query = format!("sys_id={id}");
        let question = TableQuestion {
            table,
            query: &query,
            fields,
            offset: 0,
            limit: 2,
        };
        let found = self.ask_table(question).await?;
        let mut rows = found.rows.iter().filter_map(read_ci);
        Ok(rows.find(|row| row.id.eq_ignore_ascii_case(id)))
    }

    /// The page of all CIs that begins at `position`, and where the next one begins.
    pub(super) async fn read_page(
        &self,
        position: &ListPosition,
    ) -> Result<(Vec<CiRow>, Option<ListPosition>), TargetFault> {
        let question = TableQuestion {
            table: &self.own.root_table,
            query: "ORDERBYsys_id",
            fields: &self.summary_fields(),
            offset: position.offset,
            limit: PAGE_ROWS,
        };
        let found = self.ask_table(question).await?;
        let rows: Vec<CiRow> = found.rows.iter().filter_map(read_ci).collect();
        if rows.iter().any(|row| !row.has_column(&self.own.id_field)) {
            return Err(self.explain_missing_column(&self.own.id_field));
        }
        let next = position.next_position(found.signs, rows.last().map(|row| row.id.as_str()));
        let is_new = |row: &CiRow| row.id.as_str() > position.last_id.as_str();
        Ok((rows.into_iter().filter(is_new).collect(), next))
    }

    /// The classes of these CIs; who is not there has none.
    pub(super) async fn find_classes(&self, ids: &[&str]) -> Result<HashMap<String, String>, TargetFault> {
        let mut classes = HashMap::new();
        for ids in ids.chunks(IDS_MAX) {
            let question = TableQuestion {
                table: &self.own.root_table,
                query: &match_ids(ids),
                fields: &format!("sys_id,{CLASS_COLUMN}"),
                offset: 0,
                limit: PAGE_ROWS,
            };
            let found = self.ask_table(question).await?;
            let rows = found.rows.iter().filter_map(read_ci);
            classes.extend(rows.map(|row| (row.id, row.class)));
        }
        Ok(classes)
    }

    /// Columns of a table, by a CI that stands in it; empty: there is none yet.
    pub(super) async fn list_columns(&self, table: &str) -> Result<Vec<String>, TargetFault> {
        let question = TableQuestion {
            table,
            query: "ORDERBYsys_id",
            fields: "",
            offset: 0,
            limit: 1,
        };
        let found = self.ask_table(question).await?;
        let row = found.rows.iter().find_map(read_ci);
        Ok(row.map_or_else(Vec::new, |row| row.column_names().map(str::to_owned).collect()))
    }

    /// The id of the user with this e-mail address, else with this user name. Of several with one address, the one whose user
    /// name it is as well; else nobody. Who is not active is nobody. Both are asked for together.
    pub(super) async fn find_user(&self, user: &str) -> Result<Option<String>, TargetFault> {
        let marks = ["email", "user_name"].map(|column| match_column(column, user));
        let queries: Vec<String> = marks.into_iter().flatten().collect();
        if queries.is_empty() {
            return Ok(None);
        }
        let rows = self
            .search_all(USERS, &queries.join("^OR"), "sys_id,email,user_name,active")
            .await?;
        let has = |row: &CiRow, column: &str| row.value(column).is_some_and(|own| is_same_text(own, user));
        let active = rows
            .iter()
            .filter_map(read_ci)
            .filter(|row| row.value("active") != Some("false"));
        let (by_email, mut others): (Vec<CiRow>, Vec<CiRow>) = active.partition(|row| has(row, "email"));
        if !by_email.is_empty() {
            return Ok(choose_user(&by_email, user));
        }
        others.retain(|row| has(row, "user_name"));
        Ok(choose_user(&others, user))
    }

    /// The id of the only row of a table with this name. Of several in different case, the one that is written just so.
    pub(super) async fn find_reference(&self, table: &str, name: &str) -> Result<Option<String>, TargetFault> {
        let Some(query) = match_column(NAME_FIELD, name) else {
            return Ok(None);
        };
        let rows = self.search_all(table, &query, "sys_id,name").await?;
        let rows: Vec<CiRow> = rows.iter().filter_map(read_ci).collect();
        let same = |row: &&CiRow| row.value(NAME_FIELD).is_some_and(|own| is_same_text(own, name));
        let hits: Vec<&CiRow> = rows.iter().filter(same).collect();
        let exact: Vec<&CiRow> = hits
            .iter()
            .copied()
            .filter(|row| row.value(NAME_FIELD) == Some(name))
            .collect();
        Ok(match (exact.as_slice(), hits.as_slice()) {
            ([only], _) | ([], [only]) => Some(only.id.clone()),
            _ => None,
        })
    }

    /// All rows of a search.
    async fn search_all(&self, table: &str, query: &str, fields: &str) -> Result<Vec<Value>, TargetFault> {
        let query = format!("{query}^ORDERBYsys_id");
        let (mut all, mut position) = (Vec::new(), ListPosition::default());
        for _ in 0..SEARCH_PAGES {
            let question = TableQuestion {
                table,
                query: &query,
                fields,
                offset: position.offset,
                limit: PAGE_ROWS,
            };
            let found = self.ask_table(question).await?;
            all.extend(found.rows);
            match position.next_position(found.signs, None) {
                Some(next) => position = next,
                None => return Ok(all),
            }
        }
        Err(TargetFault::Unreadable {
            problem: format!("a search in `{table}` of ServiceNow does not end"),
        })
    }

    async fn ask_table(&self, question: TableQuestion<'_>) -> Result<TableRows, TargetFault> {
        let (limit, offset) = (question.limit.to_string(), question.offset.to_string());
        let mut query = vec![
            ("sysparm_query", question.query),
            ("sysparm_limit", limit.as_str()),
            ("sysparm_offset", offset.as_str()),
            ("sysparm_display_value", "all"),
            ("sysparm_exclude_reference_link", "true"),
        ];
        if !question.fields.is_empty() {
            query.push(("sysparm_fields", question.fields));
        }
        let found = self.client.read_table(question.table, &query).await;
        found.map_err(|trouble| trouble.into_fault(question.table))
    }

    fn summary_fields(&self) -> String {
        let mut fields = vec![
            "sys_id",
            CLASS_COLUMN,
            NAME_FIELD,
            SERIAL_FIELD,
            self.own.id_field.as_str(),
        ];
        let states = [&self.own.gone_values, &self.own.stock_values];
        let leading = states.into_iter().filter_map(|values| values.first());
        fields.extend(leading.map(|status| status.field.as_str()));
        fields.sort_unstable();
        fields.dedup();
        fields.join(",")
    }

    fn explain_missing_column(&self, column: &str) -> TargetFault {
        TargetFault::Misconfigured {
            problem: format!(
                "the table {} of ServiceNow has no column `{column}`",
                self.own.root_table
            ),
            advice: "set `id_field` to a column of text that all CIs have, such as correlation_id".to_owned(),
        }
    }
}

fn choose_user(rows: &[CiRow], user: &str) -> Option<String> {
    match rows {
        [] => None,
        [only] => Some(only.id.clone()),
        several => {
            let named = |row: &&CiRow| row.value("user_name").is_some_and(|name| is_same_text(name, user));
            let mut hits = several.iter().filter(named);
            let hit = hits.next()?;
            hits.next().is_none().then(|| hit.id.clone())
        }
    }
}

/// Its database does not tell case.
fn is_same_text(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn two_users_with_one_address_are_told_apart_by_their_name_or_not_at_all() {
        let row = |digit: u32, name: &str| {
            read_ci(&json!({"sys_id": format!("{digit:032x}"), "user_name": name, "email": "anna@example.com"}))
                .unwrap()
        };
        let id = |digit: u32| Some(format!("{digit:032x}"));
        assert_eq!(choose_user(&[], "anna@example.com"), None);
        assert_eq!(choose_user(&[row(1, "anna")], "anna@example.com"), id(1));
        let two = [row(1, "anna"), row(2, "Anna@example.com")];
        assert_eq!(choose_user(&two, "anna@example.com"), id(2));
        assert_eq!(
            choose_user(&[row(1, "anna"), row(2, "anna.b")], "anna@example.com"),
            None
        );
    }
}
