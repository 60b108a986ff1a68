//! One group. A membership is a list of changes, so that whoever reads late sees what was.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::world::Ticks;

/// Changes of one membership that are remembered; older ones count as "was not in it".
const MAX_CHANGES: usize = 8;

/// What kind of group it is, which decides who may change its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupKind {
    #[default]
    Security,
    /// Its members follow from a rule.
    Dynamic,
    /// Can hold roles of Entra: only administrators of roles change it.
    RoleAssignable,
    /// Microsoft 365.
    Unified,
    /// Mail-enabled, of Exchange.
    MailSecurity,
    /// Of Active Directory.
    OnPremises,
}

#[derive(Debug, Clone, Default)]
pub struct NewGroup {
    pub display_name: String,
    pub description: Option<String>,
    pub mail_nickname: String,
    pub kind: GroupKind,
    /// The client id of the app that makes it.
    pub made_by: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub id: Uuid,
    pub display_name: String,
    pub description: Option<String>,
    pub mail_nickname: String,
    pub kind: GroupKind,
    pub made_by: Option<String>,
    pub created: Ticks,
    pub deleted: Option<Ticks>,
    members: BTreeMap<Uuid, Membership>,
}

/// Joined (true) and left (false), oldest first.
#[derive(Debug, Clone, Default)]
struct Membership(Vec<(Ticks, bool)>);

impl Membership {
    fn was_in(&self, at: Ticks) -> bool {
        let last = self.0.iter().rev().find(|(moment, _)| *moment <= at);
        last.is_some_and(|(_, joined)| *joined)
    }

    /// Since when, if it holds.
    fn since(&self) -> Option<Ticks> {
        self.0.last().filter(|(_, joined)| *joined).map(|(moment, _)| *moment)
    }

    fn note(&mut self, at: Ticks, joined: bool) {
        self.0.push((at, joined));
        if self.0.len() > MAX_CHANGES {
            self.0.remove(0);
        }
    }
}

impl Group {
    pub(super) fn new(id: Uuid, new: NewGroup, now: Ticks) -> Self {
        Group {
            id,
            display_name: new.display_name,
            description: new.description,
            mail_nickname: new.mail_nickname,
            kind: new.kind,
            made_by: new.made_by,
            created: now,
            deleted: None,
            members: BTreeMap::new(),
        }
    }

    pub fn is_seen(&self, at: Ticks) -> bool {
        self.created <= at && self.deleted.is_none_or(|deleted| deleted > at)
    }

    pub fn is_mail_enabled(&self) -> bool {
        matches!(self.kind, GroupKind::Unified | GroupKind::MailSecurity)
    }

    /// Members in truth, each with the moment since when.
    pub fn members(&self) -> impl Iterator<Item = (Uuid, Ticks)> {
        let members = self.members.iter();
        members.filter_map(|(id, membership)| Some((*id, membership.since()?)))
    }

    /// Members as seen at `at`.
    pub fn members_seen(&self, at: Ticks) -> impl Iterator<Item = Uuid> {
        let members = self.members.iter();
        members
            .filter(move |(_, membership)| membership.was_in(at))
            .map(|(id, _)| *id)
    }

    pub fn has_member(&self, object: Uuid, at: Ticks) -> bool {
        self.members
            .get(&object)
            .is_some_and(|membership| membership.was_in(at))
    }

    /// Whether it is a member in truth.
    pub fn holds(&self, object: Uuid) -> bool {
        self.members
            .get(&object)
            .is_some_and(|membership| membership.since().is_some())
    }

    pub fn add_member(&mut self, object: Uuid, now: Ticks) {
        self.members.entry(object).or_default().note(now, true);
    }

    pub fn remove_member(&mut self, object: Uuid, now: Ticks) {
        if let Some(membership) = self.members.get_mut(&object) {
            membership.note(now, false);
        }
    }
}
