//! Wrong commands on operators and roles of a running bus.

use super::WrongCommand;

pub const ROWS: &[WrongCommand] = &[
    (
        "operators add anna --role administrator --new-password-file pw",
        5,
        &[r#""anna" already exists"#, "another name"],
    ),
    (
        "operators add dora --role administraor --new-password-file pw",
        5,
        &["administraor", "does not exist"],
    ),
    (
        "operators add dora --role operator --new-password-file short",
        2,
        &["at least 10 characters", "longer"],
    ),
    (
        "operators add dora --role operator --new-password-file absent",
        2,
        &["absent", "check the path"],
    ),
    (
        "operators add dora --role operator --new-password-file empty",
        2,
        &["empty"],
    ),
    (
        "operators add dora --rights Everything --new-password-file pw",
        2,
        &["--rights", r#""Everything""#, "Devices_Read"],
    ),
    (
        "operators add dora --rights devices_read --new-password-file pw",
        2,
        &[r#""devices_read""#, "Devices_Read"],
    ),
    (
        "operators add dora --role auditor --instances 'a b' --new-password-file pw",
        2,
        &["--instances", r#""a b""#, "1 to 80 letters"],
    ),
    (
        "operators add 'd a' --role auditor --new-password-file pw",
        2,
        &["name", "64 letters"],
    ),
    (
        "operators add '' --role auditor --new-password-file pw",
        2,
        &["name", "64 letters"],
    ),
    ("operators add dora --kind robot", 2, &["robot", "person, server"]),
    (
        "operators recover anna",
        75,
        &["stop the bus first", "operators change anna"],
    ),
    (
        "operators add bob --role auditor --with-token",
        2,
        &["another person", "omit --with-token"],
    ),
    (
        "operators add dora --role auditor --new-password-file pw --with-token",
        2,
        &["--with-token", "cannot be used with"],
    ),
    ("operators add", 2, &["<NAME>", "--help"]),
    (
        "operators change nobody --disable",
        5,
        &["operator nobody", "does not exist"],
    ),
    ("operators change anna", 2, &["no change", "--rights"]),
    (
        "operators change anna --disable --enable",
        2,
        &["--disable", "cannot be used with"],
    ),
    (
        "operators change anna --rights Nothing",
        2,
        &[r#""Nothing""#, "Devices_Read"],
    ),
    (
        "operators give nobody auditor",
        5,
        &["operator nobody", "does not exist"],
    ),
    ("operators give anna auditr", 5, &["role auditr", "does not exist"]),
    (
        "operators give anna auditor --instances 'a b'",
        2,
        &[r#""a b""#, "1 to 80 letters"],
    ),
    (
        "operators take nobody auditor",
        5,
        &["operator nobody", "does not exist"],
    ),
    ("operators add-token nobody", 5, &["operator nobody", "does not exist"]),
    ("operators add-token anna --days soon", 2, &["--days", "soon"]),
    (
        "operators add-token anna",
        4,
        &["another person", "intune-connector login"],
    ),
    ("operators tokens ''", 2, &["the operator is empty"]),
    ("operators tokens nobody", 5, &["operator nobody", "does not exist"]),
    ("operators remove-token anna 99", 5, &["token 99", "does not exist"]),
    ("operators remove-token anna x", 2, &["x", "--help"]),
    ("operators remove nobody", 5, &["operator nobody", "does not exist"]),
    (
        "operators remove anna",
        5,
        &["at least one operator", "administrator first"],
    ),
    (
        "operators remove local",
        5,
        &["local belongs to the bus", "permissions"],
    ),
    ("operators password", 2, &["no operator", "operators password NAME"]),
    ("operators lst", 2, &["lst", "'list'"]),
    ("roles show auditr", 5, &["role auditr", "does not exist"]),
    (
        "roles add auditor --rights Devices_Read",
        5,
        &["auditor already exists", "another name"],
    ),
    ("roles add watcher", 2, &["--rights", "--help"]),
    (
        "roles add watcher --rights Devices_Raed",
        2,
        &[r#""Devices_Raed""#, "Devices_Read"],
    ),
    (
        "roles add 'my role' --rights Devices_Read",
        2,
        &[r#""my role""#, "48 letters"],
    ),
    (
        "roles change auditor --rights Devices_Read",
        5,
        &["auditor belongs to the system", "custom role"],
    ),
    (
        "roles change nobody --rights Devices_Read",
        5,
        &["role nobody", "does not exist"],
    ),
    (
        "roles remove administrator",
        5,
        &["administrator belongs to the system"],
    ),
    ("roles show ''", 2, &["the role is empty"]),
    ("roles remove ..", 2, &[r#"".." cannot be the role"#]),
    ("roles remove nobody", 5, &["role nobody", "does not exist"]),
    (
        "operators add dora --rights Device_Read --new-password-file pw",
        2,
        &["did you mean Devices_Read?", "intune-connector operators rights"],
    ),
    (
        "operators add dora --rights Jobs_Approve --new-password-file pw",
        5,
        &["Jobs_Read", "--add-dependencies"],
    ),
    (
        "roles add watcher --rights Devices_Read;Servers_Read",
        2,
        &["separate several rights by commas"],
    ),
    (
        "operators take anna auditor",
        5,
        &["anna does not have the role auditor", "intune-connector operators list"],
    ),
    (
        "roles remove operator",
        5,
        &["operator belongs to the system", "operators take NAME ROLE"],
    ),
];
