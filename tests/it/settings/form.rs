//! What a file may look like, what holds where nothing is set, and what people read about keys.

use std::fs;

use intune_connector::config::{
    ActionSettings, Audience, BusSettings, CredentialKind, GraphVersion, settings_reference,
};
use intune_connector::inventory::field_reference;
use intune_connector::model::ActionKind;
use intune_connector::schedule::Trigger;

use super::{CLIENT, House, TENANT, good, secret_of};
use crate::support::canary;

#[test]
fn defaults_hold_where_nothing_is_set() {
    let house = House::new();
    let bus = house.folder.read_bus_settings().unwrap();
    assert_eq!(bus, BusSettings::default());
    assert_eq!(bus.listen.to_string(), "127.0.0.1:3900");
    assert!(!bus.uses_tls(bus.listen) && bus.uses_tls("0.0.0.0:3900".parse().unwrap()));
    assert_eq!(
        (bus.log.keep_days, bus.api.max_wait_ms, bus.auto_accept),
        (30, 60_000, false)
    );

    assert_eq!(
        (bus.limits.per_job, bus.limits.per_hour, bus.limits.per_day),
        (10, 20, 50)
    );
    assert_eq!(
        (bus.approval.always, bus.approval.above, bus.approval.per_hour),
        (false, 3, 3)
    );

    let settings = house.folder.read_instance(&house.instance(&good())).unwrap();
    assert_eq!(
        settings.actions,
        ActionSettings::default(),
        "e4: nothing is switched on"
    );
    assert_eq!(settings.audience, Audience::Everybody);
    assert_eq!(settings.scan.incremental, Trigger::EverySeconds(120));
    assert_eq!(settings.scan.full, None);
    assert_eq!(
        (
            settings.scan.overlap_s,
            settings.scan.page_size,
            settings.budget_percent
        ),
        (600, 1_000, 50)
    );
    assert_eq!((settings.scan.brake_percent, settings.scan.brake_devices), (5.0, 10));
    assert_eq!(
        (settings.devices.tombstone_days, settings.devices.history_days),
        (90, 90)
    );
}

#[test]
fn a_run_on_an_empty_folder_writes_a_bus_ini_that_says_what_holds_anyway() {
    let house = House::new();
    assert!(house.folder.write_default_bus_ini().unwrap());
    assert_eq!(house.folder.read_bus_settings().unwrap(), BusSettings::default());
    let text = fs::read_to_string(house.folder.bus_ini_path()).unwrap();
    assert!(
        text.contains("[sics]\n") && text.contains("# listen = 127.0.0.1:3900\n"),
        "{text}"
    );

    fs::write(house.folder.bus_ini_path(), "auto_accept = yes\n").unwrap();
    assert!(
        !house.folder.write_default_bus_ini().unwrap(),
        "a file that is there is left alone"
    );
    assert!(house.folder.read_bus_settings().unwrap().auto_accept);
}

#[test]
fn n4_all_that_is_wrong_in_a_bus_ini_is_told_at_once_with_its_lines() {
    let house = House::new();
    fs::write(
        house.folder.bus_ini_path(),
        "listen = here\nnonsense = 1\nauto_accept = perhaps\n",
    )
    .unwrap();
    let error = house.folder.read_bus_settings().unwrap_err();
    assert_eq!((error.line, error.key.as_str()), (Some(1), "listen"), "{error}");
    let told = error.to_string();
    for place in ["bus.ini:1: listen", "bus.ini:2: nonsense", "bus.ini:3: auto_accept"] {
        assert_eq!(told.matches(place).count(), 1, "{place}: {told}");
    }
}

#[test]
fn every_default_in_the_file_is_taken_when_its_mark_is_removed() {
    let house = House::new();
    house.folder.write_default_bus_ini().unwrap();
    let text = fs::read_to_string(house.folder.bus_ini_path()).unwrap();
    let live: Vec<String> = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest
                    .split_once(" = ")
                    .is_some_and(|(key, value)| !key.contains(' ') && value != "…") =>
            {
                rest.to_owned()
            }
            _ => line.to_owned(),
        })
        .collect();
    fs::write(house.folder.bus_ini_path(), live.join("\n")).unwrap();
    assert_eq!(house.folder.read_bus_settings().unwrap(), BusSettings::default());
}

#[test]
fn backslashes_quotes_and_comment_signs_inside_a_value_are_kept() {
    let house = House::new();
    let secret = r#"a\b\n"c' #d ;e =f:g ü"#;
    let name = house.instance(&format!(
        "{TENANT}\n{CLIENT}\nsecret = {secret}\nnext_token_file = C:\\certs\\token\n"
    ));
    let settings = house.folder.read_instance(&name).unwrap();
    assert_eq!(secret_of(&settings.credential.kind), secret);
    let next = settings.next_credential.unwrap().kind;
    assert!(matches!(next, CredentialKind::TokenFile(file) if file.ends_with("C:\\certs\\token")));
    assert_eq!(
        secret_of(&house.folder.read_instance(&name).unwrap().credential.kind),
        secret,
        "and after sealing"
    );
}

#[test]
fn windows_line_ends_a_byte_order_mark_and_indentation_are_taken_and_kept() {
    let house = House::new();
    let text = format!(
        "\u{feff}; mine\r\n[tenant]\r\n  {TENANT}\r\n\t{CLIENT}\r\n\r\n  # next\r\n[sign-in]\r\nsecret={}\r\n",
        canary::SECRET
    );
    let name = house.instance(&text);
    house.folder.read_instance(&name).unwrap();
    let after = house.text(&name);
    let cut = after.find("secret = sealed:v2:").unwrap();
    assert_eq!(
        after[..cut],
        text[..text.find("secret=").unwrap()],
        "every other byte stays"
    );
    assert!(
        after.ends_with("\r\n") && !after[cut..].trim_end().contains('\n'),
        "{after}"
    );
}

#[test]
fn m24_a_settings_file_in_utf_16_is_read_and_kept_as_utf_8() {
    let house = House::new();
    let marked = format!("\u{feff}{}", super::good().replace('\n', "\r\n"));
    for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = marked.encode_utf16().flat_map(to_bytes).collect();
        let name = house.instance("");
        std::fs::write(house.folder.instance_ini_path(&name), bytes).unwrap();
        let settings = house.folder.read_instance(&name).unwrap();
        assert_eq!(secret_of(&settings.credential.kind), canary::SECRET);
        assert!(house.text(&name).contains("secret = sealed:v2:"));
    }
}

#[test]
fn paths_count_from_the_folder_of_the_file() {
    let house = House::new();
    fs::write(house.folder.path().join("instances/secret.txt"), "from beside the file").unwrap();
    let name = house.instance(&format!("{TENANT}\n{CLIENT}\nsecret_file = secret.txt\n"));
    assert_eq!(
        secret_of(&house.folder.read_instance(&name).unwrap().credential.kind),
        "from beside the file"
    );
}

#[test]
fn the_reference_names_every_key_and_no_two_keys_share_a_name() {
    let text = settings_reference();
    for table in [
        intune_connector::config::BUS_TABLE,
        intune_connector::config::INSTANCE_TABLE,
        intune_connector::config::ORDER_TABLE,
    ] {
        for (at, key) in table.keys.iter().enumerate() {
            let written = key.name.trim_start_matches("node.NAME.");
            assert!(text.contains(&format!("| `{written}` |")), "{}", key.name);
            let others = table
                .keys
                .iter()
                .skip(at + 1)
                .filter(|other| other.name == key.name && key.name != "version");
            assert_eq!(others.count(), 0, "{} appears twice", key.name);
        }
    }
}

/// `BLESS=1 cargo test --test it reference` writes it anew.
#[test]
fn the_reference_in_the_docs_is_the_one_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/SETTINGS.md");
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
        fs::write(path, settings_reference()).unwrap();
    }
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text == settings_reference(),
        "docs/SETTINGS.md is older than the tables of keys; see above"
    );
}

/// The same for docs/FIELDS.md.
#[test]
fn mi_6_the_reference_of_fields_in_the_docs_is_the_one_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/FIELDS.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, field_reference::reference_page()).unwrap();
    }
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text == field_reference::reference_page(),
        "docs/FIELDS.md is older than the table of properties; see above"
    );
}

#[test]
fn what_is_said_of_actions_is_read_as_it_is_meant() {
    let house = House::new();
    let text = "verbs = sync, wipe\nnever_touch = deviceName.startsWith(\"VIP\")\n\
        never_touch_ids = 7809C88C-0000-4000-8000-000000000001\npersonal_allowed = locate\n\
        maintenance_windows = */30 22-23 * * 1-5 for 30m in Europe/Berlin; 0 0 * * 6 for 2d in UTC\n\
        verb_versions = rename=v1.0, locate=beta\ndefinitions = Lost laptop=remoteLock\n";
    let name = house.instance(&format!("{}{text}", good()));
    let actions = house.folder.read_instance(&name).unwrap().actions;
    assert_eq!(actions.verbs, [ActionKind::Sync, ActionKind::Wipe].into());
    assert_eq!(actions.never_touch.as_deref(), Some("deviceName.startsWith(\"VIP\")"));
    let ids: Vec<String> = actions.never_touch_ids.iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["7809c88c-0000-4000-8000-000000000001"]);
    assert_eq!(actions.personal_allowed, [ActionKind::Locate].into());
    let windows: Vec<_> = actions
        .windows
        .iter()
        .map(|w| (w.cron.as_str(), w.minutes, w.zone.name()))
        .collect();
    assert_eq!(
        windows,
        [("*/30 22-23 * * 1-5", 30, "Europe/Berlin"), ("0 0 * * 6", 2880, "UTC")]
    );
    assert_eq!(
        actions.versions,
        [
            (ActionKind::Rename, GraphVersion::V1),
            (ActionKind::Locate, GraphVersion::Beta)
        ]
        .into()
    );
    assert_eq!(
        actions.definitions,
        [("Lost laptop".to_owned(), ActionKind::RemoteLock)].into()
    );
}
