//! Settings files, right and wrong: what is refused, with which line, key and advice; what is sealed, and how the file
//! looks afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use intune_connector::config::{
    Audience, BusSettings, CredentialKind, Folder, InstanceDraft, SEALED_PREFIX, SecretKey, SettingsError, Trigger,
    settings_reference,
};
use intune_connector::model::InstanceName;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::canary;

const TENANT: &str = "tenant_id = 11111111-2222-3333-4444-555555555555";
const CLIENT: &str = "client_id = 66666666-7777-8888-9999-000000000000";

struct House {
    dir: tempfile::TempDir,
    folder: Folder,
}

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path().join("data")).unwrap();
        House { dir, folder }
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes an instance's file by hand.
    fn instance(&self, text: &str) -> InstanceName {
        let name: InstanceName = "IntuneConnector_1".parse().unwrap();
        fs::write(self.folder.instance_ini(&name), text).unwrap();
        name
    }

    fn text(&self, name: &InstanceName) -> String {
        fs::read_to_string(self.folder.instance_ini(name)).unwrap()
    }
}

fn good() -> String {
    format!("{TENANT}\n{CLIENT}\nsecret = {}\n", canary::SECRET)
}

fn pairs(secret_file: &Path) -> Vec<(String, String)> {
    vec![
        ("tenant_id".into(), "contoso.onmicrosoft.com".into()),
        ("client_id".into(), "66666666-7777-8888-9999-000000000000".into()),
        ("secret_file".into(), secret_file.display().to_string()),
    ]
}

fn secret_of(kind: &CredentialKind) -> &str {
    match kind {
        CredentialKind::Secret(secret) => secret.expose_secret(),
        other => panic!("a secret was wanted, not {other:?}"),
    }
}

/// line (0: none), key, part of the problem, part of the advice
type Expected = (u32, &'static str, &'static str, &'static str);

fn assert_complaint(error: &SettingsError, file: &str, text: &str, (line, key, problem, advice): Expected) {
    let context = format!("{text}\n→ {error}");
    assert!(error.file.ends_with(file), "file: {context}");
    assert_eq!(error.line.unwrap_or(0), line, "line: {context}");
    assert_eq!(error.key, key, "key: {context}");
    assert!(error.problem.contains(problem), "problem {problem:?}: {context}");
    assert!(error.advice.contains(advice), "advice {advice:?}: {context}");
    let shown = error.to_string();
    assert!(!shown.contains('\n'), "one line: {context}");
    assert!(
        shown.contains(&error.advice) && shown.contains(file),
        "all of it: {context}"
    );
    canary::assert_no_canary(&shown);
}

#[test]
fn wrong_bus_settings_are_refused_with_line_key_and_advice() {
    #[rustfmt::skip]
    let table: &[(&str, Expected)] = &[
        ("[sics]\nlisten = 3900", (2, "listen", "not an address with a port", "127.0.0.1:3900")),
        ("listen = localhost:3900", (1, "listen", "not an address with a port", "127.0.0.1:3900")),
        ("listen = 127.0.0.1:99999", (1, "listen", "not an address", "127.0.0.1:3900")),
        ("[sics]\ntls = off\nlisten = 0.0.0.0:3900", (3, "listen", "other machines reach", "plain_http_beyond_loopback = yes")),
        ("tls = off\nlisten = [::]:3900", (2, "listen", "other machines reach", "tls = auto")),
        ("tls = off\nmetrics_listen = 10.0.0.1:9100", (2, "metrics_listen", "other machines reach", "tls = auto")),
        ("plain_http_beyond_loopback = yes", (1, "plain_http_beyond_loopback", "tls is not off", "tls = off")),
        ("tls = yes", (1, "tls", "not one of the words", "auto, on, off")),
        ("certificate_file = c.pem", (1, "certificate_file", "key of this certificate is missing", "add key_file")),
        ("key_file = k.pem", (1, "key_file", "certificate of this key is missing", "add certificate_file")),
        ("tls = off\ncertificate_file = c.pem\nkey_file = k.pem", (2, "certificate_file", "tls is off", "tls = on")),
        ("metrics_listen = 127.0.0.1:3900", (1, "metrics_listen", "same address as listen", "another port")),
        ("auto_accept = maybe", (1, "auto_accept", "not yes or no", "yes or no")),
        ("max_wait_ms = 60001", (1, "max_wait_ms", "out of range", "0 to 60000")),
        ("max_wait_ms = -1", (1, "max_wait_ms", "not a whole number", "0 to 60000")),
        ("max_wait_ms = 1e3", (1, "max_wait_ms", "not a whole number", "0 to 60000")),
        ("max_wait_ms = 99999999999999999999999", (1, "max_wait_ms", "not a whole number", "0 to 60000")),
        ("# ok\n\n[log]\nkeep_days = 0", (4, "keep_days", "out of range", "1 to 3650")),
        ("level = verbose", (1, "level", "not one of the words", "debug")),
        ("format = \"json\"", (1, "format", "in quotes", "without quotes")),
        ("lissten = 127.0.0.1:1", (1, "lissten", "no such key", "did you mean listen?")),
        ("auto-accept = yes", (1, "auto-accept", "no such key", "did you mean auto_accept?")),
        ("Listen = 127.0.0.1:1", (1, "Listen", "no such key", "did you mean listen?")),
        ("frobnicate = 1", (1, "frobnicate", "no such key", "lists the keys of bus.ini")),
        ("[sic]\nlisten = 127.0.0.1:1", (1, "", "no section [sic]", "did you mean [sics]?")),
        ("[log]\nlisten = 127.0.0.1:1", (2, "listen", "belongs to section [sics], not [log]", "move the line under [sics]")),
        ("[sics]\nlisten = 127.0.0.1:1\n[log]\n[sics]\n", (4, "", "[sics] stands twice, first in line 1", "under one header")),
        ("tls = on\n; comment\ntls = on", (3, "tls", "stands twice, first in line 1", "keep one")),
        ("[sics]\ntls = on\n[log]\ntls = on", (4, "tls", "stands twice, first in line 2", "keep one")),
        ("listen", (1, "", "neither a comment nor key = value", "put # before it")),
        ("listen: 127.0.0.1:1", (1, "", "neither a comment nor key = value", "key = value")),
        ("[sics\ntls = on", (1, "", "header is not closed", "[scan]")),
        ("[sics] # here\ntls = on", (1, "", "header is not closed", "alone on its line")),
        (" = 5", (1, "", "no key", "letters, digits")),
        ("tls =", (1, "tls", "has no value", "take the line out")),
        ("certificate_file = C:\\certs\\", (1, "certificate_file", "ends in a backslash", "take the backslash off")),
        ("tls = on\u{7}", (1, "", "control characters", "UTF-8")),
        ("version = 2", (1, "version", "out of range", "1 to 1")),
    ];
    for (text, expected) in table {
        let house = House::new();
        fs::write(house.folder.bus_ini(), text).unwrap();
        let error = house.folder.bus_settings().expect_err(text);
        assert_complaint(&error, "bus.ini", text, *expected);
    }
}

#[test]
fn wrong_instance_settings_are_refused_with_line_key_and_advice() {
    let long = "x".repeat(1_001);
    let base = |rest: &str| format!("{TENANT}\n{CLIENT}\nsecret = {}\n{rest}", canary::SECRET);
    let signed = |rest: &str| format!("{TENANT}\n{CLIENT}\n{rest}");
    #[rustfmt::skip]
    let table: &[(String, Expected)] = &[
        (format!("{CLIENT}\nsecret = x"), (0, "tenant_id", "is missing", "app registration")),
        (format!("{TENANT}\nsecret = x"), (0, "client_id", "is missing", "app registration")),
        (format!("tenant_id = common\n{CLIENT}"), (1, "tenant_id", "no single tenant", "own id")),
        (format!("tenant_id = contoso\n{CLIENT}"), (1, "tenant_id", "not a tenant id", "GUID or a domain")),
        ("client_id = my-app".to_owned(), (1, "client_id", "not a GUID", "app registration")),
        (signed(""), (0, "secret_file", "no credential", "secret_file, pfx_file, cert_file with key_file, or token_file")),
        (base("pfx_file = a.pfx"), (4, "pfx_file", "second credential beside secret", "prefix next_")),
        (base("token_file = t"), (4, "token_file", "second credential beside secret", "keep one")),
        (base("secret_file = s"), (4, "secret_file", "given beside secret", "not both")),
        (base("pfx_password = p"), (4, "pfx_password", "given without pfx_file", "add pfx_file")),
        (base("pfx_password_file = p"), (4, "pfx_password_file", "given without pfx_file", "add pfx_file")),
        (base("key_file = k"), (4, "key_file", "given without cert_file", "add cert_file")),
        (base("algorithm = rs256"), (4, "algorithm", "given without pfx_file or cert_file", "take this line out")),
        (signed("cert_file = c.pem"), (3, "cert_file", "private key of this certificate is missing", "add key_file")),
        (signed("token_file = t\nsecret_expires_on = 2027-01-01"), (4, "secret_expires_on", "given without secret_file", "take this line out")),
        (base("next_client_id = 66666666-7777-8888-9999-000000000000"), (4, "next_client_id", "without a credential", "next_secret_file")),
        (base("next_secret = a\nnext_pfx_file = b"), (5, "next_pfx_file", "second credential beside next_secret", "keep one")),
        (base("actions_key_file = k"), (4, "actions_key_file", "given without actions_cert_file", "add actions_cert_file")),
        (signed("secret_file = nowhere.txt"), (3, "secret_file", "can't be read", "check the path")),
        (signed("secret_file = ."), (3, "secret_file", "is no file", "check the path")),
        (signed("pfx = not*base64"), (3, "pfx", "not base64", "pfx_file")),
        (signed("secret = sealed:v1:AAAA"), (3, "secret", "damaged or cut off", "give the secret again")),
        (signed("secret = sealed:v9:AAAA"), (3, "secret", "form unknown to this version", "upgrade")),
        (base("secret_expires_on = 31.12.2027"), (4, "secret_expires_on", "not a date", "2027-03-31")),
        (base("secret_expires_on = 2027-02-30"), (4, "secret_expires_on", "not a date", "2027-03-31")),
        (base("cloud = germany"), (4, "cloud", "not one of the words", "global, usgov, dod, china")),
        (base("login_url = login.microsoftonline.com"), (4, "login_url", "not an address", "https://")),
        (base("graph_url = http://graph.example.com"), (4, "graph_url", "unencrypted", "https://")),
        (base("graph_url = https://graph.microsoft.com/v1.0"), (4, "graph_url", "has a path", "version are added")),
        (base("login_url = https://user:canary-ProxyPassword-9uY@host"), (4, "login_url", "carries a user name or password", "take it out")),
        (base("proxy = http://u:canary-ProxyPassword-9uY@proxy:8080"), (4, "proxy", "carries a user name or password", "proxy_password_file")),
        (base("proxy = proxy:8080"), (4, "proxy", "not an http or https address", "http://proxy.example.com:8080")),
        (base("proxy = http://proxy/wpad.dat"), (4, "proxy", "has a path", "PAC file is not read")),
        (base("proxy_user = me"), (4, "proxy_user", "given without proxy", "add proxy")),
        (base("proxy = http://proxy:8080\nproxy_password = canary-ProxyPassword-9uY"), (5, "proxy_password", "given without proxy_user", "add proxy_user")),
        (base("incremental = 15 minutes"), (4, "incremental", "not a time to run at", "every 15m")),
        (base("incremental = every 0m"), (4, "incremental", "not a time to run at", "every 15m")),
        (base("full = 61 3 * * *"), (4, "full", "not a time to run at", "cron expression")),
        (base("full = 0 3 * *"), (4, "full", "not a time to run at", "cron expression")),
        (base("full = off"), (4, "full", "no device is ever found missing", "enabled = no")),
        (base("zone = Berlin"), (4, "zone", "not a time zone", "Europe/Berlin")),
        (base("zone = \"Europe/Berlin\""), (4, "zone", "in quotes", "without quotes")),
        (base("page_size = 1001"), (4, "page_size", "out of range", "1 to 1000")),
        (base("page_size = 0"), (4, "page_size", "out of range", "1 to 1000")),
        (base("page_size = many"), (4, "page_size", "not a whole number", "1 to 1000")),
        (base("budget_percent = 0"), (4, "budget_percent", "out of range", "1 to 100")),
        (base("brake_percent = 51"), (4, "brake_percent", "out of range", "0 to 50")),
        (base("brake_percent = NaN"), (4, "brake_percent", "out of range", "0 to 50")),
        (base("brake_percent = 5%"), (4, "brake_percent", "not a number", "0 to 50")),
        (base("tombstone_days = 91"), (4, "tombstone_days", "out of range", "1 to 90")),
        (base("incremental = every 5m\njitter_s = 300"), (5, "jitter_s", "can't start so many seconds late", "jitter shorter")),
        (base("servers = *, cmdb"), (4, "servers", "beside single servers", "either *")),
        (base("servers = cmdb,,itam"), (4, "servers", "empty entry", "spare comma")),
        (base("servers = cmdb, CMDB"), (4, "servers", "stands twice", "take one out")),
        (base("servers = my server"), (4, "servers", "not a server id", "letters, digits")),
        (base("class_1 = phones"), (4, "class_1", "not a class rule", "phone: model")),
        (base("class_1 = big phone: true"), (4, "class_1", "not a class", "one word")),
        (base("class_1 = phone:"), (4, "class_1", "expression is empty", "CEL")),
        (base("class_0 = phone: true"), (4, "class_0", "no such key", "did you mean class_N?")),
        (base(&format!("filter = {long}")), (4, "filter", "1001 characters", "at most 1000")),
        (base("enrich = always"), (4, "enrich", "not one of the words", "off, new, daily")),
        (base("tennant_id = x"), (4, "tennant_id", "no such key", "did you mean tenant_id?")),
        (base("client_secret = canary-Token-0123456789abcdef"), (4, "client_secret", "no such key", "")),
        (base("canary-Token-0123456789abcdef"), (4, "", "neither a comment nor key = value", "")),
        (base("[scans]\n"), (4, "", "no section [scans]", "did you mean [scan]?")),
    ];
    for (text, expected) in table {
        let house = House::new();
        let name = house.instance(text);
        let error = house.folder.instance(&name).expect_err(text);
        assert_complaint(&error, "IntuneConnector_1.ini", text, *expected);
        assert_eq!(
            &house.text(&name),
            text,
            "a file that is refused stays as its author left it"
        );
    }
}

#[test]
fn all_complaints_about_a_file_can_be_had_at_once() {
    let house = House::new();
    let name = house.instance("page_size = 0\nzone = Mars\nlissten = 1\n");
    let errors = house.folder.check_instance(&name);
    let lines: Vec<Option<u32>> = errors.iter().map(|error| error.line).collect();
    assert_eq!(lines, [Some(1), Some(2), Some(3)]);
    let name = house.instance("secret = a\npfx_file = b\nproxy_user = c\n");
    let keys: Vec<String> = house
        .folder
        .check_instance(&name)
        .into_iter()
        .map(|error| error.key)
        .collect();
    assert_eq!(keys, ["pfx_file", "proxy_user", "tenant_id", "client_id"]);
}

#[test]
fn a_file_that_is_no_text_is_refused_with_its_line() {
    let house = House::new();
    fs::write(house.folder.bus_ini(), b"tls = on\nlevel = \xff\n").unwrap();
    let error = house.folder.bus_settings().unwrap_err();
    assert_eq!(
        (error.line, error.problem.as_str()),
        (Some(2), "the file is not UTF-8 text")
    );
}

#[test]
fn defaults_hold_where_nothing_is_set() {
    let house = House::new();
    let bus = house.folder.bus_settings().unwrap();
    assert_eq!(bus, BusSettings::default());
    assert_eq!(bus.listen.to_string(), "127.0.0.1:3900");
    assert!(!bus.uses_tls(bus.listen) && bus.uses_tls("0.0.0.0:3900".parse().unwrap()));
    assert_eq!(
        (bus.log.keep_days, bus.api.max_wait_ms, bus.auto_accept),
        (30, 60_000, false)
    );

    let settings = house.folder.instance(&house.instance(&good())).unwrap();
    assert_eq!(settings.audience, Audience::Everybody);
    assert_eq!(settings.scan.incremental, Trigger::EverySeconds(900));
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
    assert_eq!(settings.devices.tombstone_days, 90);
}

#[test]
fn a_run_on_an_empty_folder_writes_a_bus_ini_that_says_what_holds_anyway() {
    let house = House::new();
    assert!(house.folder.write_default_bus_ini().unwrap());
    assert_eq!(house.folder.bus_settings().unwrap(), BusSettings::default());
    let text = fs::read_to_string(house.folder.bus_ini()).unwrap();
    assert!(
        text.contains("[sics]\n") && text.contains("# listen = 127.0.0.1:3900\n"),
        "{text}"
    );

    fs::write(house.folder.bus_ini(), "auto_accept = yes\n").unwrap();
    assert!(
        !house.folder.write_default_bus_ini().unwrap(),
        "a file that is there is left alone"
    );
    assert!(house.folder.bus_settings().unwrap().auto_accept);
}

#[test]
fn every_default_in_the_file_is_taken_when_its_mark_is_removed() {
    let house = House::new();
    house.folder.write_default_bus_ini().unwrap();
    let text = fs::read_to_string(house.folder.bus_ini()).unwrap();
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
    fs::write(house.folder.bus_ini(), live.join("\n")).unwrap();
    assert_eq!(house.folder.bus_settings().unwrap(), BusSettings::default());
}

#[test]
fn backslashes_quotes_and_comment_signs_inside_a_value_are_kept() {
    let house = House::new();
    let secret = r#"a\b\n"c' #d ;e =f:g ü"#;
    let name = house.instance(&format!(
        "{TENANT}\n{CLIENT}\nsecret = {secret}\nca_file = C:\\certs\\ca.pem\n"
    ));
    let settings = house.folder.instance(&name).unwrap();
    assert_eq!(secret_of(&settings.credential.kind), secret);
    assert!(settings.network.ca_file.unwrap().ends_with("C:\\certs\\ca.pem"));
    assert_eq!(
        secret_of(&house.folder.instance(&name).unwrap().credential.kind),
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
    house.folder.instance(&name).unwrap();
    let after = house.text(&name);
    let cut = after.find("secret = sealed:v1:").unwrap();
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
fn e1_a_secret_in_clear_is_sealed_when_first_read_and_only_its_line_changes() {
    let house = House::new();
    let before = format!(
        "# mine\n[tenant]\n{TENANT}\n{CLIENT}\n\n; the secret:\n[sign-in]\nsecret = {}\nsecret_expires_on = 2027-03-31\n\n[scan]\n# slow\npage_size = 500",
        canary::SECRET
    );
    let name = house.instance(&before);
    let settings = house.folder.instance(&name).unwrap();
    assert_eq!(secret_of(&settings.credential.kind), canary::SECRET);

    let after = house.text(&name);
    canary::assert_no_canary(&after);
    for (old, new) in before.lines().zip(after.lines()) {
        match old.starts_with("secret =") {
            true => assert!(new.starts_with(&format!("secret = {SEALED_PREFIX}"))),
            false => assert_eq!(old, new),
        }
    }
    assert_eq!(before.lines().count(), after.lines().count());
    assert!(after.ends_with("page_size = 500"), "no line end is added");

    assert_eq!(
        secret_of(&house.folder.instance(&name).unwrap().credential.kind),
        canary::SECRET
    );
    assert_eq!(house.text(&name), after, "what is sealed is not written again");
}

#[test]
fn e1_a_file_named_for_a_secret_is_read_once_and_sealed_in_its_place() {
    let house = House::new();
    let secret = house.file("secret.txt", format!("{}\r\n", canary::SECRET));
    let pfx = house.file("next.pfx", [0u8, 159, 146, 150, 10]);
    let password = house.file("password.txt", format!("{}\n", canary::PFX_PASSWORD));
    let name = house.instance(&format!(
        "{TENANT}\n{CLIENT}\nsecret_file = {}\nnext_pfx_file = {}\nnext_pfx_password_file = {}\n",
        secret.display(),
        pfx.display(),
        password.display()
    ));
    house.folder.instance(&name).unwrap();
    for path in [secret, pfx, password] {
        fs::remove_file(path).unwrap();
    }
    let settings = house.folder.instance(&name).unwrap();
    assert_eq!(
        secret_of(&settings.credential.kind),
        canary::SECRET,
        "without the line end that editors leave"
    );
    let Some(CredentialKind::Pfx { bytes, password }) = settings.next_credential.map(|next| next.kind) else {
        panic!("the next credential is a PKCS#12 file");
    };
    assert_eq!(bytes.expose_secret(), [0u8, 159, 146, 150, 10], "byte for byte");
    assert_eq!(password.expose_secret(), canary::PFX_PASSWORD);
    let text = house.text(&name);
    assert!(
        !text.contains("_file") && text.matches(SEALED_PREFIX).count() == 3,
        "{text}"
    );
}

#[test]
fn paths_count_from_the_folder_of_the_file() {
    let house = House::new();
    fs::write(house.folder.path().join("instances/secret.txt"), "from beside the file").unwrap();
    let name = house.instance(&format!("{TENANT}\n{CLIENT}\nsecret_file = secret.txt\n"));
    assert_eq!(
        secret_of(&house.folder.instance(&name).unwrap().credential.kind),
        "from beside the file"
    );
}

#[test]
fn sealed_text_opens_with_its_key_only_and_never_looks_the_same() {
    let (key, other) = (SecretKey::ephemeral().unwrap(), SecretKey::ephemeral().unwrap());
    let sealed = key.seal(canary::SECRET.as_bytes()).unwrap();
    assert_eq!(key.open(&sealed).unwrap().expose_secret(), canary::SECRET.as_bytes());
    assert_ne!(sealed, key.seal(canary::SECRET.as_bytes()).unwrap());
    assert!(
        other
            .open(&sealed)
            .unwrap_err()
            .to_string()
            .contains("another secret.key")
    );
    assert_eq!(key.open(&key.seal(b"").unwrap()).unwrap().expose_secret(), b"");
    canary::assert_no_canary(&sealed);
}

#[test]
fn every_damage_to_sealed_text_is_noticed() {
    let key = SecretKey::ephemeral().unwrap();
    let sealed = key.seal(b"secret").unwrap();
    for at in SEALED_PREFIX.len()..sealed.len() {
        let mut bytes = sealed.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(key.open(std::str::from_utf8(&bytes).unwrap()).is_err(), "byte {at}");
        assert!(key.open(&sealed[..at]).is_err(), "cut at {at}");
    }
    assert!(key.open(&format!("{sealed}AAAA")).is_err());
}

#[test]
fn a_wrong_key_is_told_with_file_line_and_advice() {
    let house = House::new();
    let name = house.instance(&good());
    house.folder.instance(&name).unwrap();
    fs::remove_file(house.folder.path().join("secret.key")).unwrap();
    let folder = Folder::open(house.folder.path()).unwrap();
    let error = folder.instance(&name).unwrap_err();
    assert_complaint(
        &error,
        "IntuneConnector_1.ini",
        "",
        (3, "secret", "another secret.key", "back into the data folder"),
    );
}

#[test]
fn keys_for_other_purposes_are_stable_and_differ() {
    let house = House::new();
    let again = Folder::open(house.folder.path()).unwrap();
    assert_eq!(house.folder.key().derive("audit"), again.key().derive("audit"));
    assert_ne!(again.key().derive("audit"), again.key().derive("cursor"));
}

#[test]
fn a_key_file_that_holds_no_key_is_refused_not_replaced() {
    let house = House::new();
    let path = house.folder.path().join("secret.key");
    fs::write(&path, "not a key\n").unwrap();
    let error = Folder::open(house.folder.path()).unwrap_err();
    assert!(error.to_string().contains("64 hex digits"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a key\n");
}

#[cfg(unix)]
mod permissions {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn everything_in_the_folder_is_for_its_owner_alone() {
        let house = House::new();
        let folder = &house.folder;
        folder.write_default_bus_ini().unwrap();
        let secret = house.file("s", canary::SECRET);
        let draft = InstanceDraft::from_pairs(pairs(&secret)).unwrap();
        let name: InstanceName = "IntuneConnector_1".parse().unwrap();
        folder.write_instance(&name, &draft).unwrap();
        for path in [folder.path().to_owned(), folder.path().join("instances"), folder.logs()] {
            assert_eq!(mode(&path), 0o700, "{}", path.display());
        }
        for path in [
            folder.bus_ini(),
            folder.instance_ini(&name),
            folder.path().join("secret.key"),
        ] {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
        fs::set_permissions(folder.instance_ini(&name), fs::Permissions::from_mode(0o644)).unwrap();
        let change = InstanceDraft::from_pairs([("page_size", "10")]).unwrap();
        folder.change_instance(&name, &change).unwrap();
        assert_eq!(mode(&folder.instance_ini(&name)), 0o600, "after rewriting");
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let house = House::new();
        let path = house.folder.path().join("secret.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Folder::open(house.folder.path()).unwrap_err();
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn leftovers_of_a_write_that_died_are_ignored() {
    let house = House::new();
    let name = house.instance(&good());
    let instances = house.folder.path().join("instances");
    fs::write(instances.join(".IntuneConnector_1.ini.0123456789ab.tmp"), "half a fi").unwrap();
    fs::write(instances.join(".IntuneConnector_2.ini.0123456789ab.tmp"), "half a fi").unwrap();
    fs::write(instances.join("IntuneConnector_1.ini.bak"), "rubbish").unwrap();
    assert_eq!(house.folder.instances().unwrap(), [name.clone()]);
    assert!(house.folder.instance(&name).is_ok());
}

#[test]
fn instances_are_listed_by_number() {
    let house = House::new();
    for n in [10, 2, 1] {
        fs::write(
            house.folder.path().join(format!("instances/IntuneConnector_{n}.ini")),
            "",
        )
        .unwrap();
    }
    let names: Vec<String> = house
        .folder
        .instances()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names, ["IntuneConnector_1", "IntuneConnector_2", "IntuneConnector_10"]);
}

#[test]
fn a_draft_makes_settings_with_nothing_kept() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("s");
    fs::write(&secret, canary::SECRET).unwrap();
    let draft = InstanceDraft::from_pairs(pairs(&secret)).unwrap();
    let settings = draft.settings().unwrap();
    assert_eq!(settings.tenant_id, "contoso.onmicrosoft.com");
    assert_eq!(secret_of(&settings.credential.kind), canary::SECRET);
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        1,
        "nothing but the secret's own file"
    );
}

#[test]
fn a_file_without_sections_and_flags_over_it_make_a_draft() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("s"), "in the file").unwrap();
    fs::write(dir.path().join("t"), "assertion").unwrap();
    let file = dir.path().join("tenant.ini");
    fs::write(
        &file,
        format!("{TENANT}\n{CLIENT}\nsecret_file = s\nsecret_expires_on = 2027-01-01\npage_size = 7\n"),
    )
    .unwrap();
    let below = InstanceDraft::from_file(&file).unwrap();
    assert_eq!(secret_of(&below.settings().unwrap().credential.kind), "in the file");

    let token = dir.path().join("t").display().to_string();
    let flags = InstanceDraft::from_pairs([("token_file", token.as_str()), ("page_size", "9")]).unwrap();
    let settings = below.overlaid(flags).settings().unwrap();
    assert_eq!(settings.scan.page_size, 9);
    assert!(matches!(settings.credential.kind, CredentialKind::TokenFile(path) if path == dir.path().join("t")));
}

#[test]
fn json_of_the_api_makes_the_same_settings() {
    let draft = InstanceDraft::from_json(&json!({
        "tenant_id": "11111111-2222-3333-4444-555555555555",
        "client_id": "66666666-7777-8888-9999-000000000000",
        "secret": canary::SECRET, "page_size": 500, "enabled": false, "servers": ["cmdb", "itam"], "filter": null,
    }));
    let settings = draft.unwrap().settings().unwrap();
    assert_eq!(settings.scan.page_size, 500);
    assert!(!settings.enabled);
    assert!(matches!(settings.audience, Audience::Servers(ids) if ids.len() == 2));
}

#[test]
fn wrong_drafts_are_refused_with_key_and_advice() {
    #[rustfmt::skip]
    let pairs: &[(&str, &str, &str, &str)] = &[
        ("secret", canary::SECRET, "never given as an argument", "secret_file"),
        ("next_pfx_password", canary::PFX_PASSWORD, "never given as an argument", "next_pfx_password_file"),
        ("page_size", "5000", "out of range", "1 to 1000"),
        ("pagesize", "5", "no such key", "page_size"),
    ];
    for (key, value, problem, advice) in pairs {
        let error = InstanceDraft::from_pairs([(*key, *value)]).unwrap_err();
        assert_complaint(&error, "--set", key, (0, key, problem, ""));
        assert!(error.advice.contains(advice), "{error}");
    }
    let error = InstanceDraft::from_pairs([("zone", "UTC"), ("zone", "UTC")]).unwrap_err();
    assert_complaint(&error, "--set", "", (0, "zone", "given twice", "once"));
    let error = InstanceDraft::split_pair(canary::SECRET).unwrap_err();
    assert_complaint(&error, "--set", "", (0, "", "no =", "--set key=value"));

    for (json, key, problem) in [
        (json!([1]), "", "no JSON object"),
        (json!({"proxy": {"url": "x"}}), "proxy", "is an object"),
        (json!({"servers": ["a", 1]}), "servers", "something else than strings"),
        (
            json!({"secret_file": "/etc/passwd"}),
            "secret_file",
            "not read on request",
        ),
        (
            json!({"next_key_file": "/etc/passwd"}),
            "next_key_file",
            "not read on request",
        ),
        (json!({"page_size": 1.5}), "page_size", "not a whole number"),
    ] {
        let error = InstanceDraft::from_json(&json).unwrap_err();
        assert_complaint(&error, "request", &json.to_string(), (0, key, problem, ""));
    }
}

#[test]
fn e1_a_request_can_not_have_a_file_of_this_machine_sent_to_a_host_of_its_choice() {
    let draft = InstanceDraft::from_json(&json!({
        "tenant_id": "contoso.com", "client_id": "66666666-7777-8888-9999-000000000000",
        "token_file": "/etc/shadow", "login_url": "https://attacker.example",
    }));
    let error = draft.unwrap().settings().unwrap_err();
    assert_complaint(
        &error,
        "request",
        "",
        (0, "token_file", "not read on request where login_url is set", "by hand"),
    );
}

#[test]
fn e1_a_request_that_leads_the_sign_in_elsewhere_must_bring_the_credential() {
    let house = House::new();
    let name = house.instance(&good());
    for (key, value) in [
        ("login_url", "https://attacker.example"),
        ("graph_url", "https://attacker.example"),
        ("cloud", "china"),
        ("ca_file", "/tmp/attacker.pem"),
    ] {
        let error = house
            .folder
            .change_instance(&name, &InstanceDraft::from_json(&json!({ key: value })).unwrap());
        assert_complaint(&error.unwrap_err(), "request", key, (0, key, "would go there", "anew"));
        let with = InstanceDraft::from_json(&json!({ key: value, "secret": "new" })).unwrap();
        assert!(house.folder.change_instance(&name, &with).is_ok());
        let back = InstanceDraft::from_json(&json!({ key: null, "secret": canary::SECRET })).unwrap();
        assert!(house.folder.change_instance(&name, &back).is_ok());
    }
}

#[test]
fn an_instance_is_written_read_changed_and_removed() {
    let house = House::new();
    let folder = &house.folder;
    let secret = house.file("s", canary::SECRET);
    let name: InstanceName = "IntuneConnector_7".parse().unwrap();
    let mut given = pairs(&secret);
    given.push(("class_2".into(), "phone: true".into()));
    given.push(("class_1".into(), "tv: operatingSystem == \"tvOS\"".into()));
    folder
        .write_instance(&name, &InstanceDraft::from_pairs(given.clone()).unwrap())
        .unwrap();
    fs::remove_file(&secret).unwrap();

    let settings = folder.instance(&name).unwrap();
    assert_eq!(secret_of(&settings.credential.kind), canary::SECRET);
    let classes: Vec<&str> = settings
        .devices
        .classes
        .iter()
        .map(|rule| rule.class.as_str())
        .collect();
    assert_eq!(classes, ["tv", "phone"]);

    let mut text = house.text(&name);
    text.push_str("# by hand\n");
    fs::write(folder.instance_ini(&name), &text).unwrap();
    let change = InstanceDraft::from_pairs([("page_size", "250"), ("class_2", ""), ("zone", "Europe/Berlin")]).unwrap();
    let settings = folder.change_instance(&name, &change).unwrap();
    assert_eq!(
        (settings.scan.page_size, settings.scan.zone.name()),
        (250, "Europe/Berlin")
    );
    assert_eq!(settings.devices.classes.len(), 1);
    assert!(house.text(&name).contains("# by hand\n"));

    house.file("s", "again");
    let error = folder
        .write_instance(&name, &InstanceDraft::from_pairs(given).unwrap())
        .unwrap_err();
    assert!(error.problem.contains("such an instance already"), "{error}");
    folder.remove_instance(&name).unwrap();
    assert_eq!(folder.instances().unwrap(), []);
}

#[test]
fn a_change_that_does_not_fit_leaves_the_file_as_it_was() {
    let house = House::new();
    let name = house.instance(&good());
    house.folder.instance(&name).unwrap();
    let before = house.text(&name);
    for (key, value, problem) in [
        ("full", "off", "no device is ever found missing"),
        ("proxy_user", "me", "given without proxy"),
        ("tenant_id", "contoso.com", "can't be changed"),
        ("client_id", "", "is missing"),
    ] {
        let draft = InstanceDraft::from_pairs([(key, value)]).unwrap();
        let error = house.folder.change_instance(&name, &draft).unwrap_err();
        assert!(error.problem.contains(problem), "{error}");
        assert_eq!(house.text(&name), before);
    }
}

#[test]
fn another_kind_of_credential_takes_the_place_of_the_present_one() {
    let house = House::new();
    let name = house.instance(&format!("{}secret_expires_on = 2027-01-01\n", good()));
    let token = house.file("t", "x").display().to_string();
    let change = InstanceDraft::from_pairs([("token_file", token.as_str())]).unwrap();
    let settings = house.folder.change_instance(&name, &change).unwrap();
    assert!(matches!(settings.credential.kind, CredentialKind::TokenFile(_)));
    assert!(!house.text(&name).contains("secret"), "{}", house.text(&name));
}

#[test]
fn the_next_credential_proven_becomes_the_present_one() {
    let house = House::new();
    let name = house.instance(&format!(
        "[tenant]\n{TENANT}\n{CLIENT}\n[sign-in]\nsecret = {}\nsecret_expires_on = 2026-12-01\n[next sign-in]\nnext_secret = {}\nnext_client_id = aaaaaaaa-7777-8888-9999-000000000000\n",
        canary::SECRET,
        canary::NEXT_SECRET
    ));
    let settings = house.folder.promote_next_credential(&name).unwrap();
    assert_eq!(secret_of(&settings.credential.kind), canary::NEXT_SECRET);
    assert_eq!(settings.client_id, "aaaaaaaa-7777-8888-9999-000000000000");
    assert_eq!(settings.credential.expires_on, None);
    assert!(settings.next_credential.is_none());
    let error = house.folder.promote_next_credential(&name).unwrap_err();
    assert!(error.problem.contains("no next credential"), "{error}");
}

#[test]
fn a_command_sends_the_content_of_secret_files_not_their_names() {
    let house = House::new();
    let cert = house.file("c.pem", "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n");
    let key = house.file("k.pem", "-----BEGIN PRIVATE KEY-----\nBB\n-----END PRIVATE KEY-----\n");
    let pfx = house.file("n.pfx", [1u8, 2, 255]);
    let given = [
        ("tenant_id", "contoso.com".to_owned()),
        ("client_id", "66666666-7777-8888-9999-000000000000".to_owned()),
        ("cert_file", cert.display().to_string()),
        ("key_file", key.display().to_string()),
        ("next_pfx_file", pfx.display().to_string()),
        ("filter", String::new()),
    ];
    let request = InstanceDraft::from_pairs(given).unwrap().to_request().unwrap();
    assert_eq!(request["next_pfx"], "AQL/");
    assert_eq!(request["filter"], serde_json::Value::Null);
    assert!(!request.to_string().contains("_file"), "{request}");

    let settings = InstanceDraft::from_json(&request).unwrap().settings().unwrap();
    let CredentialKind::Pem { certificate, key } = settings.credential.kind else {
        panic!("PEM is wanted")
    };
    assert!(certificate.contains("AA") && key.expose_secret().contains("BB"));
}

#[test]
fn e1_no_secret_stands_in_debug_or_in_what_is_shown() {
    let house = House::new();
    let text = format!(
        "{}next_secret = {}\nproxy = http://proxy:8080\nproxy_user = me\nproxy_password = {}\nactions_pfx = AQL/\nactions_pfx_password = {}\n",
        good(),
        canary::NEXT_SECRET,
        canary::PROXY_PASSWORD,
        canary::PFX_PASSWORD
    );
    let name = house.instance(&text);
    let settings = house.folder.instance(&name).unwrap();
    canary::assert_no_canary(&format!("{settings:?} {settings:#?}"));
    let draft = house.folder.instance_draft(&name).unwrap();
    canary::assert_no_canary(&format!("{draft:?} {:?} {:?}", house.folder, house.folder.key()));
    let clear =
        InstanceDraft::from_json(&json!({"secret": canary::SECRET, "proxy_password": canary::PROXY_PASSWORD})).unwrap();
    canary::assert_no_canary(&format!("{clear:?} {}", clear.shown(None)));

    let shown = draft.shown(Some(house.folder.key()));
    canary::assert_no_canary(&shown.to_string());
    assert_eq!(shown["secret"], format!("can… ({} characters)", canary::SECRET.len()));
    assert_eq!(shown["proxy_password"], "… (set)");
    assert_eq!(shown["proxy_user"], "me");
    let keyless = draft.shown(None);
    assert_eq!(keyless["secret"], "… (sealed)");
}

#[test]
fn the_reference_names_every_key_and_no_two_keys_share_a_name() {
    let text = settings_reference();
    for table in [
        intune_connector::config::BUS_TABLE,
        intune_connector::config::INSTANCE_TABLE,
    ] {
        for (at, key) in table.keys.iter().enumerate() {
            assert!(text.contains(&format!("| `{}` |", key.name)), "{}", key.name);
            let others = table
                .keys
                .iter()
                .skip(at + 1)
                .filter(|other| other.name == key.name && key.name != "version");
            assert_eq!(others.count(), 0, "{} stands twice", key.name);
        }
    }
}
