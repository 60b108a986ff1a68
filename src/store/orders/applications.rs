//! Applications as people describe them: listed, saved, given an icon, removed.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use uuid::Uuid;

use super::approval_rule::{
    ApplicationApproval, ApprovalChange, JudgeApproval, find_former_approval, hold_approval, remember_approval,
};
use super::decisions::{APPLICATION_REMOVED, INSTANCE_REMOVED, cancel_open_orders};
use super::order_rows::{
    build_search_text, find_application, find_application_by_key, list_application_rows, restrict_to_instances,
};
use super::webhooks::drop_instance_webhooks;
use super::{
    ApplicationDescription, ApplicationLinks, ApplicationRow, NewWebhook, OrderRow, licences, load_operator_name,
};
use crate::contract::ApplicationState;
use crate::model::{InstanceId, OperatorId, Timestamp};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::{RelaxationRow, Store, StoreError, WakeTarget};

#[derive(Debug, Clone, Default)]
pub struct ApplicationFilter {
    /// `None`: of all instances.
    pub instance: Option<Vec<InstanceId>>,
    pub state: Option<ApplicationState>,
    /// Part of id, app name, display name or comment, upper and lower case alike.
    pub search: Option<String>,
    /// Behind this id.
    pub after: Option<String>,
    pub limit: usize,
}

#[derive(Debug, Clone)]
pub struct NewApplication {
    pub id: String,
    pub instance: InstanceId,
    /// Intune app id.
    pub app: String,
    pub app_name: String,
    pub app_type: String,
    pub platform: Option<String>,
    pub description: ApplicationDescription,
    pub by: OperatorId,
}

/// What became of an application that was to be saved.
#[derive(Debug, Clone, PartialEq)]
pub enum ApplicationSaved {
    Added,
    Changed,
    /// Added or changed, but for its approval: that is looser, and waits for a second person.
    ApprovalWaits {
        is_new: bool,
        waits: Box<RelaxationRow>,
    },
    /// The application of this id is linked to another app or instance, or is being removed: nothing was changed.
    LinkFixed(Box<ApplicationRow>),
    /// The application of this id is linked to that app of that instance already.
    AppTaken(String),
}

impl ApplicationSaved {
    fn from_waiting(is_new: bool, waits: Option<RelaxationRow>) -> ApplicationSaved {
        match waits.map(Box::new) {
            Some(waits) => ApplicationSaved::ApprovalWaits { is_new, waits },
            None if is_new => ApplicationSaved::Added,
            None => ApplicationSaved::Changed,
        }
    }
}

impl Store {
    /// A page, by id, and how many there are on all pages.
    pub async fn list_applications(&self, filter: ApplicationFilter) -> Result<(Vec<ApplicationRow>, u64), StoreError> {
        self.read(move |connection| {
            let mut condition = "1 = 1".to_owned();
            let mut values: Vec<Value> = Vec::new();
            restrict_to_instances(&mut condition, &mut values, "a.instance", filter.instance.as_deref());
            if let Some(state) = filter.state {
                condition.push_str(" AND a.state = ?");
                values.push(state.name().to_owned().into());
            }
            if let Some(search) = filter.search {
                condition.push_str(" AND instr(a.search_text, ?) > 0");
                values.push(search.to_lowercase().into());
            }
            let count = format!("SELECT count(*) FROM application a WHERE {condition}");
            let total: i64 = connection.query_row(&count, params_from_iter(values.iter()), |row| row.get(0))?;
            if let Some(after) = filter.after {
                condition.push_str(" AND a.id > ?");
                values.push(after.into());
            }
            condition.push_str(" ORDER BY a.id LIMIT ?");
            values.push((filter.limit as i64).into());
            let page = list_application_rows(connection, &condition, params_from_iter(values.iter()))?;
            Ok((page, total.unsigned_abs()))
        })
        .await
    }

    pub async fn load_application(&self, id: String) -> Result<Option<ApplicationRow>, StoreError> {
        self.read(move |connection| find_application(connection, &id)).await
    }

    /// Adds an application, which is then prepared in the tenant, or describes one anew. An approval for which `judge` asks a
    /// second person waits, and everything else holds at once.
    pub async fn save_application(
        &self,
        new: NewApplication,
        judge: JudgeApproval,
    ) -> Result<ApplicationSaved, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            match find_application(connection, &new.id)? {
                Some(known) => change_application(connection, known, (&new, judge), now),
                None => add_application(connection, (&new, judge), now),
            }
        })
        .await
    }

    /// False where there is no such application.
    pub async fn set_application_icon(
        &self,
        id: String,
        bytes: Vec<u8>,
        media_type: String,
    ) -> Result<bool, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let changed = connection.execute(
                "UPDATE application SET icon = ?2, icon_type = ?3, changed_at = ?4 WHERE id = ?1",
                params![id, bytes, media_type, now],
            )?;
            Ok(changed > 0)
        })
        .await
    }

    /// Media type and bytes.
    pub async fn load_application_icon(&self, id: String) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT icon_type, icon FROM application WHERE id = ?1 AND icon_type IS NOT NULL")?;
            Ok(statement
                .query_row([id], |row| Ok((row.get("icon_type")?, row.get("icon")?)))
                .optional()?)
        })
        .await
    }

    /// Has the next attempt made now; a failed application is pending again. `None`: there is no such application.
    pub async fn retry_application(&self, id: String) -> Result<Option<ApplicationRow>, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            connection.execute(
                "UPDATE application SET next_attempt_at = ?2, changed_at = ?2,
                     state = CASE WHEN state = ?4 THEN ?5 ELSE state END
                 WHERE id = ?1 AND state <> ?3",
                params![
                    id,
                    now,
                    ApplicationState::CreationSucceeded.name(),
                    ApplicationState::Failed.name(),
                    ApplicationState::Pending.name(),
                ],
            )?;
            find_application(connection, &id)
        })
        .await
    }

    /// Cancels its open orders and answers how many they were. Without clean-up the application is forgotten at once; with it,
    /// it goes with [`Store::finish_application_removal`]. `None`: there is no such application.
    pub async fn begin_application_removal(
        &self,
        id: String,
        clean_up: bool,
        webhook: impl Fn(&OrderRow) -> Option<NewWebhook> + Send + 'static,
    ) -> Result<Option<u64>, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let Some(application) = find_application(connection, &id)? else {
                return Ok(None);
            };
            connection.execute(
                "UPDATE application SET state = ?2, clean_up = ?3, failure = NULL, attempts = 0, next_attempt_at = ?4,
                     changed_at = ?4 WHERE key = ?1",
                params![
                    application.key,
                    ApplicationState::Removing.name(),
                    clean_up,
                    to_millis(now)
                ],
            )?;
            let cancelled = cancel_open_orders(connection, application.key, APPLICATION_REMOVED, webhook, now)?;
            if !clean_up {
                delete_application(connection, application.key)?;
            }
            Ok(Some(cancelled))
        })
        .await
    }

    /// The instance is removed: its open orders are cancelled, its applications forgotten (their groups and assignments
    /// stay), and none of its webhooks is sent any more. Answers how many orders were cancelled.
    pub async fn end_instance_orders(&self, instance: InstanceId) -> Result<u64, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let mut cancelled = 0;
            for application in list_application_rows(connection, "a.instance = ?1", [instance.0])? {
                cancelled += cancel_open_orders(connection, application.key, INSTANCE_REMOVED, |_| None, now)?;
                delete_application(connection, application.key)?;
            }
            drop_instance_webhooks(connection, instance, now)?;
            Ok(cancelled)
        })
        .await
    }
}

fn add_application(
    connection: &Connection,
    (new, judge): (&NewApplication, JudgeApproval),
    now: Timestamp,
) -> Result<ApplicationSaved, StoreError> {
    let taken = list_application_rows(
        connection,
        "a.instance = ?1 AND a.app = ?2",
        params![new.instance.0, new.app],
    )?;
    if let Some(other) = taken.into_iter().next() {
        return Ok(ApplicationSaved::AppTaken(other.id));
    }
    let held = find_former_approval(connection, new.instance, &new.app)?;
    let (description, waits) = hold_approval(connection, held, &new.description, &approval_change(new, judge), now)?;
    connection.execute(
        "INSERT INTO application (id, instance, app, app_name, app_type, platform, description, search_text, marker,
             state, next_attempt_at, links, created_by, created_by_name, created_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?11, ?11)",
        params![
            new.id,
            new.instance.0,
            new.app,
            new.app_name,
            new.app_type,
            new.platform,
            to_json(&description),
            search_text(new),
            Uuid::new_v4().to_string(),
            ApplicationState::Pending.name(),
            to_millis(now),
            to_json(&ApplicationLinks::default()),
            new.by.0,
            load_operator_name(connection, new.by)?,
        ],
    )?;
    Ok(ApplicationSaved::from_waiting(true, waits))
}

fn change_application(
    connection: &Connection,
    known: ApplicationRow,
    (new, judge): (&NewApplication, JudgeApproval),
    now: Timestamp,
) -> Result<ApplicationSaved, StoreError> {
    let is_same_link = known.instance == new.instance && known.app.eq_ignore_ascii_case(&new.app);
    if !is_same_link || known.state == ApplicationState::Removing {
        return Ok(ApplicationSaved::LinkFixed(Box::new(known)));
    }
    let held = Some(ApplicationApproval::of(&known.description));
    let (description, waits) = hold_approval(connection, held, &new.description, &approval_change(new, judge), now)?;
    connection.execute(
        "UPDATE application SET app_name = ?2, app_type = ?3, platform = ?4, description = ?5, search_text = ?6,
             changed_at = ?7 WHERE key = ?1",
        params![
            known.key,
            new.app_name,
            new.app_type,
            new.platform,
            to_json(&description),
            search_text(new),
            to_millis(now),
        ],
    )?;
    // There may be more licences than before.
    licences::free_licences(connection, known.key, now)?;
    Ok(ApplicationSaved::from_waiting(false, waits))
}

fn approval_change(new: &NewApplication, judge: JudgeApproval) -> ApprovalChange<'_> {
    ApprovalChange {
        instance: new.instance,
        application: &new.id,
        by: new.by,
        judge,
    }
}

fn search_text(new: &NewApplication) -> String {
    build_search_text([
        Some(new.id.as_str()),
        Some(new.app_name.as_str()),
        Some(new.description.display_name.as_str()),
        new.description.comment.as_deref(),
    ])
}

/// Its orders stay, and know its id.
pub(super) fn delete_application(connection: &Connection, key: i64) -> Result<bool, StoreError> {
    if let Some(row) = find_application_by_key(connection, key)? {
        remember_approval(connection, &row)?;
    }
    connection.execute(
        "UPDATE app_order SET application_key = NULL WHERE application_key = ?1",
        [key],
    )?;
    Ok(connection.execute("DELETE FROM application WHERE key = ?1", [key])? > 0)
}
