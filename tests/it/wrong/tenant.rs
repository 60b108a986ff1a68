//! Wrong settings, secrets and certificates of a tenant, where no bus is needed. `T` stands for tenant and client.

use super::WrongCommand;

pub const ROWS: &[WrongCommand] = &[
    (
        "verify --tenant contoso.example",
        2,
        &["client_id", "is missing", "app registration"],
    ),
    (
        "verify --client 00000000-0000-4000-8000-00000000000a --secret-file pw",
        2,
        &["tenant_id", "is missing"],
    ),
    (
        "verify --tenant 'con toso' --client 00000000-0000-4000-8000-00000000000a --secret-file pw",
        2,
        &["tenant_id", r#""con toso""#, "contoso.onmicrosoft.com"],
    ),
    (
        "verify --tenant https://contoso.example --client 00000000-0000-4000-8000-00000000000a --secret-file pw",
        2,
        &["tenant_id", "GUID"],
    ),
    (
        "verify --tenant contoso.example --client 1234 --secret-file pw",
        2,
        &["client_id", "GUID"],
    ),
    (
        "verify T --set page_size=100",
        2,
        &["there is no credential", "--secret-file, --pfx, --cert with --key"],
    ),
    (
        "verify T --secret-file absent",
        2,
        &["secret_file", "absent", "check the path"],
    ),
    (
        "verify T --secret-file empty",
        2,
        &["secret_file", "empty", "right file"],
    ),
    (
        "verify T --secret-file quoted",
        2,
        &["secret_file", "secret in quotes", "remove the quotes"],
    ),
    ("verify T --secret-file zero", 2, &["secret_file", "empty"]),
    ("verify T --secret-file folder", 2, &["secret_file", "is a folder"]),
    ("verify T --secret-file binary", 2, &["secret_file", "UTF-8"]),
    ("verify T --pfx absent", 2, &["pfx_file", "absent", "check the path"]),
    (
        "verify T --cert notes.txt --key notes.txt",
        2,
        &["cert_file", "BEGIN CERTIFICATE", "openssl"],
    ),
    (
        "verify T --cert broken.pem --key broken.pem",
        2,
        &["cert_file", "damaged", "openssl x509"],
    ),
    (
        "verify T --cert oneline.pem --key next-key.pem",
        2,
        &["oneline.pem", "line breaks are missing"],
    ),
    (
        "verify T --token-file pw",
        2,
        &["--token-file pw holds no token", "three parts", "--secret-file"],
    ),
    ("verify T --cert absent --key absent", 2, &["cert_file", "absent"]),
    (
        "verify T --cert cert.pem --key absent",
        2,
        &["key_file", "absent", "check the path"],
    ),
    (
        "verify T --cert cert.pem --key notes.txt",
        2,
        &["key_file", "notes.txt", "no BEGIN PRIVATE KEY block"],
    ),
    (
        "verify T --cert cert.pem --key cert.pem",
        2,
        &["key_file", "cert.pem", "public part", "BEGIN PRIVATE KEY"],
    ),
    (
        "verify T --cert cert.pem --key next-key.pem",
        2,
        &["key_file", "next-key.pem", "does not belong to the certificate"],
    ),
    ("verify T --key notes.txt", 2, &["--cert", "--help"]),
    ("verify T --pfx-password-file pw", 2, &["--pfx", "--help"]),
    (
        "verify T --secret-file pw --pfx pw",
        2,
        &["cannot be used with", "--help"],
    ),
    (
        "verify T --secret-file pw --proxy https://proxy.example:3128",
        2,
        &["proxy:", "over TLS", "http://host:port"],
    ),
    (
        "verify T --secret-file pw --proxy socks5://proxy.example:3128",
        2,
        &["proxy:", "http://proxy.example.com:8080"],
    ),
    (
        "verify T --secret-file pw --ca-file absent",
        2,
        &["ca_file", "absent", "check the path"],
    ),
    (
        "verify T --secret-file pw --ca-file notes.txt",
        2,
        &["ca_file", "BEGIN CERTIFICATE"],
    ),
    (
        "verify T --secret-file pw --login-url ftp://login.example",
        2,
        &["login_url", "ftp://login.example", "https://"],
    ),
    (
        "verify T --secret-file pw --login-url http://login.example",
        2,
        &["login_url", "unencrypted", "https://"],
    ),
    (
        "verify T --secret-file pw --graph-url https://graph.example/v1.0",
        2,
        &["graph_url", "has a path", "scheme, host and port"],
    ),
    (
        "verify T --secret-file pw --graph-url https://anna:hunter2@graph.example",
        2,
        &["graph_url", "user name or password", "remove it"],
    ),
    (
        "verify T --secret-file pw --set cloud=germany",
        2,
        &["cloud", r#""germany""#, "global, usgov, dod, china"],
    ),
    (
        "verify T --secret-file pw --set algorithm=rs512",
        2,
        &["algorithm", r#""rs512""#, "ps256, rs256"],
    ),
    (
        "verify T --secret-file pw --set secret_expires_on=tomorrow",
        2,
        &["secret_expires_on", r#""tomorrow""#, "2027-03-31"],
    ),
    (
        "verify T --secret-file pw --set secret_expires_on=2027-02-30",
        2,
        &["secret_expires_on", "2027-02-30", "date"],
    ),
    (
        "verify T --secret-file pw --set page_size=1001",
        2,
        &["page_size", "1001", "1 to 1000"],
    ),
    (
        "verify T --secret-file pw --set page_size=many",
        2,
        &["page_size", r#""many""#, "1 to 1000"],
    ),
    (
        "verify T --secret-file pw --set full=nightly",
        2,
        &["full", r#""nightly""#, "0 3 * * *"],
    ),
    (
        "verify T --secret-file pw --set 'full=61 * * * *'",
        2,
        &["full", "61 * * * *", "0 3 * * *"],
    ),
    (
        "verify T --secret-file pw --set incremental=every15m",
        2,
        &["incremental", "every15m", "every 15m"],
    ),
    (
        "verify T --secret-file pw --set timezone=Berlin",
        2,
        &["timezone", "no such key", "doctor --keys"],
    ),
    (
        "verify T --secret-file pw --set zone=Berlin",
        2,
        &["zone", "Berlin", "Europe/Berlin"],
    ),
    (
        "verify T --secret-file pw --set verbs=explode",
        2,
        &["verbs", r#""explode""#, "intune-connector actions"],
    ),
    (
        "verify T --secret-file pw --set verbs=Wipe",
        2,
        &["verbs", r#""Wipe""#, "write wipe"],
    ),
    (
        "verify T --secret-file pw --set tenantid=x",
        2,
        &["tenantid", "did you mean tenant_id"],
    ),
    ("verify T --secret-file pw --set =x", 2, &["no =", "--set key=value"]),
    (
        "verify T --secret-file pw --set brake_percent=51",
        2,
        &["brake_percent", "51", "50"],
    ),
    (
        "verify T --secret-file pw --set brake_percent=few",
        2,
        &["brake_percent", r#""few""#],
    ),
    (
        "verify T --secret-file pw --set personal=maybe",
        2,
        &["personal", r#""maybe""#, "reduced"],
    ),
    ("verify T --secret-file pw --set servers=../x", 2, &["servers", "../x"]),
    (
        "verify T --secret-file pw --set fields=deviceName,",
        2,
        &["fields", "empty entry", "comma"],
    ),
    ("verify --settings folder", 2, &["folder", "is a folder"]),
    ("verify --settings binary", 2, &["binary:1", "UTF-8"]),
    ("verify --settings absent.ini", 2, &["absent.ini", "check the path"]),
    ("verify --settings section.ini", 2, &["section.ini:1", "section"]),
    (
        "verify --settings unknown.ini",
        2,
        &["unknown.ini:1", "xyzzy", "doctor --keys"],
    ),
    (
        "verify --settings twice.ini",
        2,
        &["twice.ini:2", "appears twice, first in line 1", "keep one"],
    ),
    (
        "verify --settings quoted.ini",
        2,
        &["quoted.ini:1", "in quotes", "without quotes"],
    ),
    // What an administrator of a proxy, of Graph queries and of lists writes by habit.
    (
        "verify T --secret-file pw --proxy http://proxy.example:99999",
        2,
        &["proxy:", "a port", "0 to 65535"],
    ),
    (
        r"verify T --secret-file pw --proxy 'http://CONTOSO\svc:hunter2@proxy.example:3128'",
        2,
        &["proxy:", "user name or password", "proxy_user"],
    ),
    (
        "verify T --secret-file pw --set 'verbs=sync remoteLock'",
        2,
        &["verbs", "a comma between two actions"],
    ),
    (
        "verify T --secret-file pw --login-url http://127.0.0.1:1 --graph-url http://127.0.0.1:1 --set fields=deviceName;serialNumber",
        1,
        &["settings  fields", "unknown field", "a comma between two fields"],
    ),
    (
        "verify T --secret-file pw --login-url http://127.0.0.1:1 --graph-url http://127.0.0.1:1 --set 'filter=operatingSystem eq 1'",
        1,
        &["settings  filter", "use == instead of eq"],
    ),
    (
        r#"verify T --secret-file pw --login-url http://127.0.0.1:1 --graph-url http://127.0.0.1:1 --set 'filter=isEncrypted == "true"'"#,
        1,
        &["settings  filter", "isEncrypted is true or false"],
    ),
    (
        r#"scan --dry-run T --secret-file pw --login-url http://127.0.0.1:1 --graph-url http://127.0.0.1:1 --set 'filter=isEncrypted == "true"'"#,
        2,
        &["isEncrypted is true or false", "devices fields"],
    ),
];
