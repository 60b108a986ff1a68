//! Which devices an assignment reaches, and since when. A person in a group reaches every device whose primary user they
//! are. Required goes before uninstall, an exclusion before both.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Surroundings;
use super::assignment::{Assignment, Intent, Target};
use super::course::Wanted;
use crate::objects::{Objects, entra_of, object_of};
use crate::world::{Device, Ticks, World};

/// An assignment with its group spread out.
pub(super) struct Reach {
    intent: Intent,
    since: Ticks,
    whom: Whom,
}

enum Whom {
    AllDevices,
    AllUsers,
    Members(BTreeMap<Uuid, Ticks>),
    NotMembers(BTreeMap<Uuid, Ticks>),
}

impl Reach {
    pub(super) fn of(assignment: &Assignment, objects: &Objects) -> Reach {
        Reach {
            intent: assignment.intent,
            since: assignment.created,
            whom: match assignment.target {
                Target::AllDevices => Whom::AllDevices,
                Target::AllUsers => Whom::AllUsers,
                Target::Group(id) => Whom::Members(objects.reach(id)),
                Target::ExcludedGroup(id) => Whom::NotMembers(objects.reach(id)),
            },
        }
    }

    /// An installation or a removal; what is only available reaches nobody by itself.
    fn acts(&self) -> bool {
        matches!(self.intent, Intent::Required | Intent::Uninstall)
    }

    /// Adds the devices that may be reached.
    pub(super) fn add_devices(&self, around: Surroundings<'_>, devices: &mut BTreeSet<Uuid>) {
        let world = around.world;
        match &self.whom {
            Whom::NotMembers(_) => {}
            _ if !self.acts() => {}
            Whom::AllDevices | Whom::AllUsers => devices.extend(world.behind(None).map(|(key, _)| key.id)),
            Whom::Members(members) => {
                for member in members.keys() {
                    devices.extend(devices_of(*member, world));
                }
            }
        }
    }

    /// Since when it reaches this device.
    fn reaches(&self, device: &Device, keys: &[Option<Uuid>; 2]) -> Option<Ticks> {
        let joined = |members: &BTreeMap<Uuid, Ticks>| {
            let found = keys.iter().flatten().filter_map(|key| members.get(key));
            found.min().copied()
        };
        match &self.whom {
            Whom::AllDevices => Some(self.since),
            Whom::AllUsers => device.user.map(|_| self.since),
            Whom::Members(members) => joined(members).map(|joined| joined.max(self.since)),
            Whom::NotMembers(members) => joined(members),
        }
    }

    fn excludes(&self) -> bool {
        matches!(self.whom, Whom::NotMembers(_))
    }
}

/// The devices of Intune that an object of the directory stands for.
pub fn devices_of(object: Uuid, world: &World) -> Vec<Uuid> {
    let of_entra = world.devices_of_entra(entra_of(object));
    let of_user = world
        .person_index(object)
        .map_or(&[][..], |index| world.devices_of_user(index));
    of_entra.iter().chain(of_user).copied().collect()
}

/// What a device is wanted to do by all of an app's assignments.
pub(super) fn wanted(reaches: &[Reach], device: Uuid, around: Surroundings<'_>) -> Option<Wanted> {
    let device = around.world.get(device)?;
    let user = around.world.person(device.user).map(|user| user.id);
    let keys = [device.entra.map(object_of), user];
    let of_intent = |intent: Intent| {
        let mut same = reaches.iter().filter(|reach| reach.intent == intent);
        if same
            .clone()
            .any(|reach| reach.excludes() && reach.reaches(device, &keys).is_some())
        {
            return None;
        }
        let since = same.by_ref().filter(|reach| !reach.excludes());
        let since = since.filter_map(|reach| reach.reaches(device, &keys)).min()?;
        Some(Wanted { intent, since })
    };
    of_intent(Intent::Required).or_else(|| of_intent(Intent::Uninstall))
}
