//! Which devices belong to an Entra device id or to a person, without a walk through the fleet.

use std::collections::HashMap;

use uuid::Uuid;

use super::Device;

#[derive(Debug, Default)]
pub(super) struct Links {
    by_entra: HashMap<Uuid, Vec<Uuid>>,
    by_user: HashMap<u32, Vec<Uuid>>,
    people: HashMap<Uuid, u32>,
}

/// What the index knows of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    entra: Option<Uuid>,
    user: Option<u32>,
}

impl Ends {
    pub(super) fn of(device: &Device) -> Self {
        Ends {
            entra: device.entra.filter(|id| !id.is_nil()),
            user: device.user,
        }
    }
}

impl Links {
    pub(super) fn add(&mut self, id: Uuid, ends: Ends) {
        if let Some(entra) = ends.entra {
            self.by_entra.entry(entra).or_default().push(id);
        }
        if let Some(user) = ends.user {
            self.by_user.entry(user).or_default().push(id);
        }
    }

    pub(super) fn remove(&mut self, id: Uuid, ends: Ends) {
        if let Some(entra) = ends.entra {
            take(&mut self.by_entra, entra, id);
        }
        if let Some(user) = ends.user {
            take(&mut self.by_user, user, id);
        }
    }

    pub(super) fn replace(&mut self, id: Uuid, before: Ends, after: Ends) {
        if before != after {
            self.remove(id, before);
            self.add(id, after);
        }
    }

    pub(super) fn add_person(&mut self, id: Uuid, index: u32) {
        self.people.insert(id, index);
    }

    /// Devices go, people stay.
    pub(super) fn clear_devices(&mut self) {
        self.by_entra.clear();
        self.by_user.clear();
    }

    pub(super) fn of_entra(&self, entra: Uuid) -> &[Uuid] {
        self.by_entra.get(&entra).map_or(&[], Vec::as_slice)
    }

    pub(super) fn of_user(&self, user: u32) -> &[Uuid] {
        self.by_user.get(&user).map_or(&[], Vec::as_slice)
    }

    pub(super) fn person(&self, id: Uuid) -> Option<u32> {
        self.people.get(&id).copied()
    }
}

fn take<K: std::hash::Hash + Eq>(index: &mut HashMap<K, Vec<Uuid>>, key: K, id: Uuid) {
    let Some(ids) = index.get_mut(&key) else { return };
    ids.retain(|other| *other != id);
    if ids.is_empty() {
        index.remove(&key);
    }
}
