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
    ("devices --filter '1 + 1'", 2, &["not true or false"]),
    (r#"devices --filter 'deviceName.startswith("LAP")'"#, 2, &["startswith"]),
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
        &["checkedInBefore", "RFC 3339"],
    ),
    ("devices --search-all", 2, &["--search <TEXT>"]),
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
        "devices export notes.csv --csv-separator pipe",
        2,
        &["pipe", "comma, semicolon, tab"],
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
        &[r#""Sync""#, "sync"],
    ),
    ("action sync", 2, &["--device", "--help"]),
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
