//! Whom a record is assigned to over there: a user whom the link does not name yet is looked for, once a run; those whom
//! nobody knows are counted and told once, and none is made.
//!
//! *Looked for in vain.* The link names them as well, and when that was, so that a change of their device is not a search each
//! time, whether it is written or not. They are looked for again with the first change in another week, when somebody wants
//! the device written again, and when the record is taken over or comes back.

use std::collections::HashMap;

use super::source_device::SourceDevice;
use super::target_adapter::{TargetAdapter, UserChange};
use super::target_fault::TargetFault;
use super::write_plan::LinkState;
use crate::model::Timestamp;

/// What was looked up is used for so long; a run may be open for days.
const LOOKED_UP_LONGEST: chrono::TimeDelta = chrono::TimeDelta::hours(1);
/// Weeks are counted from Thursday to Thursday, UTC.
const WEEK_S: i64 = 7 * 24 * 60 * 60;

/// What is known of users in this run.
#[derive(Debug, Default)]
pub(super) struct TargetUsers {
    /// Off: the kind assigns nobody, or the settings say so.
    enabled: bool,
    /// By e-mail or user name in lower case; `None`: nobody over there.
    known: HashMap<String, Option<String>>,
    told: bool,
    /// Of the run in which these were looked for.
    begun_at: Option<Timestamp>,
}

/// Somebody who was looked for in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SoughtUser {
    /// As the tenant calls them, in lower case.
    pub name: String,
    /// When they were looked for last; `None`: that is not known.
    pub at: Option<Timestamp>,
}

/// Who has a record now, as the other side calls them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AssignedUser {
    Nobody {
        /// `None`: nobody was looked for in vain, or it is time to look again.
        sought: Option<SoughtUser>,
    },
    ByUs {
        user: String,
        /// As the tenant calls them, in lower case; `None`: that is not known.
        name: Option<String>,
    },
    /// Before the record was ours.
    ByOthers(String),
}

impl AssignedUser {
    /// Of a record that we write. Somebody who was looked for in vain is looked for again.
    pub(super) fn of_link(link: &LinkState) -> AssignedUser {
        AssignedUser::of_settled_link(link, true)
    }

    /// `looks_again`: somebody who was looked for in vain may be there by now.
    pub(super) fn of_settled_link(link: &LinkState, looks_again: bool) -> AssignedUser {
        let name = link.user_name.clone();
        match link.user.clone() {
            Some(user) => AssignedUser::ByUs { user, name },
            None => {
                let sought = name.map(|name| SoughtUser {
                    name,
                    at: link.user_sought_at,
                });
                AssignedUser::Nobody {
                    sought: sought.filter(|_| !looks_again),
                }
            }
        }
    }

    /// Of a record that others made.
    pub(super) fn of_found(user: Option<&str>) -> AssignedUser {
        match user {
            Some(user) => AssignedUser::ByOthers(user.to_owned()),
            None => AssignedUser::nobody(),
        }
    }

    /// Of a record that is not there yet.
    pub(super) fn nobody() -> AssignedUser {
        AssignedUser::Nobody { sought: None }
    }

    /// Whether nobody has to be asked about this user, whose name is in lower case.
    fn is_settled_for(&self, name: &str) -> bool {
        let known = match self {
            AssignedUser::Nobody { sought } => sought.as_ref().map(|sought| sought.name.as_str()),
            AssignedUser::ByUs { name: known, .. } => known.as_deref(),
            AssignedUser::ByOthers(_) => None,
        };
        known == Some(name)
    }
}

/// Whether somebody who was looked for in vain is looked for again: once a week. `sought_at`: when that was done last; `None`:
/// that is not known.
pub(super) fn is_look_due(sought_at: Option<Timestamp>, now: Timestamp) -> bool {
    let week_of = |at: Timestamp| at.timestamp().div_euclid(WEEK_S);
    sought_at.is_none_or(|at| week_of(at) != week_of(now))
}

/// What becomes of the user of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UserPlan {
    pub change: UserChange,
    /// Whom we have assigned afterwards, as the other side calls them.
    pub user: Option<String>,
    /// The same as the tenant calls them, in lower case; without a user, who was looked for in vain.
    pub user_name: Option<String>,
    /// When whoever was looked for in vain was looked for last.
    pub sought_at: Option<Timestamp>,
}

impl UserPlan {
    /// Of a record of which it does not matter yet.
    pub(super) fn keep_nobody() -> UserPlan {
        UserPlan {
            change: UserChange::Keep,
            user: None,
            user_name: None,
            sought_at: None,
        }
    }
}

impl TargetUsers {
    pub(super) fn new(enabled: bool) -> TargetUsers {
        TargetUsers {
            enabled,
            ..TargetUsers::default()
        }
    }

    /// The user whom the record of this device should have, as the tenant calls them.
    pub(super) fn wanted_user<'a>(&self, device: &'a SourceDevice) -> Option<&'a str> {
        device.user().filter(|_| self.enabled)
    }

    pub(super) async fn plan_user(
        &mut self,
        adapter: &dyn TargetAdapter,
        device: &SourceDevice,
        assigned: &AssignedUser,
        now: Timestamp,
    ) -> Result<UserPlan, TargetFault> {
        if !self.enabled {
            return Ok(keep_user(assigned));
        }
        let Some(wanted) = self.wanted_user(device) else {
            return Ok(choose_change(None, assigned));
        };
        let name = wanted.to_lowercase();
        if assigned.is_settled_for(&name) {
            return Ok(keep_user(assigned));
        }
        let found = match self.known.get(&name) {
            Some(found) => found.clone(),
            None => {
                let found = adapter.find_user(wanted).await?;
                self.known.insert(name.clone(), found.clone());
                found
            }
        };
        let plan = choose_change(found.as_deref(), assigned);
        Ok(UserPlan {
            user_name: Some(name),
            sought_at: found.is_none().then_some(now),
            ..plan
        })
    }

    /// A new run: everybody is looked for again.
    pub(super) fn begin_run(&mut self, now: Timestamp) {
        self.known.clear();
        self.told = false;
        self.begun_at = Some(now);
    }

    /// Whether what was looked up may be old: a run may stay open for days.
    pub(super) fn is_old(&self, now: Timestamp) -> bool {
        self.begun_at.is_none_or(|begun| now - begun >= LOOKED_UP_LONGEST)
    }

    /// How many users were looked for in vain, the first time that somebody asks in a run.
    pub(super) fn take_unknown_count(&mut self) -> Option<usize> {
        let unknown = self.known.values().filter(|found| found.is_none()).count();
        let is_news = unknown > 0 && !self.told;
        self.told |= is_news;
        is_news.then_some(unknown)
    }
}

fn keep_user(assigned: &AssignedUser) -> UserPlan {
    let (user, user_name, sought_at) = match assigned {
        AssignedUser::ByUs { user, name } => (Some(user.clone()), name.clone(), None),
        AssignedUser::Nobody { sought: Some(sought) } => (None, Some(sought.name.clone()), sought.at),
        AssignedUser::Nobody { sought: None } | AssignedUser::ByOthers(_) => (None, None, None),
    };
    UserPlan {
        change: UserChange::Keep,
        user,
        user_name,
        sought_at,
    }
}

/// `found`: the wanted user over there. Without one, whom we assigned is taken off, or the record would show somebody who has
/// it no more; whom others assigned stays.
fn choose_change(found: Option<&str>, assigned: &AssignedUser) -> UserPlan {
    let change = match (found, assigned) {
        (Some(found), AssignedUser::ByUs { user, .. } | AssignedUser::ByOthers(user)) if user == found => {
            UserChange::Keep
        }
        (Some(found), _) => UserChange::Assign(found.to_owned()),
        (None, AssignedUser::ByUs { .. }) => UserChange::Clear,
        (None, _) => UserChange::Keep,
    };
    UserPlan {
        change,
        user: found.map(str::to_owned),
        user_name: None,
        sought_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;
    use crate::targets::samples_for_tests::link_to;

    #[test]
    fn changed_and_cleared_users_follow_and_whom_others_assigned_stays() {
        let ours = AssignedUser::ByUs {
            user: "7".to_owned(),
            name: Some("anna@example.com".to_owned()),
        };
        let nobody = AssignedUser::nobody();
        let change = |found, assigned: &AssignedUser| choose_change(found, assigned).change;
        let assign = |user: &str| UserChange::Assign(user.to_owned());
        assert_eq!(change(Some("7"), &nobody), assign("7"));
        assert_eq!(change(Some("8"), &ours), assign("8"));
        assert_eq!(change(Some("7"), &ours), UserChange::Keep);
        assert_eq!(change(None, &ours), UserChange::Clear);
        assert_eq!(change(None, &nobody), UserChange::Keep);
        assert_eq!(choose_change(Some("8"), &ours).user.as_deref(), Some("8"));
        let theirs = AssignedUser::of_found(Some("7"));
        assert_eq!(change(None, &theirs), UserChange::Keep);
        assert_eq!(
            choose_change(None, &theirs).user,
            None,
            "it is not ours to take off later"
        );
        assert_eq!(change(Some("8"), &theirs), assign("8"));
        assert_eq!(choose_change(Some("7"), &theirs).user.as_deref(), Some("7"));
        let kept = keep_user(&ours);
        assert_eq!(kept.user.as_deref(), Some("7"));
        assert_eq!(kept.user_name.as_deref(), Some("anna@example.com"));
    }

    #[test]
    fn who_was_looked_for_in_vain_is_kept_until_it_is_time_to_look_again() {
        let at = |text: &str| parse_time(text).unwrap();
        let mut link = link_to("7");
        link.user_name = Some("anna@example.com".to_owned());
        link.user_sought_at = Some(at("2026-11-26T08:00:00Z"));
        let settled = AssignedUser::of_settled_link(&link, false);
        assert!(settled.is_settled_for("anna@example.com") && !settled.is_settled_for("ben@example.com"));
        let kept = keep_user(&settled);
        assert_eq!((kept.user, kept.user_name.as_deref()), (None, Some("anna@example.com")));
        assert_eq!(kept.sought_at, link.user_sought_at, "nobody has looked again");
        for again in [AssignedUser::of_settled_link(&link, true), AssignedUser::of_link(&link)] {
            assert_eq!(again, AssignedUser::nobody());
            assert!(!again.is_settled_for("anna@example.com"));
        }
    }

    #[test]
    fn a_look_in_vain_is_due_again_in_another_week_whenever_the_link_was_written() {
        let at = |text: &str| parse_time(text).unwrap();
        for (sought, now, is_due) in [
            ("2026-11-26T00:00:00Z", "2026-12-02T23:59:59Z", false),
            ("2026-11-25T23:59:59Z", "2026-11-26T00:00:00Z", true),
            ("2026-11-20T08:00:00Z", "2026-12-03T08:00:00Z", true),
        ] {
            assert_eq!(is_look_due(Some(at(sought)), at(now)), is_due, "{sought} {now}");
        }
        assert!(is_look_due(None, at("2026-11-26T00:00:00Z")));
    }

    #[test]
    fn unknown_users_are_told_once_a_run() {
        let mut users = TargetUsers::new(true);
        assert_eq!(users.take_unknown_count(), None);
        users.known.insert("anna@example.com".to_owned(), None);
        users.known.insert("ben@example.com".to_owned(), Some("7".to_owned()));
        assert_eq!(users.take_unknown_count(), Some(1));
        assert_eq!(users.take_unknown_count(), None);
        users.begin_run(Timestamp::UNIX_EPOCH);
        users.known.insert("anna@example.com".to_owned(), None);
        assert_eq!(users.take_unknown_count(), Some(1));
    }
}
