//! Wrong commands on orders of applications.

use super::WrongCommand;

pub const ROWS: &[WrongCommand] = &[
    (
        "orders list --application ''",
        2,
        &["--application", "it is empty; omit the option"],
    ),
    ("orders place", 2, &["<APPLICATION>", "--help"]),
    ("orders place editor", 2, &["--for-user", "--help"]),
    (
        "orders list --application 7zip",
        5,
        &["application 7zip", "does not exist", "apps linked"],
    ),
    (
        "orders place editor --for-user a@b.example --for-device PC-1",
        2,
        &["--for-device", "cannot be used with"],
    ),
    (
        "orders place nothing --for-device PC-1",
        5,
        &["application nothing", "does not exist"],
    ),
    ("orders place editor --for-device NOBODY-HAS-IT", 5, &["NOBODY-HAS-IT"]),
    (
        "orders place editor --for-user nobody@contoso.example",
        5,
        &["nobody@contoso.example"],
    ),
    (
        "orders place editor --for-device PC-1 --id 'a b'",
        2,
        &["id has 1 to 100 letters", "Choose an id"],
    ),
    (
        "orders place editor --for-device PC-1 --id ended-1",
        5,
        &["ended-1 with other content", "id of its own"],
    ),
    (
        "orders place editor --for-device PC-1 --language fr",
        2,
        &["--language", "fr"],
    ),
    (
        "orders place editor --for-device PC-1 --approval none",
        2,
        &["approval is none", "operator", "Leave it out"],
    ),
    (
        "orders place editor --for-device PC-1 --note ''",
        2,
        &["note has 1 to 1000 characters"],
    ),
    ("orders list --state waiting", 2, &["waiting", "waitingForApproval"]),
    ("orders list --limit 501", 2, &["501", "1..=500"]),
    ("orders list --all --limit 5", 2, &["--all", "cannot be used with"]),
    (
        "orders list --instance IntuneAppOrders_9",
        5,
        &["IntuneAppOrders_9", "does not exist"],
    ),
    (
        "orders show nothing",
        5,
        &["order nothing", "intune-connector orders list"],
    ),
    ("orders approve nothing", 5, &["order nothing", "does not exist"]),
    (
        "orders approve nothing --approver ben",
        5,
        &["order nothing", "does not exist"],
    ),
    (
        "orders reject nothing --approver ben",
        5,
        &["order nothing", "does not exist"],
    ),
    (
        "orders approve ended-1",
        5,
        &["ended-1 has ended", "cancelled", "intune-connector orders show ended-1"],
    ),
    (
        "orders approve ended-1 --approver anna --password-file pw",
        2,
        &[
            "--password-file",
            "cannot be used with",
            "--approver-password-file FILE",
        ],
    ),
    ("orders reject nothing", 5, &["order nothing", "does not exist"]),
    ("orders reject ended-1", 5, &["ended-1 has ended", "cancelled"]),
    ("orders cancel nothing", 5, &["order nothing", "does not exist"]),
    ("orders cancel ended-1", 5, &["ended-1 has ended", "cancelled"]),
    ("orders retry nothing", 5, &["order nothing", "does not exist"]),
    (
        "orders retry ended-1",
        5,
        &["ended-1 can't be repeated", "cancelled", "new order"],
    ),
    (
        "orders follow --once --after nonsense",
        2,
        &["did not issue that position", "exactly as you received it"],
    ),
    ("orders follow --lang fr", 2, &["--lang", "fr"]),
];
