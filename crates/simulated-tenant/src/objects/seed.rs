//! Groups that are there before anybody orders anything. Most of them refuse changes by an app, two have the same name.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::device::object_of;
use super::group::{Group, GroupKind, NewGroup};
use crate::world::{Dice, Ticks, World};

/// The ids of the seed's groups begin with this purpose.
const PURPOSE: u64 = 0x6209;
/// They are so old.
const AGE_S: i64 = 400 * 86_400;

/// Who is in a group of the seed.
#[derive(Clone, Copy)]
enum Who {
    /// The first so many people of the fleet.
    People(usize),
    /// The first so many devices, of one system or of all.
    Devices(usize, Option<&'static str>),
    /// The group at this place of the table.
    Group(usize),
    Nobody,
}

const GROUPS: &[(&str, &str, GroupKind, Who)] = &[
    ("Helpdesk", "helpdesk", GroupKind::Security, Who::People(3)),
    (
        "Pilot devices",
        "pilotdevices",
        GroupKind::Security,
        Who::Devices(5, None),
    ),
    (
        "All Windows devices",
        "allwindows",
        GroupKind::Dynamic,
        Who::Devices(50, Some("Windows")),
    ),
    (
        "Role: Intune administrators",
        "roleintune",
        GroupKind::RoleAssignable,
        Who::People(1),
    ),
    ("Sales DE", "salesde", GroupKind::Unified, Who::People(6)),
    ("Board", "board", GroupKind::MailSecurity, Who::People(2)),
    (
        "CONTOSO\\Printers",
        "printers",
        GroupKind::OnPremises,
        Who::Devices(2, None),
    ),
    ("Software rollout", "rollout1", GroupKind::Security, Who::Nobody),
    ("Software rollout", "rollout2", GroupKind::Security, Who::Nobody),
    ("IT (all)", "itall", GroupKind::Security, Who::Group(0)),
];

/// The id of the group at this place of the table.
fn id_of(seed: u64, place: usize) -> Uuid {
    Dice::apart(seed, PURPOSE + place as u64).uuid()
}

pub(super) fn groups(seed: u64, world: &World, now: Ticks) -> BTreeMap<Uuid, Group> {
    let created = now.plus_seconds(-AGE_S);
    let made = GROUPS.iter().enumerate().map(|(place, (name, nickname, kind, who))| {
        let new = NewGroup {
            display_name: (*name).to_owned(),
            description: Some(format!("{name}, kept by hand")),
            mail_nickname: (*nickname).to_owned(),
            kind: *kind,
            made_by: None,
        };
        let mut group = Group::new(id_of(seed, place), new, created);
        for member in members(seed, world, *who) {
            group.add_member(member, created);
        }
        (group.id, group)
    });
    made.collect()
}

fn members(seed: u64, world: &World, who: Who) -> Vec<Uuid> {
    match who {
        Who::People(count) => world.people().iter().take(count).map(|user| user.id).collect(),
        Who::Devices(count, system) => world
            .behind(None)
            .filter(|(_, entry)| system.is_none_or(|system| entry.device.kind.os == system))
            .filter_map(|(_, entry)| entry.device.entra)
            .take(count)
            .map(object_of)
            .collect(),
        Who::Group(place) => vec![id_of(seed, place)],
        Who::Nobody => Vec::new(),
    }
}
