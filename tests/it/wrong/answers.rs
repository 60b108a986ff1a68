//! Wrong files of answers for the wizard.

use super::WrongAnswers;

pub const ROWS: &[WrongAnswers] = &[
    ("tenant_id", 2, &[":1:", "key = value"]),
    ("[a\n", 2, &[":1:", "[Contoso]"]),
    (
        "tenant_id = con toso",
        2,
        &[":1:", "tenant_id", r#""con toso""#, "contoso.onmicrosoft.com"],
    ),
    ("tenantid = x", 2, &[":1:", "tenantid", "did you mean tenant_id"]),
    (
        "tenant_id = x\ntenant_id = y",
        2,
        &[":2:", "tenant_id", "first in line 1", "keep one"],
    ),
    (
        "tenant_id = \"contoso.example\"",
        2,
        &[":1:", "tenant_id", "in quotes", "without quotes"],
    ),
    ("cloud = 'usgov'", 2, &[":1:", "cloud", "in quotes", "without quotes"]),
    ("client_id = 1", 2, &["client_id", r#""1""#, "GUID"]),
    ("secret = hunter2", 2, &["secret", "secret_file = PATH"]),
    ("secret_file = absent", 2, &["secret", "absent", "check the path"]),
    (
        "secret_expires_on = tomorrow",
        2,
        &["secret_expires_on", r#""tomorrow""#, "2027-03-31"],
    ),
    ("cloud = mars", 2, &["cloud", r#""mars""#, "global, usgov, dod, china"]),
    (
        "network = magic",
        2,
        &["network", r#""magic""#, "proxy, inspected, addresses"],
    ),
    (
        "login_url = ftp://x",
        2,
        &["login_url", r#""ftp://x""#, "https://host:port"],
    ),
    ("verbs = sync, explode", 2, &["verbs", r#""explode""#, "remoteLock"]),
    ("zone = Berlin", 2, &["zone", r#""Berlin""#, "Europe/Berlin"]),
    ("full = nightly", 2, &["full", "cron", "0 3 * * *"]),
    ("incremental = soon", 2, &["incremental", "every 15m"]),
    ("personal = maybe", 2, &["personal", r#""maybe""#, "reduced"]),
    ("limit_per_job = many", 2, &["limit_per_job", r#""many""#, "0 to"]),
    ("approval_always = maybe", 2, &["approval_always"]),
    ("ca_file = absent", 2, &[":1:", "ca_file", "absent", "check the path"]),
    ("\nca_file = notes.txt", 2, &[":2:", "ca_file", "BEGIN CERTIFICATE"]),
    (
        "network = addresses\nca_file = cert.pem",
        1,
        &[
            "ca_file (answers-",
            ".ini:2)",
            "does not apply",
            "'inspected' in network",
        ],
    ),
    ("credential = stamp", 2, &["credential", "--print-answers"]),
    ("registration = x", 2, &["registration", r#""x""#, "GUID"]),
    (
        "sign_in = registration\ntenant_id = contoso.example\nclient_id = 00000000-0000-4000-8000-00000000000a",
        1,
        &["registration", "answer is required"],
    ),
    ("", 1, &["tenant_id", "client_id", "secret", "answer is required"]),
    (
        "tenant_id = contoso.example\nclient_id = 00000000-0000-4000-8000-00000000000a",
        1,
        &["secret", "answer is required"],
    ),
    (
        "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----",
        2,
        &["this is a certificate, no answers file", "key = value"],
    ),
];
