//! Settings as typed values. `bus.ini` makes [`BusSettings`], each `instances/IntuneConnector_N.ini` one
//! [`InstanceSettings`]. Reading, checking and sealing live beside this file; nobody else parses settings.

mod credential;
mod instance;

pub use credential::{Algorithm, Cloud, Credential, CredentialKind, Network};
pub use instance::{
    Audience, ClassRule, DeviceSettings, Enrich, FieldChoice, InstanceSettings, PersonalRule, ScanSettings, Trigger,
};
