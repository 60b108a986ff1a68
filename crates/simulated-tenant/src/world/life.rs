//! What happens to a fleet over time. Every step draws one happening from the world's own dice, so the same seed and
//! the same number of steps lead to the same tenant.

use serde::Serialize;
use uuid::Uuid;

use super::ticks::Ticks;
use super::{Assigned, NameStyle, World, fleet, names};

/// One thing that happened, for the control API's answer and for tests that compare.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Happening {
    pub kind: HappeningKind,
    pub device_id: Uuid,
    /// The id before a new enrolment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Uuid>,
}

#[derive(Debug, Clone, Copy, Serialize, serde::Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
pub enum HappeningKind {
    CheckIn,
    Change,
    Rename,
    Appear,
    Vanish,
    Reenrol,
    UserChanged,
    UserCleared,
}

/// Shares in a hundred. Appearing and vanishing balance, so the fleet keeps its size.
const SHARES: &[(HappeningKind, u32)] = &[
    (HappeningKind::CheckIn, 55),
    (HappeningKind::Change, 18),
    (HappeningKind::Rename, 6),
    (HappeningKind::Appear, 6),
    (HappeningKind::Vanish, 6),
    (HappeningKind::Reenrol, 4),
    (HappeningKind::UserChanged, 3),
    (HappeningKind::UserCleared, 2),
];

impl World {
    /// One happening of any kind.
    pub fn live_once(&mut self, now: Ticks) -> Happening {
        let kind = SHARES[self.dice.weighted(SHARES.iter().map(|(_, share)| *share))].0;
        self.happen(kind, now)
    }

    /// One happening of this kind, to a device of chance. An empty tenant can only grow.
    pub fn happen(&mut self, kind: HappeningKind, now: Ticks) -> Happening {
        if self.roster.is_empty() || kind == HappeningKind::Appear {
            return self.appear(now);
        }
        let id = *self.dice.pick(&self.roster);
        let happening = Happening {
            kind,
            device_id: id,
            replaces: None,
        };
        match kind {
            HappeningKind::CheckIn => drop(self.check_in(id, now)),
            HappeningKind::Change => self.alter(id, now),
            HappeningKind::Rename => self.rename(id, now),
            HappeningKind::Vanish => drop(self.remove(id)),
            HappeningKind::Reenrol => return self.reenrol(id, now),
            HappeningKind::UserChanged => {
                let user = Some(self.somebody());
                self.set_user(id, user, now);
            }
            HappeningKind::UserCleared => self.set_user(id, None, now),
            HappeningKind::Appear => {}
        }
        happening
    }

    fn appear(&mut self, now: Ticks) -> Happening {
        let mut device = self.invent(None, now);
        device.enrolled = now;
        device.last_sync = now;
        let device_id = device.id;
        self.put(device);
        Happening {
            kind: HappeningKind::Appear,
            device_id,
            replaces: None,
        }
    }

    /// What servers care about, not just the check-in time.
    fn alter(&mut self, id: Uuid, now: Ticks) {
        let mut dice = super::Dice::new(self.dice.roll());
        self.change(id, |device| match dice.below(4) {
            0 => {
                device.os_version = (*dice.pick(device.kind.versions)).into();
                device.forget(&["osVersion"]);
            }
            1 => {
                let (state, until) = fleet::compliance(&mut dice, now);
                (device.compliance, device.grace_until) = (state.into(), until);
                device.forget(&["complianceState", "complianceGracePeriodExpirationDateTime"]);
            }
            2 => {
                device.free_bytes = dice.between(0, device.total_bytes() >> 20) << 20;
                device.forget(&["freeStorageSpaceInBytes"]);
            }
            _ => {
                device.encrypted = !device.encrypted;
                device.forget(&["isEncrypted"]);
            }
        });
        self.check_in(id, now);
    }

    fn rename(&mut self, id: Uuid, now: Ticks) {
        let Some(device) = self.get(id).cloned() else { return };
        let user = self.person(device.user).cloned();
        let mut name = names::device_name(&mut self.dice, device.kind, user.as_ref(), device.enrolled);
        if self.names == NameStyle::Plain {
            name = self.plain_name(&device);
        }
        if *device.name == *name {
            name.push_str(" (2)");
        }
        self.change(id, |device| {
            device.name = name.into();
            device.forget(&["deviceName"]);
        });
        self.check_in(id, now);
    }

    /// The same metal with a new id. The old record stays behind for a while in one case of two, as it does in Intune
    /// when a machine is set up anew without being retired first.
    fn reenrol(&mut self, id: Uuid, now: Ticks) -> Happening {
        let replaces = Some(id);
        let Some(mut device) = self.get(id).cloned() else {
            return self.appear(now);
        };
        if self.dice.per_mille(500) {
            self.remove(id);
        }
        device.id = self.dice.uuid();
        device.enrolled = now;
        device.actions.clear();
        if device.entra.is_some() && self.dice.per_mille(500) {
            device.entra = Some(self.dice.uuid());
        }
        device.check_in(now);
        device.forget(&["id", "enrolledDateTime"]);
        let device_id = device.id;
        self.put(device);
        Happening {
            kind: HappeningKind::Reenrol,
            device_id,
            replaces,
        }
    }

    fn set_user(&mut self, id: Uuid, user: Option<u32>, now: Ticks) {
        self.change(id, |device| {
            device.user = user;
            device.assigned = Assigned::AsListed;
            device.forget(&["userId", "userPrincipalName", "userDisplayName", "emailAddress"]);
        });
        self.check_in(id, now);
    }
}
