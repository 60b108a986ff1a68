//! Who has to agree to orders of an application. What loosens that waits for a second person (A7); which change does is
//! judged by the flow, in the transaction that makes it.
//!
//! An order keeps the approval under which it was placed: what is changed later opens none that waits. And who removes an
//! application and links its app again has the approval that it had.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::order_rows::find_application;
use super::{ApplicationDescription, ApplicationRow};
use crate::contract::ApprovalMode;
use crate::model::{InstanceId, OperatorId, PolicyRelaxation, Timestamp};
use crate::store::jobs::{ask_in, supersede_relaxations};
use crate::store::sql_values::{parse_json, to_json, to_millis};
use crate::store::{RelaxationRow, StoreError};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplicationApproval {
    pub approval: ApprovalMode,
    /// Names of accounts; nobody, and no deputy: whoever has the right.
    pub approvers: Vec<String>,
    pub deputies: Vec<String>,
}

/// Judges what is held, what is wished, and the id of the application: the sentence in which a second person is asked to
/// agree. `None`: the wish holds at once.
pub type JudgeApproval = fn(&ApplicationApproval, &ApplicationApproval, &str) -> Option<String>;

/// For whom a change is asked.
pub(super) struct ApprovalChange<'a> {
    pub instance: InstanceId,
    /// Id of the application.
    pub application: &'a str,
    pub by: OperatorId,
    pub judge: JudgeApproval,
}

impl ApplicationApproval {
    pub(super) fn of(about: &ApplicationDescription) -> ApplicationApproval {
        ApplicationApproval {
            approval: about.approval,
            approvers: about.approvers.clone(),
            deputies: about.deputies.clone(),
        }
    }

    fn put_into(self, about: ApplicationDescription) -> ApplicationDescription {
        ApplicationDescription {
            approval: self.approval,
            approvers: self.approvers,
            deputies: self.deputies,
            ..about
        }
    }

    /// Approvers and deputies.
    pub fn list_named(&self) -> Vec<String> {
        self.approvers.iter().chain(&self.deputies).cloned().collect()
    }

    fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("plain fields become JSON")
    }
}

/// The description that holds from now on, and what waits. Where it loosens `held`, the approval stays as it is, and what is
/// wished waits for a second person. Else what waited was asked of an approval that holds no more.
pub(super) fn hold_approval(
    connection: &Connection,
    held: Option<ApplicationApproval>,
    wished: &ApplicationDescription,
    change: &ApprovalChange<'_>,
    now: Timestamp,
) -> Result<(ApplicationDescription, Option<RelaxationRow>), StoreError> {
    let rule = ApplicationApproval::of(wished);
    let Some(held) = held.filter(|held| *held != rule) else {
        return Ok((wished.clone(), None));
    };
    let Some(sentence) = (change.judge)(&held, &rule, change.application) else {
        supersede_changes(connection, change.application)?;
        return Ok((wished.clone(), None));
    };
    let what = PolicyRelaxation::ApplicationChange {
        instance: change.instance,
        application: change.application.to_owned(),
        from: held.to_value(),
        to: rule.to_value(),
        sentence,
    };
    let waits = ask_in(connection, &what, Some(change.by), now)?;
    Ok((held.put_into(wished.clone()), Some(waits)))
}

/// The approval of an application as it is now, to be compared with what was shown; `None`: there is no such application.
pub(in crate::store) fn find_approval(
    connection: &Connection,
    instance: InstanceId,
    application: &str,
) -> Result<Option<String>, StoreError> {
    let row = find_application(connection, application)?.filter(|row| row.instance == instance);
    Ok(row.map(|row| ApplicationApproval::of(&row.description).to_value().to_string()))
}

/// A second person has agreed.
pub(in crate::store) fn apply_approval(
    connection: &Connection,
    application: &str,
    to: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rule: ApplicationApproval = parse_json("the approval of an application", &to.to_string())?;
    let Some(row) = find_application(connection, application)? else {
        return Ok(());
    };
    connection.execute(
        "UPDATE application SET description = ?2, changed_at = ?3 WHERE key = ?1",
        params![row.key, to_json(&rule.put_into(row.description)), to_millis(now)],
    )?;
    Ok(())
}

fn supersede_changes(connection: &Connection, id: &str) -> Result<(), StoreError> {
    supersede_relaxations(connection, |row| match &row.relaxation {
        PolicyRelaxation::ApplicationChange { application, .. } => application == id,
        PolicyRelaxation::PolicyChange { .. }
        | PolicyRelaxation::KillSwitchOff { .. }
        | PolicyRelaxation::SuspensionLift { .. }
        | PolicyRelaxation::WorkflowChange { .. }
        | PolicyRelaxation::AccountChange { .. } => false,
    })
}

/// What an application that is removed leaves behind, and what waited for it.
pub(super) fn remember_approval(connection: &Connection, row: &ApplicationRow) -> Result<(), StoreError> {
    supersede_changes(connection, &row.id)?;
    let rule = ApplicationApproval::of(&row.description);
    if rule.approval == ApprovalMode::None {
        connection.execute(
            "DELETE FROM former_application WHERE instance = ?1 AND app = ?2",
            params![row.instance.0, row.app],
        )?;
        return Ok(());
    }
    connection.execute(
        "INSERT INTO former_application (instance, app, approval) VALUES (?1, ?2, ?3)
         ON CONFLICT (instance, app) DO UPDATE SET approval = ?3",
        params![row.instance.0, row.app, to_json(&rule)],
    )?;
    Ok(())
}

/// That of the application that was linked to this app before.
pub(super) fn find_former_approval(
    connection: &Connection,
    instance: InstanceId,
    app: &str,
) -> Result<Option<ApplicationApproval>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT approval FROM former_application WHERE instance = ?1 AND app = ?2")?;
    let found: Option<String> = statement
        .query_row(params![instance.0, app], |row| row.get(0))
        .optional()?;
    found
        .map(|text| parse_json("the approval of a removed application", &text))
        .transpose()
}
