//! What people read about the keys, out of the same tables that check them.

use super::bus_keys::BUS_TABLE;
use super::instance_keys::INSTANCE_TABLE;
use super::keys::{KeyRole, KeyTable, SettingKey, ValueKind};
use super::node_name::NODE_PREFIX;

/// `docs/SETTINGS.md`: every key of every file.
pub fn settings_reference() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         Settings are INI files in UTF-8: `key = value`, one a line, without quotes; comments begin with `#` or `;` and have\n\
         a line of their own. Keys are unique over all sections of a file; a key may also stand above the first section.\n\
         Unknown keys, duplicates and values that do not fit together are refused with file, line and advice. Relative\n\
         paths count from the folder of the file. Secrets in clear, and files named for them, are sealed (AES-256-GCM with\n\
         `secret.key`) when they are first read, for this instance and key alone; only their line is rewritten. A node of\n\
         compliance decisions is a section `[node NAME]` of an instance's file, as many as there are nodes; outside of files\n\
         (`--set`, the API) its keys are written with the node's name: `node.NAME.header`.\n",
    );
    for table in [BUS_TABLE, INSTANCE_TABLE] {
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
            " Whoever changes it gives the secrets anew that go where it points."
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
        ValueKind::Listen => "address:port".to_owned(),
        ValueKind::Path => "path".to_owned(),
        ValueKind::Date => "year-month-day".to_owned(),
        ValueKind::Zone => "IANA zone".to_owned(),
        ValueKind::Trigger => "`every 15m`, cron, `off`".to_owned(),
        ValueKind::TriggerOrAuto => "`auto`, `every 4h`, cron".to_owned(),
        ValueKind::Guid => "GUID".to_owned(),
        ValueKind::Tenant => "GUID or domain".to_owned(),
        ValueKind::List => "list, commas".to_owned(),
        ValueKind::Audience => "`*` or list".to_owned(),
        ValueKind::ClassRule => "`class: <CEL>`".to_owned(),
        ValueKind::Cel => "CEL".to_owned(),
        ValueKind::Verbs => "names of actions, commas".to_owned(),
        ValueKind::Guids => "GUIDs, commas".to_owned(),
        ValueKind::Windows => "`<cron> for <length> in <zone>`, semicolons".to_owned(),
        ValueKind::VerbVersions => "`<action>=v1.0` or `<action>=beta`, commas".to_owned(),
        ValueKind::Definitions => "`<name>=<action>`, commas".to_owned(),
        ValueKind::Names => "names, semicolons".to_owned(),
        ValueKind::Outcomes => "ids of outcomes, commas".to_owned(),
        ValueKind::PolicyRule => "`OUTCOME: <CEL>`".to_owned(),
        ValueKind::SecretText => "secret".to_owned(),
        ValueKind::SecretBytes => "secret, base64".to_owned(),
    }
}

/// A file in which every key stands as a comment with its default.
pub(super) fn default_file_text(table: &KeyTable) -> String {
    let mut text = format!(
        "# {} of intune-connector. Every key stands here with its default; take off the # to change one.\n",
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
    format!("# {name}: one tenant and who receives its changes. All keys: docs/SETTINGS.md\n\n[file]\nversion = 1\n")
}
