//! Wrong commands on devices, actions and jobs of a running bus.

use super::WrongCommand;

pub const ROWS: &[WrongCommand] = &[
    (
        "devices --filter operatingSystem",
        2,
        &["not true or false", r#"operatingSystem == "iOS""#],
    ),
    (
        r#"devices --filter 'operatingsystem == "iOS"'"#,
        2,
        &[r#""operatingsystem""#, r#"did you mean "operatingSystem""#],
    ),
    (
        r#"devices --filter 'operatingSystem = "iOS"'"#,
        2,
        &["line 1", r#"operatingSystem == "iOS""#],
    ),
    (
        r#"devices --filter 'operatingSystem == "iOS'"#,
        2,
        &["line 1", r#"operatingSystem == "iOS""#],
    ),
    (
        r#"devices --filter 'lastSyncDateTime < timestamp("yesterday")'"#,
        2,
        &[r#""yesterday" is not a date"#, "2026-11-28"],
    ),
    (
        r#"devices --filter 'now - lastSyncDateTime > duration("30d")'"#,
        2,
        &[r#""30d" is not a length"#, r#""720h" for 30 days"#],
    ),
    (
        r#"devices --filter 'totalStorageSpaceInBytes > int("many")'"#,
        2,
        &[r#"int never accepts the text "many""#],
    ),
    (
        "devices --filter 'totalStorageSpaceInBytes > 99999999999999999999'",
        2,
        &["99999999999999999999 is too large a number"],
    ),
    ("devices --filter '1 + 1'", 2, &["not true or false"]),
    (
        r#"devices --filter 'deviceName.startswith("LAP")'"#,
        2,
        &["line 1, column 12", r#"did you mean "startsWith"?"#],
    ),
    (
        r#"devices --filter 'operatingSystem in "iOS,iPadOS"'"#,
        2,
        &["behind in comes a list", r#"["iOS", "iPadOS"]"#],
    ),
    (
        "devices --filter 'lastSyncDateTime < now - 30d'",
        2,
        &["30d is no length of time", r#"duration("720h")"#],
    ),
    (
        "devices --filter 'device.operatingSystem == Windows'",
        2,
        &["Windows is not known here", r#"write "Windows""#],
    ),
    (
        r#"devices --filter 'device.operatingSystem == "Windows"'"#,
        2,
        &["device is not known here", "write operatingSystem alone"],
    ),
    (
        "devices --filter 'operatingSystem == Windows 11'",
        2,
        &["Windows 11 is not in quotes", r#"write "Windows 11""#],
    ),
    (
        "devices --filter 'osVersion == 10.0'",
        2,
        &["osVersion holds a text", "in quotes"],
    ),
    (
        r#"devices --filter 'deviceName startsWith "CEO"'"#,
        2,
        &["line 1, column 12", r#"write deviceName.startsWith("…")"#],
    ),
    (
        r#"devices --filter 'operatingSystem == "ios"'"#,
        2,
        &[r#"did you mean "iOS"?"#],
    ),
    (
        "devices --filter 'totalStorageSpaceInBytes > 64GB'",
        2,
        &["write 64 * 1073741824"],
    ),
    (
        "devices --filter 'isEncrypted == yes'",
        2,
        &[r#""yes""#, "write true or false"],
    ),
    ("devices -data bus", 2, &["'--data'", "two dashes"]),
    (
        "devices --sort colour",
        2,
        &["sort", "deviceName, lastSyncDateTime, changedAt"],
    ),
    (
        "devices --instance IntuneConnector_9",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    ("devices --limit ten", 2, &["--limit", "ten"]),
    ("devices --limit 1001", 2, &["1001", "1..=1000"]),
    ("devices --all --limit 5", 2, &["--all", "cannot be used with"]),
    (
        "devices show IntuneConnector_1 7809c88c-0000-4000-8000-000000000001",
        5,
        &["7809c88c-0000-4000-8000-000000000001", "does not exist"],
    ),
    (
        "devices show IntuneConnector_9 7809c88c-0000-4000-8000-000000000001",
        5,
        &["IntuneConnector_9", "does not exist"],
    ),
    (
        "devices history IntuneConnector_1 7809c88c-0000-4000-8000-000000000001",
        5,
        &["7809c88c-0000-4000-8000-000000000001", "does not exist"],
    ),
    ("devices history not-a-guid", 2, &["not-a-guid", "devices history ID"]),
    (
        "devices history 7809c88c-0000-4000-8000-000000000001 --limit 501",
        2,
        &["501", "1..=500"],
    ),
    (
        r#"devices --filter 'complianceState == "Compliant"'"#,
        2,
        &[r#"complianceState is never "Compliant""#, r#"did you mean "compliant""#],
    ),
    (
        "devices --checked-in-after 2026-11-28T12:00:00Z --checked-in-before 2026-11-01T12:00:00Z",
        2,
        &["the period ends before it begins", "--checked-in-after"],
    ),
    ("devices --sort devicename", 2, &["sort", "Did you mean deviceName?"]),
    (
        "devices --platform Windos",
        2,
        &["platform", "Windos", "Possible values: Windows, iOS"],
    ),
    ("devices --compliance good", 2, &["compliance", "good", "noncompliant"]),
    (
        "devices --ownership mine",
        2,
        &["ownership", "mine", "company, personal"],
    ),
    (
        "devices --checked-in-before yesterday",
        2,
        &["--checked-in-before", "RFC 3339"],
    ),
    (
        "devices --checked-in-before 2026-11-31T00:00:00Z",
        2,
        &["--checked-in-before", "the date 2026-11-31 does not exist"],
    ),
    ("devices --search-all", 2, &["--search <TEXT>"]),
    (
        "devices --serial ''",
        2,
        &["--serial <TEXT>", "it is empty; omit the option"],
    ),
    (
        "devices --name ' '",
        2,
        &["--name <TEXT>", "it is empty; omit the option"],
    ),
    (
        "devices --platform ,",
        2,
        &["--platform", "it has no word; omit the option"],
    ),
    (
        "devices --checked-in-before ''",
        2,
        &["--checked-in-before", "RFC 3339"],
    ),
    (
        "jobs list --sender ''",
        2,
        &["--sender", "it is empty; omit the option"],
    ),
    (
        "audit --operator ''",
        2,
        &["--operator", "it is empty; omit the option"],
    ),
    ("devices export", 2, &["<FILE>", "--help"]),
    (
        "devices export devices.txt",
        2,
        &["devices.txt", ".csv, .json or .xlsx"],
    ),
    (
        "devices export notes.csv --columns devicename",
        2,
        &["devicename", "Did you mean deviceName?"],
    ),
    (
        "devices export notes.csv --columns deviceID",
        2,
        &["deviceID", "Did you mean deviceId?"],
    ),
    (
        "devices export notes.csv --columns 'deviceName;serialNumber'",
        2,
        &["A comma separates columns: deviceName,serialNumber"],
    ),
    (
        "devices --columns deviceId,model",
        2,
        &[r#""deviceId""#, "did you mean id?"],
    ),
    (
        "devices --columns 'deviceName;serialNumber'",
        2,
        &["a comma separates columns: --columns deviceName,serialNumber"],
    ),
    (
        "devices --filter 'deviceId == \"x\"'",
        2,
        &[r#""deviceId""#, r#"did you mean "id""#],
    ),
    (
        "devices export notes.csv --csv-separator pipe",
        2,
        &["pipe", "comma, semicolon, tab"],
    ),
    (
        "devices --columns model,deviceName,model",
        2,
        &["model is given twice", "only once"],
    ),
    (
        "follow --server twice --csv twice.csv --columns model,model --once",
        2,
        &["model is given twice", "only once"],
    ),
    (
        "follow --server pipe --csv /dev/full --once",
        2,
        &[
            "/dev/full is a device",
            "a table is a regular file",
            "--ndjson or --exec",
        ],
    ),
    (
        "follow --server pipe --exec cat --view /dev/full --once",
        2,
        &["/dev/full is a device", "a view is a regular file", "--view"],
    ),
    ("devices shwo", 2, &["shwo", "'show'"]),
    ("action", 2, &["<ACTION>", "--device", "--help"]),
    (
        "action explode --device 7809c88c-0000-4000-8000-000000000001",
        2,
        &[r#""explode""#, "actions"],
    ),
    (
        "action Sync --device 7809c88c-0000-4000-8000-000000000001",
        2,
        &[r#""Sync""#, "did you mean sync?"],
    ),
    (
        "action remotelock --device 7809c88c-0000-4000-8000-000000000001",
        2,
        &["did you mean remoteLock?"],
    ),
    ("action sync", 2, &["--device", "--help"]),
    (
        "action sync --instance IntuneConnector_1 --filter true --yes-i-mean 1",
        5,
        &["expected 1 devices, found 30", "correct number"],
    ),
    (
        "action sync --device 7809c88c",
        2,
        &["--device", "7809c88c-0000-4000-8000-000000000001"],
    ),
    (
        "action sync --device 7809c88c-0000-4000-8000-000000000001",
        5,
        &["unknown devices", "not the Entra one"],
    ),
    (
        "action sync --device 7809c88c-0000-4000-8000-000000000001 --filter true",
        2,
        &["--filter", "cannot be used with"],
    ),
    (
        "action sync --filter 'operatingSystem = 1' --instance IntuneConnector_1",
        2,
        &["filter", "line 1"],
    ),
    (
        r#"action wipe --filter 'operatingSystem == "iOS"' --instance IntuneConnector_1 --reason x"#,
        2,
        &["wipe does not accept a filter", "name each device", "--device ID"],
    ),
    (
        "action wipe --device 7809c88c-0000-4000-8000-000000000001 --reason x",
        5,
        &["7809c88c-0000-4000-8000-000000000001", "does not exist"],
    ),
    (
        "action remoteLock --filter true --instance IntuneConnector_9",
        5,
        &["IntuneConnector_9", "not found"],
    ),
    (
        "action sync --device 7809c88c-0000-4000-8000-000000000001 --param colour=red",
        2,
        &["parameter colour", "actions"],
    ),
    (
        "action notify --device 7809c88c-0000-4000-8000-000000000001 --param notificationTitle",
        2,
        &["notificationTitle", "--param NAME=VALUE"],
    ),
    (
        "action notify --device 7809c88c-0000-4000-8000-000000000001 --param notificationTitle=@absent",
        2,
        &["absent", "check the path"],
    ),
    (
        "action sync --device 7809c88c-0000-4000-8000-000000000001 --when-pending maybe",
        2,
        &["--when-pending", "stop, wait, goOn"],
    ),
    ("action remoteLock --break-glass", 2, &["--device", "--help"]),
    (
        "action sync --device 7809c88c-0000-4000-8000-000000000001 --yes-i-mean some",
        2,
        &["--yes-i-mean", "some"],
    ),
    (
        "jobs show 99",
        5,
        &["job 99", "does not exist", "intune-connector jobs"],
    ),
    ("jobs show id:nothing", 5, &["nothing", "does not exist"]),
    ("jobs show ''", 2, &["the id is empty", "as the list shows it"]),
    ("jobs cancel ..", 2, &[r#"".." cannot be the id"#]),
    ("jobs watch 99", 5, &["job 99", "does not exist"]),
    ("jobs cancel 99", 5, &["job 99", "does not exist"]),
    ("jobs approve 99", 5, &["job 99", "does not exist"]),
    ("jobs approve", 2, &["<JOB>", "--help"]),
    ("jobs reject 99", 5, &["job 99", "does not exist"]),
    ("jobs resolve 99", 2, &["--task", "--state", "--note"]),
    (
        "jobs resolve 99 --task 1 --state finished --note x",
        2,
        &["finished", "done, failed, notSupported or deviceGone"],
    ),
    (
        "jobs resolve 99 --task one --state done --note x",
        2,
        &["--task", "one"],
    ),
    (
        "jobs resolve 99 --task 1 --state done --note x",
        5,
        &["job 99", "does not exist"],
    ),
    ("jobs aprove 99", 2, &["aprove", "'approve'"]),
];
