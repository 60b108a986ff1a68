//! Entra's objects: groups and their members, the devices of the directory, people without a device.
//!
//! Directory devices follow from the fleet: [`object_of`] makes the object id of an Entra device id, and back, so nothing
//! is kept for a fleet of 400,000. Groups are kept, with the history of each membership: what is written is true at
//! once, and reads see it only after the replication lag ([`DirectoryTuning`]).
//!
//! | file | what |
//! |---|---|
//! | group | one group and its members over time |
//! | device | directory devices, stale twins included |
//! | person | people of the fleet and of the seed |
//! | seed | the groups that a tenant has before anybody orders anything |
//! | settings | what is open, both ways |
//!
//! Locks are taken in this order: world, objects, software.

mod device;
mod group;
mod person;
mod seed;
mod settings;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

pub use device::{DirectoryDevice, entra_of, object_of};
pub use group::{Group, GroupKind, NewGroup};
pub use person::Person;
pub use settings::DirectoryTuning;

use super::world::{Dice, Ticks, World};

/// How deep groups may lie in groups.
const MAX_DEPTH: usize = 8;

#[derive(Debug)]
pub struct Objects {
    groups: BTreeMap<Uuid, Group>,
    /// People of the seed; those of the fleet are the world's.
    people: Vec<Person>,
    /// Objects that the directory does not have, whatever the fleet says: by object id or Entra device id.
    absent: BTreeSet<Uuid>,
    dice: Dice,
}

/// What an object id names.
#[derive(Debug)]
pub enum DirectoryObject<'a> {
    Person(Person),
    Device(DirectoryDevice<'a>),
    Group(&'a Group),
}

impl Objects {
    pub fn of_seed(seed: u64, world: &World, now: Ticks) -> Self {
        Objects {
            groups: seed::groups(seed, world, now),
            people: person::of_seed(seed),
            absent: BTreeSet::new(),
            dice: Dice::apart(seed, 0x6E0),
        }
    }

    /// All that were not deleted.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values().filter(|group| group.deleted.is_none())
    }

    /// A group as it is in truth.
    pub fn group(&self, id: Uuid) -> Option<&Group> {
        self.groups.get(&id).filter(|group| group.deleted.is_none())
    }

    pub fn group_mut(&mut self, id: Uuid) -> Option<&mut Group> {
        self.groups.get_mut(&id).filter(|group| group.deleted.is_none())
    }

    /// Groups as whoever reads saw them at `at`.
    pub fn groups_seen(&self, at: Ticks) -> impl Iterator<Item = &Group> {
        self.groups.values().filter(move |group| group.is_seen(at))
    }

    pub fn group_seen(&self, id: Uuid, at: Ticks) -> Option<&Group> {
        self.groups.get(&id).filter(|group| group.is_seen(at))
    }

    /// Makes a group; its id.
    pub fn create_group(&mut self, new: NewGroup, now: Ticks) -> Uuid {
        let id = self.dice.uuid();
        self.groups.insert(id, Group::new(id, new, now));
        id
    }

    /// False where there is none.
    pub fn delete_group(&mut self, id: Uuid, now: Ticks) -> bool {
        let group = self.group_mut(id);
        group.map(|group| group.deleted = Some(now)).is_some()
    }

    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Somebody by object id or sign-in name.
    pub fn person(&self, world: &World, key: &str) -> Option<Person> {
        let of_fleet = match Uuid::try_parse(key) {
            Ok(id) => world.person(world.person_index(id)),
            Err(_) => world
                .people()
                .iter()
                .find(|user| user.principal_name.eq_ignore_ascii_case(key)),
        };
        let of_seed = || self.people.iter().find(|person| person.is_called(key)).cloned();
        let found = of_fleet.map(Person::of).or_else(of_seed);
        found.filter(|person| !self.absent.contains(&person.id))
    }

    /// Takes an object out of the directory, or puts it back.
    pub fn set_absent(&mut self, id: Uuid, is_absent: bool) {
        if is_absent {
            self.absent.insert(id);
        } else {
            self.absent.remove(&id);
        }
    }

    pub fn is_absent(&self, id: Uuid) -> bool {
        self.absent.contains(&id)
    }

    pub fn absent(&self) -> &BTreeSet<Uuid> {
        &self.absent
    }

    /// The devices of the directory, each once.
    pub fn devices<'a>(&'a self, world: &'a World) -> impl Iterator<Item = DirectoryDevice<'a>> {
        device::all(world).filter(move |device| !self.hides(device))
    }

    /// The directory device of this object id.
    pub fn device<'a>(&'a self, world: &'a World, object: Uuid) -> Option<DirectoryDevice<'a>> {
        device::find(world, entra_of(object)).filter(|device| !self.hides(device))
    }

    /// The directory device of this Entra device id.
    pub fn device_of_entra<'a>(&'a self, world: &'a World, entra: Uuid) -> Option<DirectoryDevice<'a>> {
        device::find(world, entra).filter(|device| !self.hides(device))
    }

    fn hides(&self, device: &DirectoryDevice<'_>) -> bool {
        !self.absent.is_empty() && (self.is_absent(device.object_id) || self.is_absent(device.device_id))
    }

    /// What this id names, if anything.
    pub fn find<'a>(&'a self, world: &'a World, id: Uuid) -> Option<DirectoryObject<'a>> {
        if let Some(group) = self.group(id) {
            return Some(DirectoryObject::Group(group));
        }
        if let Some(person) = self.person(world, &id.to_string()) {
            return Some(DirectoryObject::Person(person));
        }
        self.device(world, id).map(DirectoryObject::Device)
    }

    /// The groups that have this object as a member, as seen at `at`; with `transitive`, also those they lie in.
    pub fn groups_of(&self, object: Uuid, at: Ticks, transitive: bool) -> BTreeSet<Uuid> {
        let mut found = BTreeSet::new();
        let mut edge = vec![object];
        for _ in 0..MAX_DEPTH {
            let of_edge = self
                .groups_seen(at)
                .filter(|group| edge.iter().any(|member| group.has_member(*member, at)));
            let new: Vec<Uuid> = of_edge.map(|group| group.id).filter(|id| !found.contains(id)).collect();
            found.extend(new.iter().copied());
            if !transitive || new.is_empty() {
                break;
            }
            edge = new;
        }
        found
    }

    /// Every object in the group, also by way of groups in it, with the moment since when; in truth.
    pub fn reach(&self, group: Uuid) -> BTreeMap<Uuid, Ticks> {
        let mut found = BTreeMap::new();
        self.reach_into(group, Ticks::NEVER, MAX_DEPTH, &mut found);
        found
    }

    fn reach_into(&self, group: Uuid, since: Ticks, depth: usize, found: &mut BTreeMap<Uuid, Ticks>) {
        let Some(group) = self.group(group).filter(|_| depth > 0) else {
            return;
        };
        for (member, joined) in group.members() {
            let joined = joined.max(since);
            if self.groups.contains_key(&member) {
                self.reach_into(member, joined, depth - 1, found);
            } else {
                let known = found.entry(member).or_insert(joined);
                *known = (*known).min(joined);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-20T10:00:00Z";

    fn objects() -> (World, Objects, Ticks) {
        let now = Ticks::parse(NOW).unwrap();
        let mut world = World::new(7);
        world.populate(200, None, now);
        let objects = Objects::of_seed(7, &world, now);
        (world, objects, now)
    }

    fn group(objects: &mut Objects, now: Ticks) -> Uuid {
        let new = NewGroup {
            display_name: "Install".to_owned(),
            mail_nickname: "install".to_owned(),
            ..NewGroup::default()
        };
        objects.create_group(new, now)
    }

    #[test]
    fn every_directory_device_is_found_by_its_object_id() {
        let (world, objects, _) = objects();
        let mut seen = BTreeSet::new();
        for device in objects.devices(&world) {
            assert!(seen.insert(device.object_id), "{device:?}");
            let found = objects.device(&world, device.object_id).unwrap();
            assert_eq!((found.device_id, found.is_stale), (device.device_id, device.is_stale));
        }
        assert!(seen.len() > 150);
    }

    #[test]
    fn reads_see_a_membership_after_the_lag_and_nested_members_count() {
        let (_, mut objects, now) = objects();
        let (outer, inner) = (group(&mut objects, now), group(&mut objects, now));
        let member = Uuid::from_u128(7);
        let later = now.plus_seconds(10);
        objects.group_mut(outer).unwrap().add_member(inner, now);
        objects.group_mut(inner).unwrap().add_member(member, later);
        assert_eq!(objects.groups_of(member, now, true), BTreeSet::new());
        assert_eq!(objects.groups_of(member, later, false), BTreeSet::from([inner]));
        assert_eq!(objects.groups_of(member, later, true), BTreeSet::from([inner, outer]));
        assert_eq!(objects.reach(outer), BTreeMap::from([(member, later)]));
        objects
            .group_mut(inner)
            .unwrap()
            .remove_member(member, later.plus_seconds(1));
        assert!(objects.reach(outer).is_empty());
        assert_eq!(objects.groups_of(member, later, false), BTreeSet::from([inner]));
    }
}
