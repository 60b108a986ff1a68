//! Files that wrong commands name.

/// Without an end of its last line.
pub const OPEN_NOTES: &str = "first line\nmy notes";

/// Text files: name and content.
pub const FILES: &[(&str, &str)] = &[
    ("pw", "correct horse battery\n"),
    ("short", "short\n"),
    ("empty", "\n"),
    ("zero", ""),
    ("notes.txt", "my notes\n"),
    ("open.txt", OPEN_NOTES),
    (
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n",
    ),
    (
        "oneline.pem",
        "-----BEGIN CERTIFICATE----- MIIB AAAA -----END CERTIFICATE-----\n",
    ),
    ("cert.pem", include_str!("../../fixtures/certs/cert.pem")),
    ("next-key.pem", include_str!("../../fixtures/certs/next-key.pem")),
    ("section.ini", "[scan\npage_size = 10\n"),
    ("unknown.ini", "xyzzy = red\n"),
    ("twice.ini", "page_size = 1\npage_size = 2\n"),
    ("quoted.ini", "page_size = \"10\"\n"),
    ("own.ini", "page_size = ten\n"),
    ("marked/bus.ini", "listen = 127.0.0.1:0\nmark_file = ../notes.txt\n"),
    (
        "unmounted/bus.ini",
        "listen = 127.0.0.1:0\nmark_file = ../share/bus.mark\n",
    ),
    (
        "clash/bus.ini",
        "console_listen = 127.0.0.1:39017\nmetrics_listen = 127.0.0.1:39018\n",
    ),
    (
        "locked/bus.ini",
        "listen = 127.0.0.1:0\ntls = on\ncertificate_file = ../cert.pem\nkey_file = ../shut.pem\n",
    ),
    (
        "shut.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
    ),
    ("flow.yaml", "name: Weekly\nversion: 1\n"),
    ("address", "https://hooks.example/services/x\n"),
    ("plain-address", "http://hooks.example/services/x\n"),
    ("places.json", r#"{"text": "${unknownThing}"}"#),
    ("list.json", "[1, 2]"),
    ("quoted", "\"hunter2\"\n"),
    ("torn.db", "SQLite format 3\0and nothing behind"),
    ("broken.json", r#"{"a": "#),
    ("plugin/plugin.toml", "name = \"x\"\n"),
    ("torn.xml", "<workflow"),
    ("other.xml", "<flow/>"),
    ("bare.xml", "<workflow/>"),
    (
        "entity.xml",
        r#"<!DOCTYPE x [<!ENTITY a "b">]><workflow name="X" version="1"/>"#,
    ),
    (
        "element.xml",
        r#"<workflow name="X" version="1"><summary>X.</summary><onDemand/><nothing/><steps><call id="say" activity="log"><in name="text">x</in></call></steps></workflow>"#,
    ),
    (
        "activity.xml",
        r#"<workflow name="X" version="1"><summary>X.</summary><onDemand/><steps><call id="say" activity="explode"/></steps></workflow>"#,
    ),
    (
        "days.xml",
        r#"<workflow name="X" version="1"><summary>X.</summary><onDemand/><parameter name="age" type="duration" default="30 days"/><steps><call id="say" activity="log"><in name="text">x</in></call></steps></workflow>"#,
    ),
    (
        "cron.xml",
        r#"<workflow name="X" version="1"><summary>X.</summary><schedule name="weekly" cron="nightly" zone="UTC"/><steps><call id="say" activity="log"><in name="text">x</in></call></steps></workflow>"#,
    ),
    (
        "uses.xml",
        r#"<workflow name="X" version="1"><summary>X.</summary><onDemand/><steps><call id="say" activity="log"><in name="text">${nowhere.count}</in></call></steps></workflow>"#,
    ),
    (
        "same.xml",
        r#"<workflow name="X" version="1"><summary>X.</summary><onDemand/><steps><call id="twice" activity="log"><in name="text">x</in></call><call id="twice" activity="log"><in name="text">x</in></call></steps></workflow>"#,
    ),
    (
        "member.xml",
        r#"<workflow name="X" version="1"><summary>X.</summary><onDemand/><steps><call id="found" activity="listDevices"/><choose id="any"><when if="found.cnt == 0"><call id="say" activity="log"><in name="text">x</in></call></when><otherwise/></choose></steps></workflow>"#,
    ),
    (
        "outcome.xml",
        r#"<workflow name="X" version="1"><summary>X.</summary><onDemand/><steps><call id="say" activity="log"><in name="text">x</in></call><end id="end" outcome="never"/></steps></workflow>"#,
    ),
];

/// No text in any form.
pub const BINARY: &[u8] = &[0xc3, 0x28, 0xa0, 0xa1];
