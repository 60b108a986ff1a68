//! The settings that one kind of targets has for itself, from values that passed its table of keys. Pure. Each kind has its
//! arm, so that a new one is seen to have its settings read.

use secrecy::SecretString;

use super::bus::{get, read_number, read_optional};
use super::error::{InvalidSetting, SettingsError};
use super::setting_values::SettingValues;
use super::target_settings::{
    AssetTagRule, CsvRules, DatabaseTls, EmptyRule, FileFormat, FileSettings, GlpiSettings, GoneDevices, GoneStatus,
    InventorySignIn, KindSettings, LookRule, MatchRule, NetBoxSettings, NoSerialRule, OcsSettings, PostgreSqlSettings,
    ReconcileDoor, ServiceNowSettings, SnipeItSettings, StatusValue,
};
use super::{target_parsers, value_parsers};
use crate::contract::TargetKind;

pub(super) fn read_flag(values: &SettingValues, name: &str) -> bool {
    get(values, name, value_parsers::parse_flag)
}

fn read_secret(values: &SettingValues, name: &str) -> SecretString {
    SecretString::from(values.given_text(name).unwrap_or_default())
}

pub(super) fn read_text(values: &SettingValues, name: &str) -> String {
    values.text_or_default(name).unwrap_or_default().to_owned()
}

fn read_custom_field(values: &SettingValues, name: &str) -> Result<String, SettingsError> {
    target_parsers::parse_custom_field(&read_text(values, name))
        .map_err(|wrong| values.entry_error(name, wrong.problem, wrong.advice))
}

/// The settings of this kind alone; `Err`: the first that is wrong.
pub(super) fn build_kind(kind: TargetKind, values: &SettingValues) -> Result<KindSettings, SettingsError> {
    Ok(match kind {
        TargetKind::Ocs => KindSettings::Ocs(OcsSettings {
            user: values.given_text("user").map(str::to_owned),
            password: values.given_text("password").map(SecretString::from),
            rest_url: read_optional(values, "rest_url", target_parsers::parse_inventory_url),
            duplicate_level: u8::try_from(read_number(values, "duplicate_level")).expect("the table limits it to 63"),
            tag: values.given_text("tag").map(str::to_owned),
        }),
        TargetKind::SnipeIt => KindSettings::SnipeIt(SnipeItSettings {
            token: read_secret(values, "token"),
            id_field: read_text(values, "id_field"),
            status_label: read_text(values, "status_label"),
            gone_label: read_text(values, "gone_label"),
            asset_tag: match read_text(values, "asset_tag").to_ascii_lowercase().as_str() {
                "serial" => AssetTagRule::Serial,
                _ => AssetTagRule::Auto,
            },
            default_category: read_text(values, "default_category"),
            built_in_sync: read_flag(values, "built_in_sync"),
        }),
        TargetKind::NetBox => KindSettings::NetBox(NetBoxSettings {
            token: read_secret(values, "token"),
            id_field: read_custom_field(values, "id_field")?,
            gone_field: read_custom_field(values, "gone_field")?,
            site: read_text(values, "site"),
            default_role: read_text(values, "default_role"),
            tag: read_text(values, "tag"),
            gone_status: match read_text(values, "gone_status").to_ascii_lowercase().as_str() {
                "offline" => GoneStatus::Offline,
                _ => GoneStatus::Decommissioning,
            },
        }),
        TargetKind::PostgreSql => {
            let at = |name: &str, invalid: InvalidSetting| values.entry_error(name, invalid.problem, invalid.advice);
            let host = match values.given_text("host") {
                Some(text) => target_parsers::parse_database_host(text).map_err(|invalid| at("host", invalid))?,
                // That it is missing is told by itself.
                None => String::new(),
            };
            let schema = target_parsers::parse_schema_name(&read_text(values, "schema"));
            KindSettings::PostgreSql(PostgreSqlSettings {
                host,
                port: u16::try_from(read_number(values, "port")).expect("the table limits it to 16 bits"),
                database: read_text(values, "database"),
                user: read_text(values, "user"),
                password: read_secret(values, "password"),
                tls: match read_text(values, "tls").to_ascii_lowercase().as_str() {
                    "off" => DatabaseTls::Off,
                    "require" => DatabaseTls::Require,
                    _ => DatabaseTls::Verify,
                },
                schema: schema.map_err(|invalid| at("schema", invalid))?,
            })
        }
        TargetKind::File => KindSettings::File(build_file(values)?),
        TargetKind::Glpi => KindSettings::Glpi(build_glpi(values)),
        TargetKind::ServiceNow => KindSettings::ServiceNow(build_servicenow(values)?),
    })
}

fn build_servicenow(values: &SettingValues) -> Result<ServiceNowSettings, SettingsError> {
    let at = |name: &str, invalid: InvalidSetting| values.entry_error(name, invalid.problem, invalid.advice);
    let named = |name: &str| {
        let parsed = target_parsers::parse_table_name(&read_text(values, name));
        parsed.map_err(|invalid| at(name, invalid))
    };
    let status = |name: &str| -> Result<Vec<StatusValue>, SettingsError> {
        let parsed = target_parsers::parse_status_values(&read_text(values, name));
        parsed.map_err(|invalid| at(name, invalid))
    };
    let is_word = |name: &str, word: &str| read_text(values, name).eq_ignore_ascii_case(word);
    let secret = |name: &str| values.given_text(name).map(SecretString::from);
    Ok(ServiceNowSettings {
        user: values.given_text("user").map(str::to_owned),
        password: secret("password"),
        client_id: values.given_text("client_id").map(str::to_owned),
        client_secret: secret("client_secret"),
        data_source: read_text(values, "data_source"),
        other_sources: read_optional(values, "other_sources", value_parsers::parse_list).unwrap_or_default(),
        root_table: named("root_table")?,
        id_field: named("id_field")?,
        default_class: named("default_class")?,
        door: if is_word("door", "batch") {
            ReconcileDoor::Batch
        } else {
            ReconcileDoor::Enhanced
        },
        items_per_request: usize::try_from(read_number(values, "items_per_request"))
            .expect("the table limits it to 200"),
        match_by: if is_word("match_by", "sys_id") {
            MatchRule::SysId
        } else {
            MatchRule::Key
        },
        first_look: if is_word("first_look", "always") {
            LookRule::Always
        } else {
            LookRule::New
        },
        empty_by: if is_word("empty_by", "table") {
            EmptyRule::Table
        } else {
            EmptyRule::Reconcile
        },
        active_values: status("active_values")?,
        stock_values: status("stock_values")?,
        gone_values: status("gone_values")?,
    })
}

fn build_file(values: &SettingValues) -> Result<FileSettings, SettingsError> {
    let at = |name: &str, invalid: InvalidSetting| values.entry_error(name, invalid.problem, invalid.advice);
    let place = values.given_text("place").map(target_parsers::parse_place_name);
    let file_name = target_parsers::parse_file_name(&read_text(values, "file_name"));
    let word = |name: &str| read_text(values, name).to_ascii_lowercase();
    let csv = CsvRules {
        separator: match word("separator").as_str() {
            "semicolon" => b';',
            "tab" => b'\t',
            _ => b',',
        },
        quotes_all: word("quoting") == "all",
        byte_order_mark: read_flag(values, "byte_order_mark"),
        spreadsheet_safe: read_flag(values, "spreadsheet_safe"),
    };
    Ok(FileSettings {
        place: place.transpose().map_err(|invalid| at("place", invalid))?,
        file_name: file_name.map_err(|invalid| at("file_name", invalid))?,
        format: match word("format").as_str() {
            "ndjson" => FileFormat::Ndjson,
            _ => FileFormat::Csv(csv),
        },
        columns: get(values, "columns", value_parsers::parse_list),
        gone_devices: match word("gone_devices").as_str() {
            "column" => GoneDevices::Column,
            _ => GoneDevices::List,
        },
        output: None,
    })
}

fn build_glpi(values: &SettingValues) -> GlpiSettings {
    let text = |name: &str| values.given_text(name).map(str::to_owned);
    let secret = |name: &str| values.given_text(name).map(SecretString::from);
    GlpiSettings {
        inventory_sign_in: read_inventory_sign_in(values),
        inventory_user: text("inventory_user"),
        inventory_password: secret("inventory_password"),
        client_id: text("client_id"),
        client_secret: secret("client_secret"),
        user: text("user"),
        password: secret("password"),
        gone_state: read_text(values, "gone_state"),
        stock_state: read_text(values, "stock_state"),
        active_state: text("active_state"),
        no_serial: match read_text(values, "no_serial").to_ascii_lowercase().as_str() {
            "send" => NoSerialRule::Send,
            _ => NoSerialRule::Hold,
        },
        tag: text("tag"),
    }
}

fn read_inventory_sign_in(values: &SettingValues) -> InventorySignIn {
    match read_text(values, "inventory_sign_in").to_ascii_lowercase().as_str() {
        "basic" => InventorySignIn::Basic,
        "client" => InventorySignIn::OauthClient,
        _ => InventorySignIn::Nothing,
    }
}

/// What the way into GLPI that was chosen needs besides.
pub(super) fn find_missing_sign_in(values: &SettingValues) -> Option<SettingsError> {
    let is_given = |name: &str| values.given_text(name).is_some();
    match read_inventory_sign_in(values) {
        InventorySignIn::Basic if !is_given("inventory_user") => {
            let advice = "give the user that GLPI asks agents for (Administration, Inventory)";
            Some(values.entry_error("inventory_user", "is missing", advice))
        }
        InventorySignIn::OauthClient if !is_given("client_id") => {
            let advice = "make an OAuth client in GLPI (Setup, OAuth clients) and give its id";
            Some(values.entry_error("client_id", "is missing", advice))
        }
        _ => None,
    }
}

/// A user or an OAuth client of ServiceNow; either is enough.
pub(super) fn find_missing_account(values: &SettingValues) -> Option<SettingsError> {
    let names = ["user", "password", "client_id", "client_secret"];
    let is_any_given = names.iter().any(|name| values.given_text(name).is_some());
    let advice = "give a user of ServiceNow and their password, or an OAuth client and its secret";
    (!is_any_given).then(|| values.entry_error("user", "is missing", advice))
}
