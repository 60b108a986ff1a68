//! Wrong files are refused with file, line, key and advice, and stay as their author left them.

use std::fs;

use super::{CLIENT, Expected, House, TENANT, assert_complaint};
use crate::support::canary;

#[test]
fn wrong_bus_settings_are_refused_with_line_key_and_advice() {
    #[rustfmt::skip]
    let table: &[(&str, Expected)] = &[
        ("[sics]\nlisten = 3900", (2, "listen", "not an address with a port", "127.0.0.1:3900")),
        ("listen = localhost:3900", (1, "listen", "not an address with a port", "127.0.0.1:3900")),
        ("listen = 127.0.0.1:99999", (1, "listen", "not an address", "127.0.0.1:3900")),
        ("[sics]\ntls = off\nlisten = 0.0.0.0:3900", (3, "listen", "other machines can reach", "plain_http_beyond_loopback = yes")),
        ("tls = off\nlisten = [::]:3900", (2, "listen", "other machines can reach", "tls = auto")),
        ("tls = off\nmetrics_listen = 10.0.0.1:9100", (2, "metrics_listen", "other machines can reach", "tls = auto")),
        ("plain_http_beyond_loopback = yes", (1, "plain_http_beyond_loopback", "tls is not off", "tls = off")),
        ("limit_per_hour = 501", (1, "limit_per_hour", "out of range", "0 to 500")),
        ("limit_per_job = -1", (1, "limit_per_job", "not a whole number", "0 to 500")),
        ("approval_always = sometimes", (1, "approval_always", "not yes or no", "yes or no")),
        ("tls = yes", (1, "tls", "not an allowed value", "auto, on, off")),
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
        ("level = verbose", (1, "level", "not an allowed value", "debug")),
        ("format = \"json\"", (1, "format", "in quotes", "without quotes")),
        ("lissten = 127.0.0.1:1", (1, "lissten", "no such key", "did you mean listen?")),
        ("auto-accept = yes", (1, "auto-accept", "no such key", "did you mean auto_accept?")),
        ("Listen = 127.0.0.1:1", (1, "Listen", "no such key", "did you mean listen?")),
        ("frobnicate = 1", (1, "frobnicate", "no such key", "lists the keys of bus.ini")),
        ("[sic]\nlisten = 127.0.0.1:1", (1, "", "no section [sic]", "did you mean [sics]?")),
        ("[log]\nlisten = 127.0.0.1:1", (2, "listen", "belongs to section [sics], not [log]", "move the line under [sics]")),
        ("[sics]\nlisten = 127.0.0.1:1\n[log]\n[sics]\n", (4, "", "[sics] appears twice, first in line 1", "under one header")),
        ("tls = on\n; comment\ntls = on", (3, "tls", "appears twice, first in line 1", "keep one")),
        ("[sics]\ntls = on\n[log]\ntls = on", (4, "tls", "appears twice, first in line 2", "keep one")),
        ("listen", (1, "", "neither a comment nor key = value", "put # before it")),
        ("listen: 127.0.0.1:1", (1, "", "neither a comment nor key = value", "key = value")),
        ("[sics\ntls = on", (1, "", "header is not closed", "[scan]")),
        ("[sics] # here\ntls = on", (1, "", "header is not closed", "alone on its line")),
        (" = 5", (1, "", "not a key", "letters, digits")),
        ("tls =", (1, "tls", "has no value", "remove the line")),
        ("certificate_file = C:\\certs\\", (1, "certificate_file", "ends in a backslash", "remove the backslash")),
        ("tls = on\u{7}", (1, "", "control characters", "UTF-8")),
        ("version = 2", (1, "version", "newer program", "leave the line")),
    ];
    for (text, expected) in table {
        let house = House::new();
        fs::write(house.folder.bus_ini_path(), text).unwrap();
        let error = house.folder.read_bus_settings().expect_err(text);
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
        (format!("tenant_id = common\n{CLIENT}"), (1, "tenant_id", "not a single tenant", "id of the tenant")),
        (format!("tenant_id = contoso\n{CLIENT}"), (1, "tenant_id", "not a tenant id", "GUID or one of its domains")),
        ("client_id = my-app".to_owned(), (1, "client_id", "not a GUID", "app registration")),
        (signed(""), (0, "secret_file", "no credential", "secret_file, pfx_file, cert_file with key_file, or token_file")),
        (base("pfx_file = a.pfx"), (4, "pfx_file", "second credential in addition to secret", "prefix next_")),
        (base("token_file = t"), (4, "token_file", "second credential in addition to secret", "keep one")),
        (base("secret_file = s"), (4, "secret_file", "given together with secret", "not both")),
        (base("pfx_password = p"), (4, "pfx_password", "given without pfx_file", "add pfx_file")),
        (base("pfx_password_file = p"), (4, "pfx_password_file", "given without pfx_file", "add pfx_file")),
        (base("key_file = k"), (4, "key_file", "given without cert_file", "add cert_file")),
        (base("algorithm = rs256"), (4, "algorithm", "given without pfx_file or cert_file", "remove this line")),
        (signed("cert_file = c.pem"), (3, "cert_file", "private key of this certificate is missing", "add key_file")),
        (signed("token_file = t\nsecret_expires_on = 2027-01-01"), (4, "secret_expires_on", "given without secret_file", "remove this line")),
        (base("next_client_id = 66666666-7777-8888-9999-000000000000"), (4, "next_client_id", "without a credential", "next_secret_file")),
        (base("next_secret = a\nnext_pfx_file = b"), (5, "next_pfx_file", "second credential in addition to next_secret", "keep one")),
        (base("actions_key_file = k"), (4, "actions_key_file", "given without actions_cert_file", "add actions_cert_file")),
        (signed("secret_file = nowhere.txt"), (3, "secret_file", "cannot be read", "check the path")),
        (signed("secret_file = ."), (3, "secret_file", "not a regular file", "name a file")),
        (signed("pfx = not*base64"), (3, "pfx", "not base64", "pfx_file")),
        (signed("secret = sealed:v2:AAAA"), (3, "secret", "damaged or truncated", "give the secret again")),
        (signed("secret = sealed:v1:AAAA"), (3, "secret", "by an earlier version", "give the secret again")),
        (signed("secret = sealed:v9:AAAA"), (3, "secret", "format unknown to this version", "upgrade")),
        (base("secret_expires_on = 31.12.2027"), (4, "secret_expires_on", "not a date", "2027-03-31")),
        (base("secret_expires_on = 2027-02-30"), (4, "secret_expires_on", "not a date", "2027-03-31")),
        (base("cloud = germany"), (4, "cloud", "not an allowed value", "global, usgov, dod, china")),
        (base("login_url = login.microsoftonline.com"), (4, "login_url", "not an address", "https://")),
        (base("graph_url = http://graph.example.com"), (4, "graph_url", "unencrypted", "https://")),
        (base("graph_url = https://graph.microsoft.com/v1.0"), (4, "graph_url", "has a path", "version are added")),
        (base("login_url = https://user:canary-ProxyPassword-9uY@host"), (4, "login_url", "contains a user name or password", "remove it")),
        (base("proxy = http://u:canary-ProxyPassword-9uY@proxy:8080"), (4, "proxy", "contains a user name or password", "proxy_password_file")),
        (base("proxy = proxy:8080"), (4, "proxy", "not an http or https address", "http://proxy.example.com:8080")),
        (base("proxy = http://proxy/wpad.dat"), (4, "proxy", "has a path", "PAC files are not supported")),
        (base("proxy = https://proxy:8443"), (4, "proxy", "reached over TLS", "write http://host:port")),
        (base("proxy_user = me"), (4, "proxy_user", "given without proxy", "add proxy")),
        (base("proxy = http://proxy:8080\nproxy_password = canary-ProxyPassword-9uY"), (5, "proxy_password", "given without proxy_user", "add proxy_user")),
        (base("incremental = 15 minutes"), (4, "incremental", "not a schedule", "every 15m")),
        (base("incremental = every 0m"), (4, "incremental", "not a schedule", "every 15m")),
        (base("full = 61 3 * * *"), (4, "full", "not a schedule", "cron expression")),
        (base("full = 0 3 * *"), (4, "full", "not a schedule", "cron expression")),
        (base("full = off"), (4, "full", "missing devices are never detected", "enabled = no")),
        (base("zone = Berlin"), (4, "zone", "not a time zone", "Europe/Berlin")),
        (base("zone = \"Europe/Berlin\""), (4, "zone", "in quotes", "without quotes")),
        (base("page_size = 1001"), (4, "page_size", "out of range", "1 to 1000")),
        (base("page_size = 0"), (4, "page_size", "out of range", "1 to 1000")),
        (base("page_size = many"), (4, "page_size", "not a whole number", "1 to 1000")),
        (base("budget_percent = 0"), (4, "budget_percent", "out of range", "1 to 100")),
        (base("brake_percent = 51"), (4, "brake_percent", "out of range", "0 to 50")),
        (base("brake_percent = NaN"), (4, "brake_percent", "out of range", "0 to 50")),
        (base("brake_percent = 5%"), (4, "brake_percent", "not a number", "0 to 50")),
        (base("verbs = sync, erase"), (4, "verbs", "not an action", "lists them")),
        (base("verbs = Wipe"), (4, "verbs", "not an action", "write wipe")),
        (base("verbs = sync, sync"), (4, "verbs", "appears twice", "remove one")),
        (format!("tenant_id = contoso.onmicrosoft.com\n{CLIENT}\nsecret = x\nverbs = sync"), (4, "verbs", "tenant's GUID", "Entra shows")),
        (base("personal_allowed = all"), (4, "personal_allowed", "not an action", "lists them")),
        (base("never_touch_ids = PC-1"), (4, "never_touch_ids", "not a device id", "ids that Intune shows")),
        (base("maintenance_windows = 0 22 * * 1-5"), (4, "maintenance_windows", "not a maintenance window", "for 6h in Europe/Berlin")),
        (base("maintenance_windows = 0 22 * * for 6h in UTC"), (4, "maintenance_windows", "not a cron expression", "for 6h in")),
        (base("maintenance_windows = 0 22 30 2 * for 6h in UTC"), (4, "maintenance_windows", "never occurs", "for 6h in")),
        (base("maintenance_windows = 0 22 * * * for 8d in UTC"), (4, "maintenance_windows", "not the length", "1m to 7d")),
        (base("maintenance_windows = 0 22 * * * for 6 in UTC"), (4, "maintenance_windows", "not the length", "90m or 6h")),
        (base("maintenance_windows = 0 22 * * * for 6h in Berlin"), (4, "maintenance_windows", "not a time zone", "Europe/Berlin")),
        (base("maintenance_windows = 0 22 * * * for 6h in UTC;"), (4, "maintenance_windows", "not a maintenance window", "for 6h in")),
        (base("verb_versions = rename"), (4, "verb_versions", "not a pair", "rename=v1.0")),
        (base("verb_versions = rename=v2"), (4, "verb_versions", "not a version of Graph", "v1.0 or beta")),
        (base("verb_versions = rename=beta, rename=v1.0"), (4, "verb_versions", "appears twice", "remove one")),
        (base("definitions = lost=lock"), (4, "definitions", "not an action", "lists them")),
        (base("definitions = =sync"), (4, "definitions", "not a valid definition name", "1 to 60 characters")),
        (base("tombstone_days = 91"), (4, "tombstone_days", "out of range", "1 to 90")),
        (base("history_days = 366"), (4, "history_days", "out of range", "0 to 365")),
        (base("incremental = every 5m\njitter_s = 300"), (5, "jitter_s", "cannot start this many seconds late", "jitter shorter")),
        (base("servers = *, cmdb"), (4, "servers", "combined with server ids", "either *")),
        (base("servers = cmdb,,itam"), (4, "servers", "empty entry", "extra comma")),
        (base("servers = cmdb, CMDB"), (4, "servers", "appears twice", "remove one")),
        (base("servers = my server"), (4, "servers", "not a server id", "letters, digits")),
        (base("class_1 = phones"), (4, "class_1", "not a class rule", "phone: model")),
        (base("class_1 = big phone: true"), (4, "class_1", "not a class", "one word")),
        (base("class_1 = phone:"), (4, "class_1", "expression is empty", "CEL")),
        (base("class_0 = phone: true"), (4, "class_0", "no such key", "such as class_1")),
        (base(&format!("filter = {long}")), (4, "filter", "1001 characters", "at most 1000")),
        (base("enrich = always"), (4, "enrich", "not an allowed value", "off, new, daily")),
        (base("primary_user = always"), (4, "primary_user", "not an allowed value", "off, on, daily")),
        (base("tennant_id = x"), (4, "tennant_id", "no such key", "did you mean tenant_id?")),
        (base("client_secret = canary-Token-0123456789abcdef"), (4, "client_secret", "no such key", "")),
        (base("canary-Token-0123456789abcdef"), (4, "", "neither a comment nor key = value", "")),
        (base("[scans]\n"), (4, "", "no section [scans]", "did you mean [scan]?")),
    ];
    for (text, expected) in table {
        let house = House::new();
        let name = house.instance(text);
        let error = house.folder.read_instance(&name).expect_err(text);
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
    fs::write(house.folder.bus_ini_path(), b"tls = on\nlevel = \xff\n").unwrap();
    let error = house.folder.read_bus_settings().unwrap_err();
    assert_eq!(
        (error.line, error.problem.as_str()),
        (Some(2), "the file is not UTF-8 text")
    );
}
