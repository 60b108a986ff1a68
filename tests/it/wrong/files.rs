//! Files that wrong commands name.

/// Text files: name and content.
pub const FILES: &[(&str, &str)] = &[
    ("pw", "correct horse battery\n"),
    ("short", "short\n"),
    ("empty", "\n"),
    ("zero", ""),
    ("notes.txt", "my notes\n"),
    (
        "broken.pem",
        "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n",
    ),
    ("cert.pem", include_str!("../../fixtures/certs/cert.pem")),
    ("next-key.pem", include_str!("../../fixtures/certs/next-key.pem")),
    ("section.ini", "[scan\npage_size = 10\n"),
    ("unknown.ini", "xyzzy = red\n"),
    ("twice.ini", "page_size = 1\npage_size = 2\n"),
    ("quoted.ini", "page_size = \"10\"\n"),
    ("own.ini", "page_size = ten\n"),
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
        "outcome.xml",
        r#"<workflow name="X" version="1"><summary>X.</summary><onDemand/><steps><call id="say" activity="log"><in name="text">x</in></call><end id="end" outcome="never"/></steps></workflow>"#,
    ),
];

/// No text in any form.
pub const BINARY: &[u8] = &[0xc3, 0x28, 0xa0, 0xa1];
