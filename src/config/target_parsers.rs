//! Values that only settings of targets have: text in, typed value or complaint out. Pure.

use std::path::PathBuf;

use url::Url;

use super::address_parsers::wrong_port_error;
use super::error::InvalidSetting;
use super::output_place::NamedFolder;
use super::target_settings::StatusValue;
use super::value_parsers::{invalid_value, parse_list, quote_value, require_commas};
use crate::model::InstanceName;

/// PostgreSQL cuts longer names off.
const SCHEMA_MAX: usize = 63;
/// Longest name of a file, without its ending, and of a folder that is listed.
const FILE_NAME_MAX: usize = 60;
/// No name of a table or column of ServiceNow is longer.
const TABLE_NAME_MAX: usize = 80;
/// Nor one of a custom field of NetBox.
const CUSTOM_FIELD_MAX: usize = 50;

/// Whether plain HTTP may be spoken there is for other keys to say.
pub(super) fn parse_inventory_url(text: &str) -> Result<Url, InvalidSetting> {
    let example = "https://inventory.example";
    let read = Url::parse(text);
    if read == Err(url::ParseError::InvalidPort) {
        return Err(wrong_port_error(text));
    }
    let url = read
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
    let url = url.ok_or_else(|| invalid_value(text, "an http or https address", format!("write it like {example}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        // The value is not repeated: it holds a password.
        let advice = "remove it; what signs in has settings of its own";
        return Err(InvalidSetting::new(
            "the address contains a user name or password",
            advice,
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        let problem = format!("{} has a query or fragment", quote_value(text));
        return Err(InvalidSetting::new(problem, format!("write it like {example}")));
    }
    Ok(url)
}

/// `None`: every instance.
pub(super) fn parse_instances(text: &str) -> Result<Option<Vec<InstanceName>>, InvalidSetting> {
    if text == "*" {
        return Ok(None);
    }
    require_commas(text)?;
    let items = parse_list(text)?;
    if items.iter().any(|item| item == "*") {
        let advice = "write either * (all instances) or a list of instances";
        return Err(InvalidSetting::new("* is combined with names of instances", advice));
    }
    let names = items.iter().map(|item| item.parse::<InstanceName>());
    names
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
        .map_err(|error| invalid_value(&error.given, "the name of an instance", error.rule))
}

/// A name or an address, and nothing around it.
pub(super) fn parse_database_host(text: &str) -> Result<String, InvalidSetting> {
    let is_host = url::Host::parse(text).is_ok() || text.parse::<std::net::IpAddr>().is_ok();
    if is_host && !text.contains(['/', '@', ' ']) {
        return Ok(text.to_owned());
    }
    let advice = "write the name of the machine alone, such as db.example; the port is a setting of its own";
    Err(invalid_value(text, "a host", advice))
}

/// The name of a schema as PostgreSQL takes it without quotes.
pub(super) fn parse_schema_name(text: &str) -> Result<String, InvalidSetting> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let is_name = text.len() <= SCHEMA_MAX
        && text.bytes().next().is_some_and(is_letter)
        && text.bytes().all(|byte| is_letter(byte) || byte.is_ascii_digit());
    if is_name && !text.starts_with("pg_") {
        return Ok(text.to_owned());
    }
    let advice = "write up to 63 lowercase letters, digits and _, not beginning with a digit or pg_";
    Err(invalid_value(text, "the name of a schema", advice))
}

/// Folders with their names: `reports=/srv/reports; share=/mnt/share`.
pub(super) fn parse_folders(text: &str) -> Result<Vec<NamedFolder>, InvalidSetting> {
    let mut folders: Vec<NamedFolder> = Vec::new();
    for item in text.split(';').map(str::trim) {
        let example = "write it like reports=/srv/reports; share=/mnt/share";
        let (name, path) = item
            .split_once('=')
            .map(|(name, path)| (name.trim(), path.trim()))
            .filter(|(_, path)| !path.is_empty())
            .ok_or_else(|| invalid_value(item, "a name and a folder", example))?;
        let name = parse_place_name(name)?;
        if path.split(',').skip(1).any(is_named_folder) {
            let problem = "two folders stand with a comma between them";
            let advice = "separate folders by a semicolon, such as reports=/srv/reports; share=/mnt/share";
            return Err(InvalidSetting::new(problem, advice));
        }
        if folders.iter().any(|known| known.name == name) {
            let problem = format!("the name {} appears twice", quote_value(&name));
            return Err(InvalidSetting::new(problem, "give each folder a name of its own"));
        }
        folders.push(NamedFolder {
            name,
            path: PathBuf::from(path),
        });
    }
    Ok(folders)
}

/// `share=/mnt/share`, which may stand in a path and hardly ever does.
fn is_named_folder(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| is_plain_name(name.trim()))
}

/// The name of a folder that `bus.ini` lists.
pub(super) fn parse_place_name(text: &str) -> Result<String, InvalidSetting> {
    if is_plain_name(text) {
        return Ok(text.to_owned());
    }
    let advice = "write the name that target_folders of bus.ini has: letters, digits, - and _";
    Err(invalid_value(text, "the name of a listed folder", advice))
}

/// The name of a file without folder and ending.
pub(super) fn parse_file_name(text: &str) -> Result<String, InvalidSetting> {
    if is_plain_name(text) {
        return Ok(text.to_owned());
    }
    let advice =
        "write up to 60 letters, digits, - and _, beginning with a letter or digit; the ending comes by itself";
    Err(invalid_value(text, "the name of a file without its ending", advice))
}

fn is_plain_name(text: &str) -> bool {
    text.len() <= FILE_NAME_MAX
        && text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))
}

/// The name of a table or column of ServiceNow: it stands in paths and queries.
pub(super) fn parse_table_name(text: &str) -> Result<String, InvalidSetting> {
    let is_sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if (1..=TABLE_NAME_MAX).contains(&text.len()) && text.bytes().all(is_sign) {
        return Ok(text.to_owned());
    }
    let advice = "write up to 80 lowercase letters, digits and _, such as cmdb_ci_hardware";
    Err(invalid_value(text, "the name of a table or column", advice))
}

/// The name of a custom field of NetBox, which takes no other signs.
pub(super) fn parse_custom_field(text: &str) -> Result<String, InvalidSetting> {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if (1..=CUSTOM_FIELD_MAX).contains(&text.len()) && text.bytes().all(is_sign) {
        return Ok(text.to_owned());
    }
    let advice = "write up to 50 letters, digits and _, such as intune_id";
    Err(invalid_value(text, "the name of a custom field", advice))
}

/// `field=value, …`, in order; at least one.
pub(super) fn parse_status_values(text: &str) -> Result<Vec<StatusValue>, InvalidSetting> {
    let advice = "write fields with their values, such as install_status=7, hardware_status=retired";
    let wrong = || invalid_value(text, "a list of fields and values", advice);
    let mut values = Vec::new();
    for item in parse_list(text)? {
        let (field, value) = item.split_once('=').ok_or_else(wrong)?;
        let value = value.trim();
        if value.is_empty() {
            return Err(wrong());
        }
        values.push(StatusValue {
            field: parse_table_name(field.trim())?,
            value: value.to_owned(),
        });
    }
    if values.is_empty() {
        return Err(wrong());
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_names_and_states_are_fields_with_values() {
        for good in ["cmdb_ci_hardware", "u_intune_id", "x_1"] {
            assert!(parse_table_name(good).is_ok(), "{good}");
        }
        for wrong in ["", "CMDB", "a/b", "a^b", "a b", &"a".repeat(81)] {
            assert!(parse_table_name(wrong).is_err(), "{wrong}");
        }
        for (name, is_good) in [
            ("intune_id", true),
            ("Intune_2", true),
            ("Intune-ID", false),
            ("", false),
        ] {
            assert_eq!(parse_custom_field(name).is_ok(), is_good, "{name}");
        }
        let values = parse_status_values("install_status=7, hardware_status = in use").expect("two");
        let seen: Vec<(&str, &str)> = values
            .iter()
            .map(|status| (status.field.as_str(), status.value.as_str()))
            .collect();
        assert_eq!(seen, [("install_status", "7"), ("hardware_status", "in use")]);
        for wrong in ["install_status", "install_status=", "=7", "a=1,,b=2", "A=1"] {
            assert!(parse_status_values(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_inventory_is_named_by_an_address_without_a_sign_in_in_it() {
        for good in ["https://assets.example", "http://10.0.0.7:8080/ocsinventory"] {
            assert!(parse_inventory_url(good).is_ok(), "{good}");
        }
        for wrong in [
            "assets.example",
            "ftp://assets.example",
            "https://me:hunter2@assets.example",
            "https://assets.example/?key=hunter2",
            "https://assets.example/#top",
        ] {
            assert!(parse_inventory_url(wrong).is_err(), "{wrong}");
        }
        let error = parse_inventory_url("https://me:hunter2@assets.example").expect_err("it has a password");
        assert!(!error.problem.contains("hunter2"), "{}", error.problem);
    }

    #[test]
    fn instances_are_all_or_named() {
        assert_eq!(parse_instances("*"), Ok(None));
        let named = parse_instances("IntuneConnector_1, IntuneConnector_2").expect("names");
        assert_eq!(named.map_or(0, |names| names.len()), 2);
        for wrong in ["*, IntuneConnector_1", "IntuneConnector_1,", "a b"] {
            assert!(parse_instances(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn e6_folders_have_names_and_files_no_folder() {
        let folders = parse_folders("reports=/srv/reports; share = /mnt/a b=c").expect("two");
        let told: Vec<(&str, &str)> = folders
            .iter()
            .map(|folder| (folder.name.as_str(), folder.path.to_str().unwrap_or_default()))
            .collect();
        assert_eq!(told, [("reports", "/srv/reports"), ("share", "/mnt/a b=c")]);
        for wrong in [
            "",
            "reports",
            "reports=",
            "=/srv",
            "a=/b;",
            "a=/b; a=/c",
            "../a=/b",
            "a b=/c",
        ] {
            assert!(parse_folders(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "../devices", "a/b", "a.csv", ".devices", "-a", "ä", &"a".repeat(61)] {
            assert!(
                parse_file_name(wrong).is_err() && parse_place_name(wrong).is_err(),
                "{wrong}"
            );
        }
        assert_eq!(parse_file_name("Devices_2-EU").as_deref(), Ok("Devices_2-EU"));
    }

    #[test]
    fn hosts_and_schemas_are_names_and_nothing_else() {
        for good in ["db.example", "localhost", "10.0.0.7", "::1"] {
            assert!(parse_database_host(good).is_ok(), "{good}");
        }
        for wrong in [
            "db.example:5432",
            "postgres://db.example",
            "me@db.example",
            "/run/postgresql",
            "a b",
        ] {
            assert!(parse_database_host(wrong).is_err(), "{wrong}");
        }
        for good in ["intune", "_a1"] {
            assert!(parse_schema_name(good).is_ok(), "{good}");
        }
        for wrong in ["Intune", "1a", "a-b", "pg_intune", "a\"; drop", "", &"a".repeat(64)] {
            assert!(parse_schema_name(wrong).is_err(), "{wrong}");
        }
    }
}
