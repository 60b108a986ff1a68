//! Wrong commands on apps of a tenant and applications that are linked to them.

use super::WrongCommand;

pub const ROWS: &[WrongCommand] = &[
    (
        "apps list --instance IntuneAppOrders_9",
        5,
        &["IntuneAppOrders_9", "does not exist"],
    ),
    (
        "apps linked --instance IntuneAppOrders_9",
        5,
        &["IntuneAppOrders_9", "does not exist"],
    ),
    ("apps linked --state broken", 2, &["broken", "creationSucceeded"]),
    ("apps link", 2, &["<APPLICATION>", "--app", "--help"]),
    (
        "apps link new --app zoom",
        2,
        &["app is the id of an app", "a GUID", "intune-connector apps"],
    ),
    (
        "apps link new --app 7809c88c-0000-4000-8000-00000000dead",
        5,
        &["no app 7809c88c-0000-4000-8000-00000000dead", "intune-connector apps"],
    ),
    (
        "apps link 'a b' --app 7809c88c-0000-4000-8000-00000000dead",
        2,
        &["id has 1 to 64 letters", "Choose an id"],
    ),
    (
        "apps link new --instance IntuneAppOrders_9 --app 7809c88c-0000-4000-8000-00000000dead",
        5,
        &["IntuneAppOrders_9", "does not exist"],
    ),
    (
        "apps link new --cost 12,50 --currency EUR --app 7809c88c-0000-4000-8000-00000000dead",
        2,
        &["cost is an amount", "12.50"],
    ),
    (
        "apps link new --cost 12.50 --app 7809c88c-0000-4000-8000-00000000dead",
        2,
        &["currency is missing", "EUR"],
    ),
    (
        "apps link new --approval somebody --app 7809c88c-0000-4000-8000-00000000dead",
        2,
        &["somebody", "operator", "callback"],
    ),
    (
        "apps link new --approval operator --approver nobody --app 7809c88c-0000-4000-8000-00000000dead",
        2,
        &["approvers", "nobody", "intune-connector operators"],
    ),
    (
        "apps link new --deputy anna --app 7809c88c-0000-4000-8000-00000000dead",
        2,
        &["deputies", "Name approvers as well"],
    ),
    (
        "apps link new --reminder-days 3 --app 7809c88c-0000-4000-8000-00000000dead",
        2,
        &["reminderDays", "termDays"],
    ),
    (
        "apps link new --licences many --app 7809c88c-0000-4000-8000-00000000dead",
        2,
        &["--licences", "many"],
    ),
    (
        "apps link new --target printer --app 7809c88c-0000-4000-8000-00000000dead",
        2,
        &["printer", "user", "device"],
    ),
    (
        "apps change nothing --comment x",
        5,
        &["application nothing", "does not exist"],
    ),
    (
        "apps change editor",
        2,
        &["no change given", "intune-connector apps change --help"],
    ),
    (
        "apps change editor --term-days -1",
        2,
        &["--term-days", "-1 is not in 0..=3650"],
    ),
    ("apps change editor --comment -x", 2, &["--comment=-x"]),
    (
        "apps change editor --icon /dev/zero",
        1,
        &["/dev/zero", "not a regular file", "name a regular file"],
    ),
    ("apps change editor --icon absent", 2, &["absent", "check the path"]),
    (
        "apps change editor --icon notes.txt",
        2,
        &["--icon notes.txt is neither PNG nor JPEG", "give a picture"],
    ),
    (
        "apps show nothing",
        5,
        &["application nothing", "intune-connector apps linked"],
    ),
    ("apps show", 2, &["<APPLICATION>", "--help"]),
    ("apps retry nothing", 5, &["application nothing", "does not exist"]),
    (
        "apps retry editor",
        5,
        &["editor", "nothing to repeat", "intune-connector apps show editor"],
    ),
    ("apps unlink nothing", 5, &["application nothing", "does not exist"]),
    (
        "apps change editor --reminder-days 5",
        2,
        &["there is no term", "--term-days"],
    ),
];
