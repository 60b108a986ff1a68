//! Every setting of a target, a table for each kind. The bus keeps them with the installation: there is no file, and
//! secrets are sealed. What all kinds have in common stands in [`NETWORK`], [`DEVICES`] and [`WRITING`].

use super::instance_keys::{PLAIN, define_key, define_secret, number_kind};
use super::keys::{KeyRole, KeyTable, SecretUse, SettingKey, ValueKind};
use crate::contract::TargetKind;

/// The address of an inventory, and in whose name it is asked.
const SIGN_IN: KeyRole = KeyRole::Leads(&[SecretUse::TargetSignIn]);
const AUTHORITIES: KeyRole = KeyRole::SealedLeads(&[SecretUse::TargetSignIn]);
/// The network path: every secret is sent along it.
const NETWORK_PATH: KeyRole = KeyRole::Leads(&[SecretUse::TargetSignIn, SecretUse::ProxyPassword]);
const THE_PROXY: KeyRole = KeyRole::Leads(&[SecretUse::ProxyPassword]);

const CONNECTION: &str = "connection";

const SIGN_IN_EXPIRES_ON: SettingKey = define_key(
    CONNECTION,
    "sign_in_expires_on",
    ValueKind::Date,
    "",
    PLAIN,
    "Last day on which it can sign in with its password, secret or token, where that is known; people are told 30 and 7 days before. What a token or a client certificate says of its own end counts without it.",
);

pub const OCS_TARGET_TABLE: KeyTable = KeyTable {
    title: "Target OCS Inventory (kept with the installation, set by its wizard)",
    keys: OCS_KEYS,
    retired: &[],
};

pub const SNIPE_IT_TARGET_TABLE: KeyTable = KeyTable {
    title: "Target Snipe-IT (kept with the installation, set by its wizard)",
    keys: SNIPE_IT_KEYS,
    retired: &[],
};

pub const POSTGRESQL_TARGET_TABLE: KeyTable = KeyTable {
    title: "Target PostgreSQL (kept with the installation, set by its wizard)",
    keys: POSTGRESQL_KEYS,
    retired: &[],
};

pub const FILE_TARGET_TABLE: KeyTable = KeyTable {
    title: "Target file (kept with the installation, set by its wizard)",
    keys: FILE_KEYS,
    retired: &[],
};

/// Columns of a file: what the target says of a record, then what the default mapping writes.
const FILE_COLUMNS: &str = "instance, deviceId, deviceName, serialNumber, deviceClass, manufacturer, model, operatingSystem, \
osVersion, complianceState, primaryUser, userPrincipalName, managedDeviceOwnerType, enrolledDateTime, lastSyncDateTime, \
isEncrypted, azureADDeviceId, wiFiMacAddress, imei, physicalMemoryInBytes, totalStorageSpaceInBytes";

pub const NETBOX_TARGET_TABLE: KeyTable = KeyTable {
    title: "Target NetBox (kept with the installation, set by its wizard)",
    keys: NETBOX_KEYS,
    retired: &[],
};

pub const GLPI_TARGET_TABLE: KeyTable = KeyTable {
    title: "Target GLPI (kept with the installation, set by its wizard)",
    keys: GLPI_KEYS,
    retired: &[],
};

pub const SERVICENOW_TARGET_TABLE: KeyTable = KeyTable {
    title: "Target ServiceNow (kept with the installation, set by its wizard)",
    keys: SERVICENOW_KEYS,
    retired: &[],
};

/// The settings of one kind.
pub const fn target_table(kind: TargetKind) -> &'static KeyTable {
    match kind {
        TargetKind::Ocs => &OCS_TARGET_TABLE,
        TargetKind::SnipeIt => &SNIPE_IT_TARGET_TABLE,
        TargetKind::PostgreSql => &POSTGRESQL_TARGET_TABLE,
        TargetKind::File => &FILE_TARGET_TABLE,
        TargetKind::NetBox => &NETBOX_TARGET_TABLE,
        TargetKind::Glpi => &GLPI_TARGET_TABLE,
        TargetKind::ServiceNow => &SERVICENOW_TARGET_TABLE,
    }
}

#[rustfmt::skip]
const OCS: [SettingKey; 7] = [
    define_key(CONNECTION, "url", ValueKind::InventoryUrl, "", SIGN_IN, "Address that agents of OCS post to, such as https://ocs.example/ocsinventory."),
    define_key(CONNECTION, "user", ValueKind::Text, "", SIGN_IN, "User name, where the web server in front of OCS asks for one (Basic)."),
    define_secret(CONNECTION, "password", ValueKind::SecretText, SecretUse::TargetSignIn, "Password of that user."),
    define_key(CONNECTION, "rest_url", ValueKind::InventoryUrl, "", SIGN_IN, "Address of the REST API of OCS, such as https://ocs.example/ocsapi/v1; without it, nothing is read back, and a run can't be put back."),
    SIGN_IN_EXPIRES_ON,
    define_key("writing", "duplicate_level", number_kind(0, 63), "7", PLAIN, "AUTO_DUPLICATE_LVL of the OCS server, the sum of: 1 name, 2 serial number, 4 MAC address, 8 model, 16 UUID, 32 asset tag. Devices that it would merge by their name alone are set aside."),
    define_key("writing", "tag", ValueKind::Text, "", PLAIN, "TAG of new computers; OCS ignores it later."),
];

#[rustfmt::skip]
const SNIPE_IT: [SettingKey; 9] = [
    define_key(CONNECTION, "url", ValueKind::InventoryUrl, "", SIGN_IN, "Address of Snipe-IT, such as https://assets.example; /api/v1 is added."),
    define_secret(CONNECTION, "token", ValueKind::SecretText, SecretUse::TargetSignIn, "API token of a user who may view, create, edit and check out assets."),
    SIGN_IN_EXPIRES_ON,
    define_key("writing", "id_field", ValueKind::Text, "Intune ID", PLAIN, "Name of the custom field with the Intune device id; made where it is missing."),
    define_key("writing", "status_label", ValueKind::Text, "Ready to Deploy", PLAIN, "Status label of devices that are there; of type deployable."),
    define_key("writing", "gone_label", ValueKind::Text, "Intune: gone", PLAIN, "Status label of devices that have gone; of type archived. Made where it is missing."),
    define_key("writing", "asset_tag", ValueKind::Word(&["auto", "serial"]), "auto", PLAIN, "Asset tags of new assets: Snipe-IT numbers them (auto), or they are INTUNE- and the serial number (serial). Tags of assets that exist stay."),
    define_key("writing", "default_category", ValueKind::Text, "Intune devices", PLAIN, "Category of new models of device classes that the mapping does not name."),
    define_key("writing", "built_in_sync", ValueKind::Flag, "no", PLAIN, "Whether the Intune adapter of Snipe-IT itself is on for the same tenant: then devices that it has written are set aside, because both would write them."),
];

#[rustfmt::skip]
const POSTGRESQL: [SettingKey; 8] = [
    define_key(CONNECTION, "host", ValueKind::Text, "", SIGN_IN, "Name or address of the database server."),
    define_key(CONNECTION, "port", number_kind(1, 65_535), "5432", SIGN_IN, "Its port."),
    define_key(CONNECTION, "database", ValueKind::Text, "", PLAIN, "Name of the database."),
    define_key(CONNECTION, "user", ValueKind::Text, "", SIGN_IN, "Role that owns the schema, or may create it."),
    define_secret(CONNECTION, "password", ValueKind::SecretText, SecretUse::TargetSignIn, "Password of that role."),
    define_key(CONNECTION, "tls", ValueKind::Word(&["verify", "require", "off"]), "verify", SIGN_IN, "Encryption: with a certificate that is checked (verify), with any certificate (require), or none (off, in one's own network only)."),
    SIGN_IN_EXPIRES_ON,
    define_key("writing", "schema", ValueKind::Text, "intune", PLAIN, "Schema of the tables; made where it is missing."),
];

#[rustfmt::skip]
const FILE: [SettingKey; 9] = [
    define_key("output", "place", ValueKind::Text, "", PLAIN, "Name of a folder that `target_folders` of bus.ini lists; empty: the folder `targets-output/NAME` of the data folder, where NAME is the name of the target."),
    define_key("output", "file_name", ValueKind::Text, "devices", PLAIN, "Name of the file, without its ending. The list of what has gone has `-gone` behind it."),
    define_key("output", "format", ValueKind::Word(&["csv", "ndjson"]), "csv", PLAIN, "A table (csv), or one JSON object on each line (ndjson)."),
    define_key("output", "columns", ValueKind::List, FILE_COLUMNS, PLAIN, "Columns of the file in their order. Fields of the mapping, and of the target itself: record, instance, deviceId, state, goneAt, goneReason."),
    define_key("output", "gone_devices", ValueKind::Word(&["list", "column"]), "list", PLAIN, "Devices that have gone move to a file of their own (list), or stay in their file (column). There, state, goneAt and goneReason are the last columns unless `columns` has them."),
    define_key("output", "separator", ValueKind::Word(&["comma", "semicolon", "tab"]), "comma", PLAIN, "Of CSV: what stands between two cells; semicolon for a spreadsheet in German or French."),
    define_key("output", "quoting", ValueKind::Word(&["needed", "all"]), "needed", PLAIN, "Of CSV: which cells stand in quotes."),
    define_key("output", "byte_order_mark", ValueKind::Flag, "no", PLAIN, "Of CSV: whether the file begins with the mark by which Excel tells UTF-8."),
    define_key("output", "spreadsheet_safe", ValueKind::Flag, "yes", PLAIN, "Of CSV: whether a ' goes before whatever a spreadsheet could take for a formula. `no` is for programs that calculate nothing."),
];

#[rustfmt::skip]
const NETBOX: [SettingKey; 9] = [
    define_key(CONNECTION, "url", ValueKind::InventoryUrl, "", SIGN_IN, "Address of NetBox, such as https://netbox.example; /api is added."),
    define_secret(CONNECTION, "token", ValueKind::SecretText, SecretUse::TargetSignIn, "API token that may write: of version 2 (`nbt_…`, NetBox 4.5 and newer) or of version 1."),
    SIGN_IN_EXPIRES_ON,
    define_key("writing", "id_field", ValueKind::Text, "intune_id", PLAIN, "Name of the custom field with the Intune device id: small letters, digits and `_`; made where it is missing."),
    define_key("writing", "gone_field", ValueKind::Text, "intune_gone", PLAIN, "Name of the custom field that says why and when a device has gone; made with the first such device."),
    define_key("writing", "site", ValueKind::Text, "Intune", PLAIN, "Name of the site of new devices; made where it is missing."),
    define_key("writing", "default_role", ValueKind::Text, "Endpoint", PLAIN, "Role of new devices of classes that the mapping does not name; made where it is missing."),
    define_key("writing", "tag", ValueKind::Text, "Intune", PLAIN, "Tag of new devices; made where it is missing. Tags of devices that exist stay."),
    define_key("writing", "gone_status", ValueKind::Word(&["decommissioning", "offline"]), "decommissioning", PLAIN, "Status of devices that have gone."),
];

#[rustfmt::skip]
const GLPI: [SettingKey; 14] = [
    define_key(CONNECTION, "url", ValueKind::InventoryUrl, "", SIGN_IN, "Address of GLPI, such as https://glpi.example; /front/inventory.php and /api.php are added."),
    define_key(CONNECTION, "inventory_sign_in", ValueKind::Word(&["none", "basic", "client"]), "none", SIGN_IN, "What GLPI asks of agents that send inventories: nothing (none), a user and a password (basic), or a token of an OAuth client (client)."),
    define_key(CONNECTION, "inventory_user", ValueKind::Text, "", SIGN_IN, "User name for inventories, where GLPI asks for one (Basic)."),
    define_secret(CONNECTION, "inventory_password", ValueKind::SecretText, SecretUse::TargetSignIn, "Password of that user."),
    define_key(CONNECTION, "client_id", ValueKind::Text, "", SIGN_IN, "Id of the OAuth client of GLPI: for the high-level API of GLPI 11, and for inventories that sign in by a token."),
    define_secret(CONNECTION, "client_secret", ValueKind::SecretText, SecretUse::TargetSignIn, "Secret of that OAuth client."),
    define_key(CONNECTION, "user", ValueKind::Text, "", SIGN_IN, "User of GLPI 11 in whose name its high-level API is asked; without one, nothing is read back, and devices that have gone stay as they are."),
    define_secret(CONNECTION, "password", ValueKind::SecretText, SecretUse::TargetSignIn, "Password of that user."),
    SIGN_IN_EXPIRES_ON,
    define_key("writing", "gone_state", ValueKind::Text, "Gone from Intune", PLAIN, "State of devices that have gone; made where it is missing."),
    define_key("writing", "stock_state", ValueKind::Text, "In stock", PLAIN, "State of devices that go back to stock; made where it is missing."),
    define_key("writing", "active_state", ValueKind::Text, "", PLAIN, "State of a device that comes back; empty: none."),
    define_key("writing", "no_serial", ValueKind::Word(&["hold", "send"]), "hold", PLAIN, "Devices without a usable serial number, which GLPI finds by their name alone: set aside (hold), or sent where no other has the name (send)."),
    define_key("writing", "tag", ValueKind::Text, "", PLAIN, "Tag of each inventory, for rules of GLPI that choose an entity."),
];

#[rustfmt::skip]
const SERVICENOW: [SettingKey; 19] = [
    define_key(CONNECTION, "url", ValueKind::InventoryUrl, "", SIGN_IN, "Address of the ServiceNow instance, such as https://example.service-now.com; /api/now is added."),
    define_key(CONNECTION, "user", ValueKind::Text, "", SIGN_IN, "User of ServiceNow with the role itil or asset, where a user name signs in (Basic, or OAuth by password)."),
    define_secret(CONNECTION, "password", ValueKind::SecretText, SecretUse::TargetSignIn, "Password of that user."),
    define_key(CONNECTION, "client_id", ValueKind::Text, "", SIGN_IN, "Client id of an OAuth client of ServiceNow. Without a user it signs in by client credentials, with one by the password of that user."),
    define_secret(CONNECTION, "client_secret", ValueKind::SecretText, SecretUse::TargetSignIn, "Secret of that OAuth client."),
    SIGN_IN_EXPIRES_ON,
    define_key("writing", "data_source", ValueKind::Text, "IntuneConnector", PLAIN, "Name of the data source, which has to be a choice of the field discovery_source of cmdb_ci; its owner makes it."),
    define_key("writing", "other_sources", ValueKind::List, "", PLAIN, "Names of data sources of other programs that write the same devices, as in the field discovery_source: CIs of theirs are set aside, because both would write them."),
    define_key("writing", "root_table", ValueKind::Text, "cmdb_ci_hardware", PLAIN, "Table in which CIs are looked for; the classes of all devices have to extend it."),
    define_key("writing", "id_field", ValueKind::Text, "correlation_id", PLAIN, "Column of that table with the Intune device id."),
    define_key("writing", "default_class", ValueKind::Text, "cmdb_ci_computer", PLAIN, "Class of new CIs of device classes that the mapping does not name."),
    define_key("writing", "door", ValueKind::Word(&["enhanced", "batch"]), "enhanced", PLAIN, "How CIs are written: many in one request of the enhanced Identification and Reconciliation API (enhanced), or one request for each in a batch (batch), where the enhanced one is not there."),
    define_key("writing", "items_per_request", number_kind(1, 200), "50", PLAIN, "Most CIs of one request. Fewer, if ServiceNow takes longer than it allows a request."),
    define_key("writing", "match_by", ValueKind::Word(&["key", "sys_id"]), "key", PLAIN, "How a CI that is known is named: by the native key of the data source alone (key), or by its sys_id besides (sys_id)."),
    define_key("writing", "first_look", ValueKind::Word(&["new", "always"]), "new", PLAIN, "Which writes are tried without effect first: those that make or take over a CI (new), or all (always), where ServiceNow is set not to match by the native key."),
    define_key("writing", "empty_by", ValueKind::Word(&["reconcile", "table"]), "reconcile", PLAIN, "How a field is emptied: as any other value (reconcile), or by the Table API behind it (table), where ServiceNow passes over empty values."),
    define_key("writing", "active_values", ValueKind::List, "install_status=1, hardware_status=installed, operational_status=1", PLAIN, "Fields and values of CIs that are made, or come back into use."),
    define_key("writing", "stock_values", ValueKind::List, "install_status=6, hardware_status=in_stock, operational_status=2", PLAIN, "Fields and values of CIs that go to stock. The first of them tells that a CI is not in use."),
    define_key("writing", "gone_values", ValueKind::List, "install_status=7, hardware_status=retired, operational_status=6", PLAIN, "Fields and values of CIs whose devices have gone. The first of them tells that a CI is not in use."),
];

#[rustfmt::skip]
const NETWORK: [SettingKey; 8] = [
    define_key("network", "allow_private_addresses", ValueKind::Flag, "no", SIGN_IN, "Whether the inventory may be in a private network or on this machine. There, http:// is possible, too. Addresses of cloud metadata and link-local ones are always refused."),
    define_key("network", "proxy", ValueKind::ProxyUrl, "", NETWORK_PATH, "Proxy, `http://host:port`. The environment variables for proxies do not apply to targets."),
    define_key("network", "proxy_user", ValueKind::Text, "", THE_PROXY, "User name for the proxy."),
    define_secret("network", "proxy_password", ValueKind::SecretText, SecretUse::ProxyPassword, "Password for the proxy."),
    define_key("network", "no_proxy", ValueKind::List, "", NETWORK_PATH, "Hosts, .domains and networks that are reached without the proxy."),
    define_key("network", "ca", ValueKind::SecretText, "", AUTHORITIES, "Additional certificate authorities as PEM; sealed."),
    define_secret("network", "client_cert", ValueKind::SecretText, SecretUse::TargetSignIn, "Client certificate as PEM, where the inventory asks for one."),
    define_secret("network", "client_key", ValueKind::SecretText, SecretUse::TargetSignIn, "Its private key as PEM, without a passphrase."),
];

#[rustfmt::skip]
const DEVICES: [SettingKey; 1] = [
    define_key("devices", "instances", ValueKind::Instances, "*", PLAIN, "Instances whose devices are written: `*` (every instance) or names, such as IntuneConnector_1. An instance that names its servers has to name this target as well."),
];

/// Of a kind that knows users; where a user is only a text, the mapping writes it.
#[rustfmt::skip]
const USERS: [SettingKey; 1] = [
    define_key("devices", "assign_users", ValueKind::Flag, "yes", PLAIN, "Whether the primary user of a device is assigned, where the inventory knows that user. Users are never made."),
];

/// When and how fast, and what may be taken away.
#[rustfmt::skip]
const WRITING: [SettingKey; 2] = [
    define_key("writing", "write_window", ValueKind::WriteWindow, "", PLAIN, "Span of the day in which devices are written; empty: always."),
    define_key("writing", "zone", ValueKind::Zone, "UTC", PLAIN, "Time zone of that span."),
];

const DELETE_ALLOWED: SettingKey = define_key(
    "writing",
    "delete_allowed",
    ValueKind::Flag,
    "no",
    PLAIN,
    "Whether records of devices that have gone may be deleted, where the mapping says so. Only those that this target made, and never without consent above a day's usual number.",
);

/// A kind has its own usual pace.
const fn define_pace(default: &'static str) -> SettingKey {
    define_key(
        "writing",
        "requests_per_minute",
        number_kind(0, 6_000),
        default,
        PLAIN,
        "Most requests a minute; 0 sets no limit. What the inventory says of its own limits holds besides.",
    )
}

// Their lengths are numbers: what a `const fn` makes may not be asked for its length.
const OCS_KEYS: &[SettingKey] = &join_keys::<19>(&[&OCS, &DEVICES, &[define_pace("0")], &WRITING, &NETWORK]);
const SNIPE_IT_KEYS: &[SettingKey] = &join_keys::<23>(&[
    &SNIPE_IT,
    &DEVICES,
    &USERS,
    &[define_pace("100"), DELETE_ALLOWED],
    &WRITING,
    &NETWORK,
]);
const POSTGRESQL_KEYS: &[SettingKey] = &join_keys::<22>(&[
    &POSTGRESQL,
    &DEVICES,
    &USERS,
    &[define_pace("0"), DELETE_ALLOWED],
    &WRITING,
    &NETWORK,
]);
const NETBOX_KEYS: &[SettingKey] = &join_keys::<22>(&[
    &NETBOX,
    &DEVICES,
    &[define_pace("0"), DELETE_ALLOWED],
    &WRITING,
    &NETWORK,
]);

/// It reaches nothing over a network.
const FILE_KEYS: &[SettingKey] = &join_keys::<13>(&[&FILE, &DEVICES, &[DELETE_ALLOWED], &WRITING]);

const GLPI_KEYS: &[SettingKey] = &join_keys::<28>(&[
    &GLPI,
    &DEVICES,
    &USERS,
    &[define_pace("0"), DELETE_ALLOWED],
    &WRITING,
    &NETWORK,
]);

const SERVICENOW_KEYS: &[SettingKey] =
    &join_keys::<32>(&[&SERVICENOW, &DEVICES, &USERS, &[define_pace("60")], &WRITING, &NETWORK]);

const fn join_keys<const TOTAL: usize>(parts: &[&[SettingKey]]) -> [SettingKey; TOTAL] {
    let mut keys = [parts[0][0]; TOTAL];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            keys[at] = parts[part][row];
            row += 1;
            at += 1;
        }
        part += 1;
    }
    assert!(at == TOTAL);
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e7_what_signs_in_is_led_by_every_way_and_no_request_names_a_file() {
        for kind in TargetKind::ALL {
            let table = target_table(*kind);
            for (at, key) in table.keys.iter().enumerate() {
                let later = &table.keys[at + 1..];
                assert!(later.iter().all(|other| other.name != key.name), "{}", key.name);
                assert_ne!(key.kind, ValueKind::Path, "{}: requests name no files", key.name);
                let is_kept = key.kind == ValueKind::SecretText;
                assert_eq!(is_kept, key.is_secret(), "{}", key.name);
            }
            let ways = [
                "url",
                "rest_url",
                "host",
                "port",
                "tls",
                "user",
                "proxy",
                "no_proxy",
                "ca",
                "allow_private_addresses",
            ];
            for key in table.keys.iter().filter(|key| ways.contains(&key.name)) {
                let (KeyRole::Leads(uses) | KeyRole::SealedLeads(uses)) = key.role else {
                    panic!("{} says nothing of what is sent there", key.name)
                };
                assert!(uses.contains(&SecretUse::TargetSignIn), "{}", key.name);
            }
            for name in ["instances", "write_window"] {
                assert!(table.find_key(name).is_some(), "{}: {name}", table.title);
            }
            for name in ["proxy", "requests_per_minute"] {
                assert_eq!(table.find_key(name).is_some(), *kind != TargetKind::File, "{name}");
            }
        }
    }

    #[test]
    fn what_an_inventory_cannot_do_is_no_setting_of_its_kind() {
        for name in ["delete_allowed", "assign_users"] {
            assert!(OCS_TARGET_TABLE.find_key(name).is_none(), "{name}");
        }
        assert!(NETBOX_TARGET_TABLE.find_key("assign_users").is_none());
        assert!(POSTGRESQL_TARGET_TABLE.find_key("url").is_none());
        assert!(SERVICENOW_TARGET_TABLE.find_key("delete_allowed").is_none());
        assert_eq!(
            SNIPE_IT_TARGET_TABLE
                .find_key("requests_per_minute")
                .map(|key| key.default),
            Some("100")
        );
    }
}
