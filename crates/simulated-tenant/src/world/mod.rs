//! The tenant's devices and people.
//!
//! Intune pages by key: the list is ordered by device name, then id, and a link says behind which key to go on. So the
//! world keeps its devices in exactly that order, and a device that is renamed while somebody walks the list is seen
//! twice or not at all, as in the real thing. A second index finds a device by id, and a roster lets life pick one at
//! random without a walk. All three change in one place, [`World::put`] and [`World::remove`].
//!
//! Each device keeps its last rendering, so that a page of 1,000 is little more than copying bytes.

pub mod catalogue;
mod device;
mod dice;
mod fleet;
mod life;
mod links;
mod names;
pub mod oddities;
mod patch;
mod people;
mod ticks;

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::posture::Told;
use super::remote::Docket;
use links::{Ends, Links};

pub use catalogue::Tally;
pub use device::{Action, Assigned, Device, Metal};
pub use dice::Dice;
pub use life::{Happening, HappeningKind};
pub use names::{NameStyle, managed_name};
pub use people::User;
pub use ticks::Ticks;

/// The order of the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub name: Arc<str>,
    pub id: Uuid,
}

/// A device and its last rendering: the shape it was rendered in, and the bytes.
#[derive(Debug)]
pub struct Entry {
    pub device: Device,
    pub rendered: OnceLock<(u64, Box<str>)>,
}

#[derive(Debug)]
struct Place {
    name: Arc<str>,
    slot: usize,
}

#[derive(Debug)]
pub struct World {
    devices: BTreeMap<Key, Entry>,
    places: HashMap<Uuid, Place>,
    roster: Vec<Uuid>,
    tallies: BTreeMap<Tally, usize>,
    people: Vec<User>,
    links: Links,
    docket: Docket,
    /// What tests say of apps and policies.
    told: HashMap<Uuid, Told>,
    names: NameStyle,
    dice: Dice,
}

impl World {
    pub fn new(seed: u64) -> Self {
        World {
            devices: BTreeMap::new(),
            places: HashMap::new(),
            roster: Vec::new(),
            tallies: BTreeMap::new(),
            people: Vec::new(),
            links: Links::default(),
            docket: Docket::default(),
            told: HashMap::new(),
            names: NameStyle::default(),
            dice: Dice::new(seed),
        }
    }

    /// The same, with devices that are called so.
    pub fn with_names(seed: u64, names: NameStyle) -> Self {
        World {
            names,
            ..World::new(seed)
        }
    }

    /// Adds `count` devices of any kind (or of the operating system `os`); returns their ids.
    pub fn populate(&mut self, count: usize, os: Option<&str>, now: Ticks) -> Vec<Uuid> {
        (0..count)
            .map(|_| {
                let device = self.invent(os, now);
                let id = device.id;
                self.put(device);
                id
            })
            .collect()
    }

    /// A device as it might appear, not yet part of the tenant.
    pub fn invent(&mut self, os: Option<&str>, now: Ticks) -> Device {
        let kind = os.and_then(|os| fleet::kind_of(&mut self.dice, os));
        let kind = kind.unwrap_or_else(|| fleet::any_kind(&mut self.dice));
        let user = kind.user.then(|| self.somebody());
        let person = user.map(|index| (index, &self.people[index as usize]));
        let mut device = fleet::make(&mut self.dice, kind, person, now);
        if self.names == NameStyle::Plain {
            device.name = self.plain_name(&device).into();
        }
        device
    }

    fn plain_name(&self, device: &Device) -> String {
        let is_taken = |name: &str| {
            let first = Key {
                name: name.into(),
                id: Uuid::nil(),
            };
            let next = self.devices.range(first..).next();
            next.is_some_and(|(key, _)| *key.name == *name)
        };
        names::plain_name(device, self.person(device.user), is_taken)
    }

    /// Mostly a new person, sometimes one who has a device already.
    fn somebody(&mut self) -> u32 {
        let known = self.people.len();
        if known > 0 && self.dice.per_mille(350) {
            return self.dice.below(known) as u32;
        }
        let person = people::make(&mut self.dice, known);
        self.links.add_person(person.id, known as u32);
        self.people.push(person);
        known as u32
    }

    /// Adds the device, or replaces the one with its id.
    pub fn put(&mut self, device: Device) {
        self.remove(device.id);
        let place = Place {
            name: device.name.clone(),
            slot: self.roster.len(),
        };
        self.roster.push(device.id);
        self.places.insert(device.id, place);
        *self.tallies.entry(device.kind.tally).or_default() += 1;
        self.links.add(device.id, Ends::of(&device));
        let key = Key {
            name: device.name.clone(),
            id: device.id,
        };
        self.devices.insert(
            key,
            Entry {
                device,
                rendered: OnceLock::new(),
            },
        );
    }

    pub fn remove(&mut self, id: Uuid) -> Option<Device> {
        let place = self.places.remove(&id)?;
        self.roster.swap_remove(place.slot);
        if let Some(moved) = self.roster.get(place.slot)
            && let Some(other) = self.places.get_mut(moved)
        {
            other.slot = place.slot;
        }
        let device = self.devices.remove(&Key { name: place.name, id })?.device;
        self.links.remove(id, Ends::of(&device));
        if let Some(tally) = self.tallies.get_mut(&device.kind.tally) {
            *tally -= 1;
        }
        Some(device)
    }

    pub fn clear(&mut self) {
        self.devices.clear();
        self.places.clear();
        self.roster.clear();
        self.tallies.clear();
        self.links.clear_devices();
        self.told.clear();
    }

    pub fn get(&self, id: Uuid) -> Option<&Device> {
        let place = self.places.get(&id)?;
        self.devices
            .get(&Key {
                name: place.name.clone(),
                id,
            })
            .map(|entry| &entry.device)
    }

    /// Changes a device in place; keeps the order right where its name changed. False where there is none.
    pub fn change(&mut self, id: Uuid, change: impl FnOnce(&mut Device)) -> bool {
        let Some(place) = self.places.get(&id) else {
            return false;
        };
        let key = Key {
            name: place.name.clone(),
            id,
        };
        let Some(entry) = self.devices.get_mut(&key) else {
            return false;
        };
        let before = Ends::of(&entry.device);
        change(&mut entry.device);
        self.links.replace(id, before, Ends::of(&entry.device));
        entry.rendered = OnceLock::new();
        if entry.device.name != key.name {
            let device = entry.device.clone();
            let renamed = Place {
                name: device.name.clone(),
                slot: place.slot,
            };
            self.places.insert(id, renamed);
            if let Some(entry) = self.devices.remove(&key) {
                self.devices.insert(Key { name: device.name, id }, entry);
            }
        }
        true
    }

    /// The list behind `after`, in order.
    pub fn behind<'a>(&'a self, after: Option<&Key>) -> impl Iterator<Item = (&'a Key, &'a Entry)> + use<'a> {
        let from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key.clone()));
        self.devices.range((from, Bound::Unbounded))
    }

    /// The list before `until` (and with it), backwards.
    pub fn up_to<'a>(&'a self, until: &Key) -> impl Iterator<Item = (&'a Key, &'a Entry)> + use<'a> {
        self.devices
            .range((Bound::Unbounded, Bound::Included(until.clone())))
            .rev()
    }

    pub fn len(&self) -> usize {
        self.devices.len()
    }

    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    pub fn tally(&self, of: Tally) -> usize {
        self.tallies.get(&of).copied().unwrap_or_default()
    }

    pub fn person(&self, index: Option<u32>) -> Option<&User> {
        self.people.get(index? as usize)
    }

    /// The place of the person with this id among [`World::people`].
    pub fn person_index(&self, id: Uuid) -> Option<u32> {
        self.links.person(id)
    }

    /// Devices with this Entra device id; a device that was enrolled anew has it twice, the newest last.
    pub fn devices_of_entra(&self, entra: Uuid) -> &[Uuid] {
        self.links.of_entra(entra)
    }

    /// Devices whose primary user this is.
    pub fn devices_of_user(&self, index: u32) -> &[Uuid] {
        self.links.of_user(index)
    }

    /// What was asked of the devices, and what is due.
    pub fn docket(&self) -> &Docket {
        &self.docket
    }

    pub fn docket_mut(&mut self) -> &mut Docket {
        &mut self.docket
    }

    /// What a test said of a device's apps and policies.
    pub fn told(&self, id: Uuid) -> Option<&Told> {
        self.told.get(&id)
    }

    /// Says something of them; it holds for whatever device has this id.
    pub fn tell(&mut self, id: Uuid) -> &mut Told {
        self.told.entry(id).or_default()
    }

    pub fn people(&self) -> &[User] {
        &self.people
    }
}

#[cfg(test)]
mod tests;
