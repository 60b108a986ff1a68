//! Settings as typed values. `bus.ini` makes [`BusSettings`], each `instances/IntuneConnector_N.ini` one
//! [`InstanceSettings`]. Reading, checking and sealing are in the modules here; no other module parses settings.
//!
//! The path of a value: text → lines with their numbers (`ini_reader`) → entries that one table of keys knows and whose type
//! fits (`keys`, `value_check`, `setting_values`) → settings whose values fit each other (`bus`, `build`,
//! `build_credential`). A *draft* is a set of entries that no file holds yet. Settings of app orders (`order_keys`) and of targets (`target_keys`)
//! have no file at all: they are kept with their installation. Whatever is wrong is told with file, line, key and advice
//! ([`SettingsError`]), and all of it where the caller asks for all.
//!
//! Secrets: in a file they stand sealed, or in clear until first read (`seal_lines`); in memory they are `secrecy`
//! values; in messages and in `Debug` they never stand (E1). The tables `bus_keys` and `instance_keys` are also what
//! `docs/SETTINGS.md` and the default `bus.ini` are made from, so that these can't fall behind.

mod action_parsers;
mod address_parsers;
mod build;
mod build_credential;
mod build_node;
mod bus;
mod bus_keys;
mod certificate_period;
mod change_rules;
mod console_address;
mod credential;
mod data_folder;
pub mod doctor;
mod doctor_certificate;
mod doctor_finding;
mod doctor_instances;
mod doctor_owners;
mod draft;
mod error;
mod host_names;
mod ini_reader;
mod instance;
mod instance_keys;
mod keys;
mod line_edits;
mod listen_check;
mod lost_key;
mod misnamed;
pub mod networks;
pub mod no_proxy;
mod node;
mod node_keys;
mod node_name;
mod node_parsers;
#[cfg(test)]
mod nonsense_tests;
mod order_draft;
mod order_keys;
mod order_settings;
mod output_place;
pub mod pem;
mod pem_files;
mod redaction;
mod reference;
mod seal_lines;
mod secret_key;
mod setting_values;
mod target_draft;
mod target_expiry;
mod target_keys;
mod target_kind_draft;
mod target_output;
mod target_parsers;
mod target_settings;
mod value_check;
mod value_parsers;
mod write_window;

pub use action_parsers::PERSONAL_ACTIONS;
pub use bus::{
    ActionLimits, ApiLimits, ApprovalSettings, BusSettings, ConsoleDoor, LoginSettings, SecondFactorRule,
    StoreSettings, TlsMode, TlsSettings,
};
pub use bus_keys::BUS_TABLE;
pub use certificate_period::{CertificatePeriod, PeriodState};
pub use console_address::ConsoleAddress;
pub use credential::{Credential, CredentialKind, NationalCloud, NetworkSettings, SecretPlace, SigningAlgorithm};
pub use data_folder::{DataFolder, mark_file};
pub use draft::InstanceDraft;
pub use error::SettingsError;
pub use instance::{
    ActionSettings, Audience, ClassRule, CredentialUse, DeviceSettings, EnrichMode, FieldChoice, GraphVersion,
    InstanceSettings, MaintenanceWindow, PersonalDeviceRule, PrimaryUserMode, ScanSettings,
};
pub use instance_keys::INSTANCE_TABLE;
pub use keys::{KeyRole, KeyTable, SecretUse, SettingKey, ValueKind};
pub use listen_check::check_listen_option;
pub use misnamed::misnamed_instance_files;
pub use node::{MultiDeviceRule, NodeSettings, PasswordGrant, PolicyRule};
pub use order_draft::OrderDraft;
pub use order_keys::ORDER_TABLE;
pub use order_settings::{InstalledOn, OrderSettings, StateMapping, TimeoutMembership};
pub use output_place::{NamedFolder, OutputPlace, TARGETS_OUTPUT};
pub use reference::settings_reference;
pub use secret_key::{InstanceSeal, OLD_PREFIX, SEALED_PREFIX, SealContext, SealError, SecretKey};
pub use setting_values::SettingSource;
pub use target_draft::TargetDraft;
pub use target_expiry::TargetProof;
pub use target_keys::{
    FILE_TARGET_TABLE, GLPI_TARGET_TABLE, NETBOX_TARGET_TABLE, OCS_TARGET_TABLE, POSTGRESQL_TARGET_TABLE,
    SERVICENOW_TARGET_TABLE, SNIPE_IT_TARGET_TABLE, target_table,
};
pub use target_settings::{
    AssetTagRule, CsvRules, DatabaseTls, EmptyRule, FileFormat, FileSettings, GlpiSettings, GoneDevices, GoneStatus,
    InventorySignIn, KindSettings, LookRule, MatchRule, NetBoxSettings, NoSerialRule, OcsSettings, PostgreSqlSettings,
    ReconcileDoor, ServiceNowSettings, SnipeItSettings, StatusValue, TargetSettings,
};
pub use write_window::WriteWindow;
