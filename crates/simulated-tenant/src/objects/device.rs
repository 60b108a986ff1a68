//! The devices of the directory. Each registered device of the fleet has one; some left an earlier registration of the
//! same name behind, which is no device of Intune any more.

use uuid::Uuid;

use crate::world::{Device, World};

/// Object id and Entra device id differ in these bits. The bits of version and variant stay.
const OBJECT_MASK: u128 = 0x5a3c_96f1_2d7b_0e44_01c9_7b2e_55d8_93a7;
/// The Entra device id of an earlier registration differs from the present one in these.
const STALE_MASK: u128 = 0x1d2c_3b4a_5968_0786_0a1b_2c3d_4e5f_6071;
/// One device in so many left an earlier registration.
const STALE_SHARE: u64 = 25;

/// A `device` of the directory.
#[derive(Debug, Clone, Copy)]
pub struct DirectoryDevice<'a> {
    pub object_id: Uuid,
    /// Entra's device id, `azureADDeviceId` of Intune.
    pub device_id: Uuid,
    /// What it looks like.
    pub device: &'a Device,
    /// An earlier registration: same name, disabled, not managed.
    pub is_stale: bool,
}

/// The object id of an Entra device id.
pub fn object_of(entra: Uuid) -> Uuid {
    Uuid::from_u128(entra.as_u128() ^ OBJECT_MASK)
}

/// The Entra device id of an object id.
pub fn entra_of(object: Uuid) -> Uuid {
    object_of(object)
}

fn stale_of(entra: Uuid) -> Uuid {
    Uuid::from_u128(entra.as_u128() ^ STALE_MASK)
}

impl<'a> DirectoryDevice<'a> {
    fn present(device: &'a Device, entra: Uuid) -> Self {
        DirectoryDevice {
            object_id: object_of(entra),
            device_id: entra,
            device,
            is_stale: false,
        }
    }

    fn stale(device: &'a Device, entra: Uuid) -> Option<Self> {
        device.hardware.is_multiple_of(STALE_SHARE).then(|| DirectoryDevice {
            object_id: object_of(stale_of(entra)),
            device_id: stale_of(entra),
            device,
            is_stale: true,
        })
    }
}

/// The newest enrolment speaks for the registration.
fn speaker(world: &World, entra: Uuid) -> Option<&Device> {
    let id = world.devices_of_entra(entra).last()?;
    world.get(*id)
}

pub(super) fn all(world: &World) -> impl Iterator<Item = DirectoryDevice<'_>> {
    let registered = world.behind(None).filter_map(|(_, entry)| {
        let entra = entry.device.entra.filter(|id| !id.is_nil())?;
        let is_speaker = world.devices_of_entra(entra).last() == Some(&entry.device.id);
        is_speaker.then_some((&entry.device, entra))
    });
    registered.flat_map(|(device, entra)| {
        [
            Some(DirectoryDevice::present(device, entra)),
            DirectoryDevice::stale(device, entra),
        ]
        .into_iter()
        .flatten()
    })
}

/// By Entra device id.
pub(super) fn find(world: &World, entra: Uuid) -> Option<DirectoryDevice<'_>> {
    if let Some(device) = speaker(world, entra) {
        return Some(DirectoryDevice::present(device, entra));
    }
    let present = stale_of(entra);
    DirectoryDevice::stale(speaker(world, present)?, present)
}
