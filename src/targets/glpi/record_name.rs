//! How records and agents of GLPI are named: pure.
//!
//! A record is an item type and a number, `Computer/12`. Where nobody can be asked for the number, because the settings have no
//! user for the high-level API, it is the agent that wrote it: `Computer/INTUNE-…`. Once there is such a user, GLPI says which
//! number the agent belongs to.

use crate::model::DeviceId;
use crate::targets::RecordId;

const PREFIX: &str = "INTUNE-";

/// What GLPI takes a device for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemType {
    Computer,
    Phone,
}

impl ItemType {
    pub(super) const ALL: [ItemType; 2] = [ItemType::Computer, ItemType::Phone];

    /// As GLPI writes it, in inventories and in paths.
    pub(super) fn name(self) -> &'static str {
        match self {
            ItemType::Computer => "Computer",
            ItemType::Phone => "Phone",
        }
    }

    pub(super) fn find(name: &str) -> Option<ItemType> {
        ItemType::ALL
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(name.trim()))
    }
}

/// A record, read from its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RecordName {
    pub item_type: ItemType,
    pub place: RecordPlace,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RecordPlace {
    Number(u64),
    /// By the id of its agent.
    Agent(String),
}

impl RecordName {
    /// `None`: it is none of GLPI.
    pub(super) fn read(id: &RecordId) -> Option<RecordName> {
        let (item_type, place) = id.0.split_once('/')?;
        let item_type = ItemType::find(item_type)?;
        let place = match place.parse::<u64>() {
            Ok(number) => RecordPlace::Number(number),
            Err(_) => RecordPlace::Agent(find_device(place).map(|_| place.to_owned())?),
        };
        Some(RecordName { item_type, place })
    }
}

pub(super) fn numbered_record(item_type: ItemType, number: u64) -> RecordId {
    RecordId(format!("{}/{number}", item_type.name()))
}

pub(super) fn agent_record(item_type: ItemType, agent: &str) -> RecordId {
    RecordId(format!("{}/{agent}", item_type.name()))
}

/// The id of the agent of a device.
pub(super) fn make_agent_id(device: DeviceId) -> String {
    format!("{PREFIX}{device}")
}

/// The device of an agent, if a target has written through it.
pub(super) fn find_device(agent: &str) -> Option<DeviceId> {
    agent.strip_prefix(PREFIX)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::samples_for_tests::device_id;

    #[test]
    fn a_record_is_named_by_number_or_by_its_agent() {
        let agent = make_agent_id(device_id(1));
        assert_eq!(find_device(&agent), Some(device_id(1)));
        for (id, place) in [
            (numbered_record(ItemType::Phone, 7), RecordPlace::Number(7)),
            (agent_record(ItemType::Phone, &agent), RecordPlace::Agent(agent.clone())),
        ] {
            let read = RecordName::read(&id).unwrap();
            assert_eq!((read.item_type, read.place), (ItemType::Phone, place));
        }
        for none in [
            "",
            "12",
            "Computer/",
            "Computer/1/2",
            "Printer/1",
            "Computer/-1",
            "Computer/x",
        ] {
            assert_eq!(RecordName::read(&RecordId(none.to_owned())), None, "{none}");
        }
    }
}
