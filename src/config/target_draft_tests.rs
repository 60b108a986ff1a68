use super::*;
use crate::config::{AssetTagRule, CsvRules, DatabaseTls, FileFormat, GoneDevices, KindSettings, ReconcileDoor};

type Pairs = &'static [(&'static str, &'static str)];

const OCS: Pairs = &[("url", "https://ocs.example/ocsinventory")];
const SNIPE_IT: Pairs = &[("url", "https://assets.example"), ("token", "not~a~token")];
const NETBOX: Pairs = &[("url", "https://netbox.example"), ("token", "not~a~token")];
const POSTGRESQL: Pairs = &[
    ("host", "db.example"),
    ("database", "assets"),
    ("user", "intune"),
    ("password", "not~a~password"),
];

const GLPI: Pairs = &[
    ("url", "https://glpi.example"),
    ("client_id", "connector"),
    ("client_secret", "not~a~secret"),
    ("user", "intune"),
    ("password", "not~a~password"),
];

const SERVICENOW: Pairs = &[
    ("url", "https://example.service-now.com"),
    ("user", "intune.connector"),
    ("password", "not~a~password"),
];

fn least_pairs(kind: TargetKind) -> Pairs {
    match kind {
        TargetKind::Ocs => OCS,
        TargetKind::SnipeIt => SNIPE_IT,
        TargetKind::PostgreSql => POSTGRESQL,
        TargetKind::File => &[],
        TargetKind::NetBox => NETBOX,
        TargetKind::Glpi => GLPI,
        TargetKind::ServiceNow => SERVICENOW,
    }
}

/// What a kind needs, with `more` in place of it or beside it.
fn draft(kind: TargetKind, more: &[(&'static str, &'static str)]) -> TargetDraft {
    let is_replaced = |name: &str| more.iter().any(|(other, _)| *other == name);
    let least = least_pairs(kind).iter().filter(|(name, _)| !is_replaced(name));
    TargetDraft::from_pairs(kind, least.chain(more).copied()).expect("known keys")
}

fn wrong_keys(kind: TargetKind, more: &[(&'static str, &'static str)]) -> Vec<String> {
    let errors = draft(kind, more).build_settings().expect_err("it is wrong");
    errors.into_iter().map(|error| error.key).collect()
}

#[test]
fn defaults_are_settings() {
    for kind in TargetKind::ALL {
        let settings = draft(*kind, &[]).build_settings().expect("they fit");
        assert_eq!(settings.kind(), *kind);
        assert!(settings.instances.is_none() && !settings.delete_allowed);
        let knows_users = !matches!(kind, TargetKind::Ocs | TargetKind::File | TargetKind::NetBox);
        assert_eq!(settings.assign_users, knows_users);
        assert!(settings.write_window.is_none() && !settings.allow_private_addresses);
        let name = "IntuneConnector_7".parse().expect("a name");
        assert!(settings.includes_instance(&name));
        let shown = format!("{settings:?} {:?}", draft(*kind, &[]));
        assert!(!shown.contains("not~a~"), "{shown}");
    }
    let settings = draft(TargetKind::SnipeIt, &[]).build_settings().expect("they fit");
    assert_eq!(settings.requests_per_minute, 100);
    let KindSettings::SnipeIt(own) = settings.own else {
        panic!("another kind")
    };
    assert_eq!(
        (own.id_field.as_str(), own.asset_tag),
        ("Intune ID", AssetTagRule::Auto)
    );
    let settings = draft(TargetKind::PostgreSql, &[]).build_settings().expect("they fit");
    let KindSettings::PostgreSql(own) = settings.own else {
        panic!("another kind")
    };
    assert_eq!(
        (own.port, own.tls, own.schema.as_str()),
        (5432, DatabaseTls::Verify, "intune")
    );
}

#[test]
fn a_file_is_a_table_unless_it_is_said_otherwise_and_has_no_network() {
    let read = |more: Pairs| {
        let settings = draft(TargetKind::File, more).build_settings().expect("they fit");
        assert!(settings.network.proxy.is_none() && settings.requests_per_minute == 0);
        let KindSettings::File(own) = settings.own else {
            panic!("another kind")
        };
        own
    };
    let usual = read(&[]);
    let csv = CsvRules {
        separator: b',',
        quotes_all: false,
        byte_order_mark: false,
        spreadsheet_safe: true,
    };
    assert_eq!(
        (usual.place, usual.file_name.as_str(), usual.format),
        (None, "devices", FileFormat::Csv(csv))
    );
    assert_eq!(
        (usual.columns[2].as_str(), usual.gone_devices),
        ("deviceName", GoneDevices::List)
    );
    let other = read(&[
        ("place", "share"),
        ("format", "NDJSON"),
        ("columns", "deviceName, Inventarnummer"),
        ("gone_devices", "column"),
    ]);
    assert_eq!(
        (other.place.as_deref(), other.format),
        (Some("share"), FileFormat::Ndjson)
    );
    assert_eq!((other.columns.len(), other.gone_devices), (2, GoneDevices::Column));
    let german = read(&[
        ("separator", "semicolon"),
        ("quoting", "all"),
        ("byte_order_mark", "yes"),
    ]);
    let wanted = CsvRules {
        separator: b';',
        quotes_all: true,
        byte_order_mark: true,
        ..csv
    };
    assert_eq!(german.format, FileFormat::Csv(wanted));
}

#[test]
fn servicenow_is_signed_in_to_by_a_user_by_a_client_or_by_both() {
    let own = |more: &[(&'static str, &'static str)]| {
        let settings = draft(TargetKind::ServiceNow, more).build_settings().expect("they fit");
        let KindSettings::ServiceNow(own) = settings.own else {
            panic!("another kind")
        };
        own
    };
    let usual = own(&[]);
    assert_eq!(
        (usual.data_source.as_str(), usual.root_table.as_str(), usual.door),
        ("IntuneConnector", "cmdb_ci_hardware", ReconcileDoor::Enhanced)
    );
    assert_eq!(usual.gone_values.first().map(|status| status.value.as_str()), Some("7"));
    assert!(usual.other_sources.is_empty() && usual.client_id.is_none());
    let client = [("client_id", "abc"), ("client_secret", "not~a~secret")];
    let alone = own(&[client[0], client[1], ("user", ""), ("password", "")]);
    assert!(alone.user.is_none() && alone.client_id.is_some());
    let both = own(&[
        client[0],
        client[1],
        ("door", "batch"),
        ("other_sources", "SG-Intune, SCCM"),
    ]);
    assert_eq!((both.door, both.other_sources.len()), (ReconcileDoor::Batch, 2));
}

#[test]
fn what_is_given_is_read() {
    let more = [
        ("instances", "IntuneConnector_1, IntuneConnector_2"),
        ("write_window", "22:00-06:00"),
        ("zone", "Europe/Berlin"),
        ("duplicate_level", "3"),
        ("tag", "intune"),
        ("user", "bus"),
        ("password", "not~a~password"),
    ];
    let settings = draft(TargetKind::Ocs, &more).build_settings().expect("they fit");
    let name = |text: &str| text.parse().expect("a name");
    assert!(settings.includes_instance(&name("IntuneConnector_2")));
    assert!(!settings.includes_instance(&name("IntuneConnector_3")));
    assert_eq!(
        settings.write_window.map(|window| (window.from, window.to)),
        Some((22 * 60, 6 * 60))
    );
    let KindSettings::Ocs(own) = settings.own else {
        panic!("another kind")
    };
    assert_eq!((own.duplicate_level, own.tag.as_deref()), (3, Some("intune")));
    assert!(own.password.is_some());
}

#[test]
fn what_does_not_fit_is_told_at_its_key() {
    use TargetKind::{File, Glpi, Ocs, PostgreSql, ServiceNow, SnipeIt};
    let rows: &[(TargetKind, Pairs, &[&str])] = &[
        (File, &[("place", "/srv/reports")], &["place"]),
        (File, &[("file_name", "../devices")], &["file_name"]),
        (Ocs, &[("url", "")], &["url"]),
        (Ocs, &[("user", "bus")], &["user"]),
        (Ocs, &[("url", "http://10.0.0.7/ocsinventory")], &["url"]),
        (Ocs, &[("rest_url", "http://10.0.0.7/ocsapi/v1")], &["rest_url"]),
        (SnipeIt, &[("url", ""), ("token", "")], &["url", "token"]),
        (SnipeIt, &[("proxy_user", "corp")], &["proxy_user"]),
        (SnipeIt, &[("no_proxy", "assets.example:443")], &["no_proxy"]),
        (SnipeIt, &[("client_key", "x")], &["client_key"]),
        (PostgreSql, &[("password", "")], &["password"]),
        (PostgreSql, &[("tls", "off")], &["tls"]),
        (PostgreSql, &[("schema", "Intune")], &["schema"]),
        (PostgreSql, &[("host", "db.example:5432")], &["host"]),
        (Glpi, &[("url", "")], &["url"]),
        (Glpi, &[("password", "")], &["user"]),
        (Glpi, &[("client_secret", "")], &["client_id"]),
        (Glpi, &[("inventory_sign_in", "basic")], &["inventory_user"]),
        (ServiceNow, &[("user", ""), ("password", "")], &["user"]),
        (ServiceNow, &[("password", "")], &["user"]),
        (ServiceNow, &[("client_id", "abc")], &["client_id"]),
        (ServiceNow, &[("root_table", "cmdb/ci")], &["root_table"]),
        (ServiceNow, &[("gone_values", "retired")], &["gone_values"]),
    ];
    for (kind, more, keys) in rows {
        assert_eq!(wrong_keys(*kind, more), *keys, "{more:?}");
    }
    for (kind, name, value) in [
        (SnipeIt, "asset_tag", "none"),
        (SnipeIt, "write_window", "always"),
        (Ocs, "duplicate_level", "64"),
        (Ocs, "delete_allowed", "yes"),
        (PostgreSql, "url", "https://db.example"),
        (File, "format", "xlsx"),
        (File, "columns", "deviceName, deviceName"),
        (File, "proxy", "http://proxy.example:3128"),
        (Glpi, "no_serial", "guess"),
        (Glpi, "inventory_sign_in", "maybe"),
    ] {
        let error = TargetDraft::from_pairs(kind, [(name, value)]).expect_err(name);
        assert_eq!(error.key, name);
    }
}

#[test]
fn unencrypted_is_for_networks_of_ones_own() {
    let own_network: Pairs = &[
        ("url", "http://10.0.0.7/ocsinventory"),
        ("allow_private_addresses", "yes"),
    ];
    assert!(draft(TargetKind::Ocs, own_network).build_settings().is_ok());
    let own_database: Pairs = &[("tls", "off"), ("allow_private_addresses", "yes")];
    assert!(draft(TargetKind::PostgreSql, own_database).build_settings().is_ok());
}

#[test]
fn a_client_certificate_needs_its_own_key() {
    let read = |name: &str| {
        let path = format!("{}/tests/fixtures/certs/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect(name)
    };
    let (cert, other, key) = (read("cert.pem"), read("next-cert.pem"), read("key.pem"));
    let build = |cert: &str, key: &str| {
        let least = [("host", "db.example"), ("database", "assets"), ("user", "intune")];
        let identity = [("client_cert", cert), ("client_key", key)];
        let draft = TargetDraft::from_pairs(TargetKind::PostgreSql, least.into_iter().chain(identity));
        draft.expect("known keys").build_settings()
    };
    let settings = build(&cert, &key).expect("they belong together, and no password is needed");
    assert!(settings.client_identity.is_some());
    for (wrong_cert, wrong_key, at) in [
        (other.as_str(), key.as_str(), "client_key"),
        (cert.as_str(), cert.as_str(), "client_key"),
        (key.as_str(), key.as_str(), "client_cert"),
    ] {
        let errors = build(wrong_cert, wrong_key).expect_err(at);
        assert_eq!(errors[0].key, at);
    }
}

#[test]
fn e7_a_change_that_leads_a_secret_elsewhere_gives_it_anew() {
    use TargetKind::{Glpi, Ocs, PostgreSql, SnipeIt};
    let change = |kind, pairs: Pairs| TargetDraft::from_pairs(kind, pairs.iter().copied()).expect("known");
    let ocs_user: Pairs = &[("user", "bus"), ("password", "not~a~password")];
    let rows: &[(TargetKind, Pairs, Pairs, &str)] = &[
        (SnipeIt, &[], &[("url", "https://attacker.example")], "token"),
        (SnipeIt, &[], &[("proxy", "http://attacker.example:8080")], "token"),
        (SnipeIt, &[], &[("allow_private_addresses", "yes")], "token"),
        (Ocs, ocs_user, &[("rest_url", "https://attacker.example")], "password"),
        (Ocs, ocs_user, &[("no_proxy", "ocs.example")], "password"),
        (PostgreSql, &[], &[("host", "attacker.example")], "password"),
        (PostgreSql, &[], &[("port", "5433")], "password"),
        (PostgreSql, &[], &[("tls", "require")], "password"),
        (PostgreSql, &[], &[("user", "postgres")], "password"),
        (Glpi, &[], &[("url", "https://attacker.example")], "client_secret"),
        (Glpi, &[], &[("inventory_sign_in", "client")], "client_secret"),
    ];
    for (kind, more, changed, secret) in rows {
        let error = draft(*kind, more)
            .check_change(&change(*kind, changed))
            .expect_err("it is refused");
        assert_eq!(error.key, changed[0].0);
        assert!(
            error.problem.contains(secret) && error.advice.contains("in the same request"),
            "{error}"
        );
    }
    let present = draft(SnipeIt, &[]);
    let anew = change(SnipeIt, &[("url", "https://other.example"), ("token", "not~a~token")]);
    present.check_change(&anew).expect("the token is given anew");
    let unled_rows: [Pairs; 3] = [
        &[("instances", "IntuneConnector_1")],
        &[("requests_per_minute", "60")],
        &[("url", "https://assets.example")],
    ];
    for unled in unled_rows {
        present
            .check_change(&change(SnipeIt, unled))
            .expect("it leads nothing elsewhere");
    }
}
