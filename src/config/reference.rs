//! The reference texts of the keys, made from the same tables that check them.

use super::bus_keys::BUS_TABLE;
use super::instance_keys::INSTANCE_TABLE;
use super::keys::{KeyRole, KeyTable, SettingKey, ValueKind};
use super::node_name::NODE_PREFIX;
use super::order_keys::ORDER_TABLE;
use super::target_keys::{
    FILE_TARGET_TABLE, GLPI_TARGET_TABLE, NETBOX_TARGET_TABLE, OCS_TARGET_TABLE, POSTGRESQL_TARGET_TABLE,
    SERVICENOW_TARGET_TABLE, SNIPE_IT_TARGET_TABLE,
};

/// `docs/SETTINGS.md`: every key of every file.
pub fn settings_reference() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         Settings are INI files in UTF-8: `key = value`, one per line, without quotes; comments begin with `#` or `;`\n\
         and have a line of their own. Keys are unique across all sections of a file; a key may also be above the\n\
         first section. Unknown keys, duplicates and values that do not fit together are refused with file, line and\n\
         advice. Relative paths start at the folder of the settings file. Plain-text secrets, and the content of\n\
         files named for them, are sealed (AES-256-GCM with `secret.key`) when they are first read, for this instance\n\
         and key only; only their line is rewritten. Each node for compliance decisions is a section `[node NAME]` in\n\
         the instance's file; outside files (`--set`, the API) its keys include the node's name: `node.NAME.header`.\n",
    );
    let targets = [
        OCS_TARGET_TABLE,
        SNIPE_IT_TARGET_TABLE,
        POSTGRESQL_TARGET_TABLE,
        FILE_TARGET_TABLE,
        NETBOX_TARGET_TABLE,
        GLPI_TARGET_TABLE,
        SERVICENOW_TARGET_TABLE,
    ];
    for table in [BUS_TABLE, INSTANCE_TABLE, ORDER_TABLE].into_iter().chain(targets) {
        text.push_str(&format!("\n## {}\n", table.title));
        for section in table.section_names() {
            text.push_str(&format!(
                "\n### [{section}]\n\n| key | value | default | meaning |\n|---|---|---|---|\n"
            ));
            for key in table.keys.iter().filter(|key| key.section == section) {
                text.push_str(&reference_row(key));
            }
        }
    }
    text
}

fn reference_row(key: &SettingKey) -> String {
    let default = match key.default {
        "" => String::new(),
        text => format!("`{text}`"),
    };
    let name = key.name.trim_start_matches(NODE_PREFIX);
    let anew = match key.role {
        KeyRole::Leads(_) | KeyRole::SealedLeads(_) => {
            " If it changes, the secrets that are sent there must be given again."
        }
        KeyRole::Plain | KeyRole::Fixed | KeyRole::Secret(_) | KeyRole::SentFile(_) => "",
    };
    format!(
        "| `{name}` | {} | {default} | {}{anew} |\n",
        value_syntax(key.kind),
        key.help
    )
}

/// What may be written, in a few words.
fn value_syntax(kind: ValueKind) -> String {
    match kind {
        ValueKind::Text => "text".to_owned(),
        ValueKind::Flag => "yes, no".to_owned(),
        ValueKind::Number { min, max } => format!("{min} to {max}"),
        ValueKind::Decimal { max } => format!("0 to {max}, fractions allowed"),
        ValueKind::Word(words) => words.join(", "),
        ValueKind::SafeUrl => "https://host".to_owned(),
        ValueKind::ProxyUrl => "http://host:port".to_owned(),
        ValueKind::WebhookUrl | ValueKind::InventoryUrl => "https://host/path".to_owned(),
        ValueKind::Listen => "address:port".to_owned(),
        ValueKind::Path => "path".to_owned(),
        ValueKind::Folders => "`<name>=<path>`, separated by semicolons".to_owned(),
        ValueKind::Date => "year-month-day".to_owned(),
        ValueKind::Zone => "IANA zone".to_owned(),
        ValueKind::Trigger => "`every 15m`, cron, `off`".to_owned(),
        ValueKind::ListenOrAuto => "`auto`, `off`, address:port".to_owned(),
        ValueKind::ConsoleUrl => "https://host, with a path".to_owned(),
        ValueKind::Networks => "addresses and networks, comma-separated".to_owned(),
        ValueKind::TriggerOrAuto => "`auto`, `every 4h`, cron".to_owned(),
        ValueKind::Guid => "GUID".to_owned(),
        ValueKind::Tenant => "GUID or domain".to_owned(),
        ValueKind::List => "list, comma-separated".to_owned(),
        ValueKind::Hosts => "host names, comma-separated".to_owned(),
        ValueKind::CertificateNames => "names or addresses, comma-separated".to_owned(),
        ValueKind::Audience | ValueKind::Instances => "`*` or list".to_owned(),
        ValueKind::WriteWindow => "`22:00-06:00`".to_owned(),
        ValueKind::ClassRule => "`class: <CEL>`".to_owned(),
        ValueKind::Cel => "CEL".to_owned(),
        ValueKind::Verbs | ValueKind::PersonalVerbs => "actions, comma-separated".to_owned(),
        ValueKind::Guids => "GUIDs, comma-separated".to_owned(),
        ValueKind::Windows => "`<cron> for <length> in <zone>`, separated by semicolons".to_owned(),
        ValueKind::VerbVersions => "`<action>=v1.0` or `<action>=beta`, comma-separated".to_owned(),
        ValueKind::Definitions => "`<name>=<action>`, comma-separated".to_owned(),
        ValueKind::Names => "names, separated by semicolons".to_owned(),
        ValueKind::Outcomes => "outcome ids, comma-separated".to_owned(),
        ValueKind::PolicyRule => "`OUTCOME: <CEL>`".to_owned(),
        ValueKind::SecretText => "secret".to_owned(),
        ValueKind::SecretBytes => "secret, base64".to_owned(),
    }
}

/// A file that lists every key as a comment with its default.
pub(super) fn default_file_text(table: &KeyTable) -> String {
    let mut text = format!(
        "# {} of intune-connector. It lists every key with its default; remove the # to change one.\n",
        table.title
    );
    for section in table.section_names() {
        text.push_str(&format!("\n[{section}]\n"));
        for key in table.keys.iter().filter(|key| key.section == section) {
            let value = if key.default.is_empty() { "…" } else { key.default };
            text.push_str(&format!("# {}\n", key.help));
            let mark = if key.name == "version" { "" } else { "# " };
            text.push_str(&format!("{mark}{} = {value}\n", key.name));
        }
    }
    text
}

/// The first lines of a new instance's file.
pub(super) fn instance_header(name: &str) -> String {
    format!(
        "# {name}: one tenant and the servers that receive its changes. All keys: docs/SETTINGS.md\n\n\
         [file]\nversion = 1\n"
    )
}
