//! The links of the devices of a page, looked up together; what changes meanwhile is looked up anew.

use std::collections::{BTreeMap, BTreeSet};

use crate::contract::LinkPhase;
use crate::model::Timestamp;
use crate::store::{StoreError, TargetLinkRow};
use crate::targets::target_context::TargetContext;
use crate::targets::{DeviceKey, LinkState, RecordId};

/// The link of a device.
#[derive(Debug, Clone)]
pub(in crate::targets) struct KnownLink {
    pub key: DeviceKey,
    pub state: LinkState,
    /// What is known of the record is of this life of the store.
    pub confirmed: bool,
    /// Whom writes to the record may have left as its user, of which nobody knows how they ended, with an empty text for nobody;
    /// `None`: there is no such write.
    pub unanswered: Option<Vec<String>>,
    pub written_at: Option<Timestamp>,
}

impl KnownLink {
    pub(in crate::targets) fn from_row(row: TargetLinkRow) -> KnownLink {
        KnownLink {
            key: DeviceKey {
                instance: row.instance,
                device: row.device,
            },
            state: LinkState {
                record: RecordId(row.record),
                origin: row.origin,
                phase: row.phase,
                fingerprint: row.fingerprint,
                known: row.known,
                user: row.user,
                user_name: row.user_name,
                user_sought_at: row.user_sought_at,
                last_sync: row.last_sync,
            },
            confirmed: row.confirmed,
            unanswered: row.unanswered,
            written_at: row.written_at,
        }
    }

    /// Whether there is a record over there that is known to be its own.
    pub(in crate::targets) fn has_record(&self) -> bool {
        !self.state.record.0.is_empty() && self.state.phase != LinkPhase::Intended
    }

    /// Whether what is known of the record is how it stands.
    pub(in crate::targets) fn is_certain(&self) -> bool {
        self.confirmed && self.unanswered.is_none()
    }

    pub(in crate::targets) fn is_active(&self) -> bool {
        self.has_record() && self.state.phase == LinkPhase::Active
    }
}

/// Links by device; `None`: it has none.
#[derive(Debug, Default)]
pub(in crate::targets) struct PageLinks {
    known: BTreeMap<DeviceKey, Option<KnownLink>>,
    /// Records to which the link of this device alone leads: nobody has to look for others.
    sole: BTreeMap<RecordId, DeviceKey>,
}

impl PageLinks {
    /// Looks these up together, and forgets all others.
    pub(in crate::targets) async fn load_page(
        &mut self,
        context: &TargetContext,
        keys: Vec<DeviceKey>,
    ) -> Result<(), StoreError> {
        let pairs = keys.iter().map(|key| (key.instance, key.device)).collect();
        let rows = context.store.load_target_links(context.target, pairs).await?;
        self.known = keys.into_iter().map(|key| (key, None)).collect();
        let mut records = Vec::new();
        for row in rows.into_values() {
            records.push(row.record.clone());
            let link = KnownLink::from_row(row);
            self.known.insert(link.key, Some(link));
        }
        let owners = context.store.list_links_of_records(context.target, records).await?;
        self.sole = find_sole_owners(owners.into_iter().map(KnownLink::from_row));
        Ok(())
    }

    pub(in crate::targets) async fn find_link(
        &self,
        context: &TargetContext,
        key: DeviceKey,
    ) -> Result<Option<KnownLink>, StoreError> {
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let row = context
            .store
            .load_target_link(context.target, (key.instance, key.device))
            .await?;
        Ok(row.map(KnownLink::from_row))
    }

    /// Whether it was looked up with the page.
    pub(in crate::targets) fn is_of_page(&self, key: DeviceKey) -> bool {
        self.known.contains_key(&key)
    }

    /// It was changed.
    pub(in crate::targets) fn forget_link(&mut self, key: DeviceKey) {
        self.known.remove(&key);
        self.sole.retain(|_, owner| *owner != key);
    }

    /// How these records stand is not known as it was.
    pub(in crate::targets) fn forget_links_of(&mut self, records: &BTreeSet<RecordId>) {
        let is_one = |link: &KnownLink| records.contains(&link.state.record);
        self.known.retain(|_, link| !link.as_ref().is_some_and(is_one));
    }

    /// A link leads to it from now on.
    pub(in crate::targets) fn forget_record(&mut self, record: &RecordId) {
        self.sole.remove(record);
    }

    /// It is of the page, and a device without a record: no record is known to be its own.
    pub(in crate::targets) fn has_no_record(&self, key: DeviceKey) -> bool {
        let known = self.known.get(&key);
        known.is_some_and(|link| !link.as_ref().is_some_and(KnownLink::has_record))
    }
}

/// By record the one device that has it; a record that several have is left out.
fn find_sole_owners(links: impl Iterator<Item = KnownLink>) -> BTreeMap<RecordId, DeviceKey> {
    let mut owners: BTreeMap<RecordId, Option<DeviceKey>> = BTreeMap::new();
    for link in links {
        let key = link.key;
        owners
            .entry(link.state.record)
            .and_modify(|owner| *owner = owner.filter(|known| *known == key))
            .or_insert(Some(key));
    }
    let sole = owners.into_iter().filter_map(|(record, owner)| Some((record, owner?)));
    sole.collect()
}

/// Whether nobody knows how a write to the record of these links ended.
pub(super) fn is_unanswered<'a>(link: &'a KnownLink, sharers: &'a [KnownLink]) -> bool {
    std::iter::once(link)
        .chain(sharers)
        .any(|link| link.unanswered.is_some())
}

/// The links of other devices to one record, also of those that are gone: what they wrote last stands over there.
pub(in crate::targets) async fn list_sharers(
    context: &TargetContext,
    known: &PageLinks,
    key: DeviceKey,
    record: &RecordId,
) -> Result<Vec<KnownLink>, StoreError> {
    if known.sole.get(record) == Some(&key) {
        return Ok(Vec::new());
    }
    let rows = context
        .store
        .list_record_links(context.target, record.0.clone())
        .await?;
    let links = rows.into_iter().map(KnownLink::from_row);
    Ok(links.filter(|link| link.key != key && link.has_record()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::samples_for_tests::{device_key, link_to};

    fn link(number: u128, record: &str) -> KnownLink {
        KnownLink {
            key: device_key(1, number),
            state: link_to(record),
            confirmed: true,
            unanswered: None,
            written_at: None,
        }
    }

    #[test]
    fn nobody_looks_for_others_at_a_record_that_one_device_alone_has() {
        // The page has devices 1 and 3 of record "a"; each brings all its links.
        let links = [link(1, "a"), link(3, "a"), link(2, "b"), link(1, "a"), link(3, "a")];
        let mut page = PageLinks {
            sole: find_sole_owners(links.into_iter()),
            ..PageLinks::default()
        };
        let record = |id: &str| RecordId(id.to_owned());
        assert_eq!(page.sole, BTreeMap::from([(record("b"), device_key(1, 2))]));
        page.forget_link(device_key(1, 1));
        assert_eq!(page.sole.len(), 1);
        page.forget_record(&record("b"));
        assert!(page.sole.is_empty(), "another device may have it now");
    }
}
