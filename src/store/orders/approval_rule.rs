//! Who has to agree to orders of an application, and what loosens that (A7): it waits for a second person, as everything
//! does that loosens the guard of actions. What tightens it holds at once.
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
pub(super) struct ApprovalRule {
    approval: ApprovalMode,
    /// Names of accounts; nobody, and no deputy: whoever has the right.
    approvers: Vec<String>,
    deputies: Vec<String>,
}

/// For whom a change is asked.
pub(super) struct ApprovalChange<'a> {
    pub instance: InstanceId,
    /// Id of the application.
    pub application: &'a str,
    pub by: OperatorId,
}

impl ApprovalRule {
    pub(super) fn of(about: &ApplicationDescription) -> ApprovalRule {
        ApprovalRule {
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
    pub(super) fn named(&self) -> Vec<String> {
        self.approvers.iter().chain(&self.deputies).cloned().collect()
    }

    /// Whether somebody may agree from then on who might not before, or nobody has to.
    fn is_loosened_by(&self, wished: &ApprovalRule) -> bool {
        if self.approval == ApprovalMode::None {
            return false;
        }
        // Of a person and another system, none is the stricter one.
        if self.approval != wished.approval {
            return true;
        }
        let (known, named) = (self.named(), wished.named());
        let is_known = |name: &String| known.iter().any(|known| known.eq_ignore_ascii_case(name));
        !known.is_empty() && (named.is_empty() || !named.iter().all(is_known))
    }

    /// For people.
    fn describe(&self) -> String {
        let named = self.named();
        let who = if named.is_empty() {
            String::new()
        } else {
            format!(" ({})", named.join(", "))
        };
        match self.approval {
            ApprovalMode::None => "no approval".to_owned(),
            ApprovalMode::Operator => format!("approval by an operator{who}"),
            ApprovalMode::Callback => format!("approval by callback{who}"),
        }
    }

    fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("plain fields become JSON")
    }
}

/// The description that holds from now on, and what waits. Where it loosens `held`, the approval stays as it is, and what is wished waits
/// for a second person. Where it tightens it, what waited was asked of an approval that holds no more.
pub(super) fn hold_approval(
    connection: &Connection,
    held: Option<ApprovalRule>,
    wished: &ApplicationDescription,
    change: &ApprovalChange<'_>,
    now: Timestamp,
) -> Result<(ApplicationDescription, Option<RelaxationRow>), StoreError> {
    let rule = ApprovalRule::of(wished);
    let Some(held) = held.filter(|held| *held != rule) else {
        return Ok((wished.clone(), None));
    };
    if !held.is_loosened_by(&rule) {
        supersede_changes(connection, change.application)?;
        return Ok((wished.clone(), None));
    }
    let what = PolicyRelaxation::ApplicationChange {
        instance: change.instance,
        application: change.application.to_owned(),
        from: held.to_value(),
        to: rule.to_value(),
        sentence: format!(
            "orders of the application {} need {} instead of {}",
            change.application,
            rule.describe(),
            held.describe()
        ),
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
    Ok(row.map(|row| ApprovalRule::of(&row.description).to_value().to_string()))
}

/// A second person has agreed.
pub(in crate::store) fn apply_approval(
    connection: &Connection,
    application: &str,
    to: &Value,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rule: ApprovalRule = parse_json("the approval of an application", &to.to_string())?;
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
    let rule = ApprovalRule::of(&row.description);
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
) -> Result<Option<ApprovalRule>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT approval FROM former_application WHERE instance = ?1 AND app = ?2")?;
    let found: Option<String> = statement
        .query_row(params![instance.0, app], |row| row.get(0))
        .optional()?;
    found
        .map(|text| parse_json("the approval of a removed application", &text))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(approval: ApprovalMode, approvers: &[&str], deputies: &[&str]) -> ApprovalRule {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        ApprovalRule {
            approval,
            approvers: names(approvers),
            deputies: names(deputies),
        }
    }

    #[test]
    fn a7_less_approval_and_more_approvers_loosen_and_the_opposite_does_not() {
        use ApprovalMode::{Callback, None as Nobody, Operator};
        let anna = rule(Operator, &["anna"], &["ben"]);
        for (held, wished, loosens) in [
            (&anna, rule(Nobody, &["anna"], &["ben"]), true),
            (&anna, rule(Callback, &["anna"], &["ben"]), true),
            (&anna, rule(Operator, &[], &[]), true),
            (&anna, rule(Operator, &["anna", "carl"], &[]), true),
            (&anna, rule(Operator, &["Ben"], &["anna"]), false),
            (&anna, rule(Operator, &["anna"], &[]), false),
            (&rule(Operator, &[], &[]), anna.clone(), false),
            (&rule(Nobody, &[], &[]), anna.clone(), false),
            (&rule(Nobody, &["anna"], &[]), rule(Nobody, &[], &[]), false),
            (&rule(Callback, &[], &[]), rule(Operator, &[], &[]), true),
        ] {
            assert_eq!(held.is_loosened_by(&wished), loosens, "{held:?} {wished:?}");
        }
    }
}
