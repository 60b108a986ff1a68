//! The changes of accounts and roles played again, in their order. Pure.
//!
//! A change that a second person agreed to stands in the trail as a sentence and in the requests as a value: it is played
//! from the request.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::{AccountChange, OperatorId, PolicyRelaxation, Right, RightScope, Timestamp};
use crate::store::{AccessEntryRow, AccessFacts, AssignedRole, OperatorRow, RelaxationRow};

/// When and by whose hand an account got a right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GrantOrigin {
    pub(super) at: Timestamp,
    pub(super) by: Option<String>,
    pub(super) agreed_by: Option<String>,
}

/// What was done, as far as it changes who may do what.
#[derive(Debug)]
enum AccessStep {
    AccountAdded {
        rights: Vec<Right>,
        scope: RightScope,
    },
    AccountChanged {
        rights: Option<Vec<Right>>,
        scope: Option<RightScope>,
    },
    AccountRemoved,
    RoleGiven {
        role: String,
        scope: RightScope,
    },
    RoleTaken {
        role: String,
    },
    RoleAdded {
        rights: Vec<Right>,
    },
    RoleChanged {
        rights: Vec<Right>,
    },
    RoleRemoved,
}

/// A step, and what it is about: the name of an account, or of a role.
#[derive(Debug)]
struct AccessEvent {
    origin: GrantOrigin,
    subject: String,
    step: AccessStep,
}

/// What is known of one account.
#[derive(Debug, Default)]
struct AccountHistory {
    /// Its own rights; `None`: nothing has been told of them. A right without an origin was there before.
    rights: Option<BTreeMap<Right, Option<GrantOrigin>>>,
    /// Where they hold; `None`: nothing has been told of it.
    scope: Option<RightScope>,
    roles: BTreeMap<String, (RightScope, GrantOrigin)>,
}

/// Names are in lower case.
#[derive(Debug)]
pub(super) struct AccessHistory<'f> {
    facts: &'f AccessFacts,
    accounts: BTreeMap<String, AccountHistory>,
    roles: BTreeMap<String, BTreeMap<Right, GrantOrigin>>,
}

impl<'f> AccessHistory<'f> {
    pub(super) fn from_facts(facts: &'f AccessFacts) -> Self {
        let told = facts.entries.iter().filter_map(event_from_entry);
        let approved = facts.approved.iter().filter_map(|row| event_from_request(facts, row));
        let mut events: Vec<AccessEvent> = told.chain(approved).collect();
        events.sort_by_key(|event| event.origin.at);
        let mut history = AccessHistory {
            facts,
            accounts: BTreeMap::new(),
            roles: BTreeMap::new(),
        };
        events.into_iter().for_each(|event| history.play(event));
        history
    }

    /// Of a right that is the account's own.
    pub(super) fn own_right_origin(&self, row: &OperatorRow, right: &Right) -> Option<GrantOrigin> {
        let known = self.accounts.get(&lower(&row.name));
        let told = known.map(|history| (history.rights.as_ref(), history.scope.as_ref()));
        match told {
            // It was made with its rights, and nobody has changed them.
            None | Some((None, None)) => Some(GrantOrigin {
                at: row.created_at,
                by: row.created_by.and_then(|id| self.facts.account_names.get(&id).cloned()),
                agreed_by: None,
            }),
            Some((Some(rights), Some(scope))) if *scope == row.scope => rights.get(right).cloned().flatten(),
            // The account is not as the trail tells.
            Some(_) => None,
        }
    }

    /// Of a right that a role gives: the account has held it since it has the role, and the role the right.
    pub(super) fn role_right_origin(
        &self,
        row: &OperatorRow,
        held: &AssignedRole,
        right: &Right,
    ) -> Option<GrantOrigin> {
        let role = lower(held.role.as_str());
        let (scope, given) = self.accounts.get(&lower(&row.name))?.roles.get(&role)?;
        if *scope != held.scope {
            return None;
        }
        let kept = self.facts.roles.iter().find(|kept| kept.name.is_same_role(&held.role));
        if kept.is_none_or(|kept| kept.changed_at <= given.at) {
            return Some(given.clone());
        }
        let came = self.roles.get(&role)?.get(right)?;
        Some(if came.at > given.at {
            came.clone()
        } else {
            given.clone()
        })
    }

    fn play(&mut self, event: AccessEvent) {
        let AccessEvent { origin, subject, step } = event;
        match step {
            AccessStep::AccountAdded { rights, scope } => {
                let rights = rights.into_iter().map(|right| (right, Some(origin.clone())));
                let added = AccountHistory {
                    rights: Some(rights.collect()),
                    scope: Some(scope),
                    roles: BTreeMap::new(),
                };
                self.accounts.insert(subject, added);
            }
            AccessStep::AccountChanged { rights, scope } => {
                self.accounts
                    .entry(subject)
                    .or_default()
                    .change_own(rights, scope, &origin);
            }
            AccessStep::AccountRemoved => {
                self.accounts.remove(&subject);
            }
            AccessStep::RoleGiven { role, scope } => {
                let roles = &mut self.accounts.entry(subject).or_default().roles;
                if roles.get(&role).is_none_or(|(known, _)| *known != scope) {
                    roles.insert(role, (scope, origin));
                }
            }
            AccessStep::RoleTaken { role } => {
                self.accounts.entry(subject).or_default().roles.remove(&role);
            }
            AccessStep::RoleAdded { rights } => {
                let rights = rights.into_iter().map(|right| (right, origin.clone()));
                self.roles.insert(subject, rights.collect());
            }
            AccessStep::RoleChanged { rights } => {
                let Some(before) = self.roles.get_mut(&subject) else {
                    return;
                };
                let kept = |right: &Right| before.get(right).unwrap_or(&origin).clone();
                let rights = rights.into_iter().map(|right| (right.clone(), kept(&right)));
                let after = rights.collect();
                *before = after;
            }
            AccessStep::RoleRemoved => {
                self.roles.remove(&subject);
                self.accounts.values_mut().for_each(|account| {
                    account.roles.remove(&subject);
                });
            }
        }
    }
}

impl AccountHistory {
    /// What stays keeps its origin; in another scope it is another right.
    fn change_own(&mut self, rights: Option<Vec<Right>>, scope: Option<RightScope>, origin: &GrantOrigin) {
        if let Some(scope) = scope {
            let is_moved = self.scope.as_ref().is_some_and(|known| *known != scope);
            if is_moved && let Some(held) = &mut self.rights {
                held.values_mut().for_each(|known| *known = Some(origin.clone()));
            }
            self.scope = Some(scope);
        }
        let Some(rights) = rights else { return };
        let before = self.rights.take();
        let origin_of = |right: &Right| match &before {
            Some(before) => before.get(right).cloned().unwrap_or_else(|| Some(origin.clone())),
            None => None,
        };
        self.rights = Some(
            rights
                .into_iter()
                .map(|right| (right.clone(), origin_of(&right)))
                .collect(),
        );
    }
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn parse_member<T: DeserializeOwned>(detail: &Value, name: &str) -> Option<T> {
    let member = detail.get(name).filter(|member| !member.is_null())?;
    serde_json::from_value(member.clone()).ok()
}

/// What an entry of the trail tells; `None`: it changes nothing of who may do what, or a request tells it.
fn event_from_entry(row: &AccessEntryRow) -> Option<AccessEvent> {
    let detail = &row.detail;
    if detail.get("agreedBy").is_some() {
        return None;
    }
    let rights = || parse_member::<Vec<Right>>(detail, "rights");
    let scope = || parse_member::<RightScope>(detail, "scope");
    let role = || parse_member::<String>(detail, "role").map(|role| lower(&role));
    let step = match row.action.as_str() {
        "operator.added" => AccessStep::AccountAdded {
            rights: rights()?,
            scope: scope()?,
        },
        "operator.changed" => AccessStep::AccountChanged {
            rights: rights(),
            scope: scope(),
        },
        "operator.recovered" => recovered_step(detail),
        "operator.removed" => AccessStep::AccountRemoved,
        "role.given" => AccessStep::RoleGiven {
            role: role()?,
            scope: scope()?,
        },
        "role.taken" => AccessStep::RoleTaken { role: role()? },
        "role.added" => AccessStep::RoleAdded { rights: rights()? },
        "role.changed" => AccessStep::RoleChanged { rights: rights()? },
        "role.removed" => AccessStep::RoleRemoved,
        _ => return None,
    };
    Some(AccessEvent {
        origin: GrantOrigin {
            at: row.at,
            by: Some(row.actor.clone()),
            agreed_by: None,
        },
        subject: lower(&row.subject),
        step,
    })
}

/// The owner of the machine made an administrator, of nobody or of an account that was there.
fn recovered_step(detail: &Value) -> AccessStep {
    let rights: Vec<Right> = "*".parse::<Right>().into_iter().collect();
    let scope = RightScope::default();
    if detail["made"] == true {
        AccessStep::AccountAdded { rights, scope }
    } else {
        AccessStep::AccountChanged {
            rights: Some(rights),
            scope: Some(scope),
        }
    }
}

/// What a request did when a second person agreed to it.
fn event_from_request(facts: &AccessFacts, row: &RelaxationRow) -> Option<AccessEvent> {
    let PolicyRelaxation::AccountChange { change, .. } = &row.relaxation else {
        return None;
    };
    let (_, subject) = change.audit_entry();
    let step = match change.clone() {
        AccountChange::Add { rights, scope, .. } => AccessStep::AccountAdded { rights, scope },
        AccountChange::Change { rights, scope, .. } => AccessStep::AccountChanged { rights, scope },
        AccountChange::Remove { .. } => AccessStep::AccountRemoved,
        AccountChange::GiveRole { role, scope, .. } => AccessStep::RoleGiven {
            role: lower(role.as_str()),
            scope,
        },
        AccountChange::TakeRole { role, .. } => AccessStep::RoleTaken {
            role: lower(role.as_str()),
        },
        AccountChange::ChangeRole { rights, .. } => AccessStep::RoleChanged { rights: rights? },
        AccountChange::RemoveRole { .. } => AccessStep::RoleRemoved,
        AccountChange::AddToken { .. } | AccountChange::ResetSecondFactor { .. } => return None,
    };
    let name_of = |id: Option<OperatorId>| id.and_then(|id| facts.account_names.get(&id).cloned());
    Some(AccessEvent {
        origin: GrantOrigin {
            at: row.decided_at?,
            by: name_of(row.asked_by),
            agreed_by: name_of(row.decided_by.filter(|by| row.asked_by != Some(*by))),
        },
        subject: lower(&subject),
        step,
    })
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
