//! Wrong contents of bus.ini.

use super::WrongSettings;

pub const ROWS: &[WrongSettings] = &[
    (
        "listen = nonsense",
        &[":1:", "listen", r#""nonsense""#, "127.0.0.1:3900"],
    ),
    ("listen = 127.0.0.1", &["listen", "[::1]:3900"]),
    ("listn = 127.0.0.1:3900", &["listn", "did you mean listen"]),
    ("tls = maybe", &["tls", r#""maybe""#, "auto, on, off"]),
    (
        "tls = off\nlisten = 0.0.0.0:3900",
        &[":2:", "listen", "other machines", "plain_http_beyond_loopback"],
    ),
    ("certificate_file = absent.pem", &["certificate_file", "key_file"]),
    ("certificate_names = ,", &["certificate_names", "comma"]),
    (
        "listen = 127.0.0.1:0\nhosts = https://bus.example.com/",
        &[":2:", "hosts", "not a host name", "write bus.example.com"],
    ),
    (
        "certificate_names = bus.example.com:8443",
        &["certificate_names", "without a port"],
    ),
    (
        "metrics_listen = 3900",
        &["metrics_listen", r#""3900""#, "127.0.0.1:3900"],
    ),
    ("auto_accept = \"yes\"", &["auto_accept", "quotes"]),
    (
        "console_url = tools.example.com",
        &[
            ":1:",
            "console_url",
            r#""tools.example.com""#,
            "https://bus.example.com",
        ],
    ),
    (
        "console_url = https://tools.example.com/:intune",
        &[":1:", "console_url", "path", "https://tools.example.com/intune"],
    ),
    (
        "console_url = https://tools.example.com/*",
        &["console_url", "path", "https://tools.example.com/intune"],
    ),
    (
        "console_url = https://tools.example.com//other.example",
        &["console_url", "path", "https://tools.example.com/intune"],
    ),
    (
        "[console]\ntrusted_proxies = proxy.example.com",
        &[":2:", "trusted_proxies", r#""proxy.example.com""#, "192.0.2.0/24"],
    ),
    (
        "trusted_proxies = 192.0.2.7, 10.0.0.0/33",
        &["trusted_proxies", r#""10.0.0.0/33""#, "192.0.2.0/24"],
    ),
    (
        "trusted_proxies = 192.0.2.7, 10.1.2.3/8",
        &[
            ":1:",
            "trusted_proxies",
            "10.1.2.3/8 may be one address or a whole network",
            "10.1.2.3/32 for the one address",
            "10.0.0.0/8 for the whole network",
        ],
    ),
    ("max_connections = 0", &["max_connections", "0", "1 to 100000"]),
    (
        "max_connections = many",
        &["max_connections", r#""many""#, "1 to 100000"],
    ),
    ("max_body_kb = 70000", &["max_body_kb", "70000", "1 to 65536"]),
    ("max_wait_ms = 60001", &["max_wait_ms", "60001", "0 to 60000"]),
    ("max_changes = 10001", &["max_changes", "1 to 10000"]),
    ("request_timeout_s = 0", &["request_timeout_s", "1 to 3600"]),
    ("limit_per_job = 501", &["limit_per_job", "501", "0 to 500"]),
    ("limit_per_hour = -1", &["limit_per_hour", r#""-1""#, "0 to 500"]),
    ("limit_per_day = 1,000", &["limit_per_day", r#""1,000""#, "0 to 500"]),
    ("operator_per_hour = 501", &["operator_per_hour", "0 to 500"]),
    ("operator_per_day = 501", &["operator_per_day", "0 to 500"]),
    ("approval_above = 501", &["approval_above", "0 to 500"]),
    ("approval_per_hour = few", &["approval_per_hour", r#""few""#]),
    ("approval_per_day = 501", &["approval_per_day", "0 to 500"]),
    ("approval_always = ja", &["approval_always", r#""ja""#, "yes or no"]),
    (
        "approval_needed = never",
        &["approval_needed", r#""never""#, "yes or no"],
    ),
    ("disruptive_per_job = 500001", &["disruptive_per_job", "0 to 500000"]),
    ("disruptive_per_hour = 500001", &["disruptive_per_hour", "0 to 500000"]),
    ("broken_glass = perhaps", &["broken_glass", r#""perhaps""#, "yes or no"]),
    ("free_attempts = 1001", &["free_attempts", "0 to 1000"]),
    ("max_delay_ms = -5", &["max_delay_ms", r#""-5""#, "0 to 60000"]),
    ("remember_min = 61", &["remember_min", "0 to 60"]),
    ("cache_mb = 0", &["cache_mb", "1 to 4096"]),
    ("commit_ms = 1.5", &["commit_ms", r#""1.5""#, "0 to 1000"]),
    ("min_free_mb = lots", &["min_free_mb", r#""lots""#]),
    ("format = xml", &["format", r#""xml""#, "text, json"]),
    (
        "level = loud",
        &["level", r#""loud""#, "error, warn, info, debug, trace"],
    ),
    ("files = sometimes", &["files", r#""sometimes""#, "yes or no"]),
    ("keep_days = 0", &["keep_days", "1 to 3650"]),
    ("max_total_mb = 0", &["max_total_mb", "1 to 1048576"]),
    ("version = 2", &["version", "newer program"]),
    ("[file]\nversion = 2", &[":2", "newer program"]),
    (
        "listen = 127.0.0.1:3900\nlisten = 127.0.0.1:3901",
        &[":2:", "listen", "first in line 1", "keep one"],
    ),
    (
        "keep_days = 30 # a month",
        &[":1:", "keep_days", "a comment stands behind", "a line of its own"],
    ),
    (
        "listen = 127.0.0.1:0\nconsole_listen = 127.0.0.1:3901 ; the console",
        &[":2:", "console_listen", "a comment stands behind"],
    ),
    ("no equals sign", &[":1:", "key = value"]),
    ("= value", &[":1:", "not a key"]),
    ("[unclosed", &[":1:", "section", "[scan]"]),
    (
        "[colours]\nred = 1",
        &[
            ":1:",
            "colours",
            "file, sics, console, limits, login, store, targets, log",
        ],
    ),
    (
        "listen = 127.0.0.1:0\nconsole_listen = on",
        &[":2:", "console_listen", "auto (the port after", "off (no console)"],
    ),
    (
        "console_url = http://tools.example.com/intune",
        &[":1:", "console_url", "unencrypted", "https://"],
    ),
    (
        "[targets]\ntarget_folders = reports=/srv/nothere, share=/mnt/share",
        &[":2:", "target_folders", "a comma between them", "by a semicolon"],
    ),
    (
        "tenant_id = contoso.example",
        &[":1:", "tenant_id", "a setting of an instance", "instances add"],
    ),
    (
        "console_url = https://tools.example.com:99999/",
        &[":1:", "console_url", "a port that is no number from 0 to 65535"],
    ),
    (
        "console_url = https://tools.example.com:0/",
        &[":1:", "console_url", "the port 0", "leave it out"],
    ),
    (
        "trusted_proxies = 192.0.2.7; 192.0.2.8",
        &[":1:", "trusted_proxies", "a semicolon", "write a comma between them"],
    ),
];
