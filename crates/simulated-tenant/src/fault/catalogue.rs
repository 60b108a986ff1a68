//! Every fault there is, ready to be armed: for tests that play each alone, and for random mixes of all.

use super::kind::{Again, Broken, Fault, Moment, Nesting, Twist};
use super::rule::Rule;

const LIST: &str = "*/deviceManagement/managedDevices";
const DEVICE: &str = "*/deviceManagement/managedDevices*";
const TOKEN: &str = "*/oauth2/v2.0/token";
const OVERVIEW: &str = "*/deviceManagement/managedDeviceOverview";

/// A fault under a name of its own.
#[derive(Debug, Clone)]
pub struct Named {
    pub name: &'static str,
    /// Strikes once, on the first request that fits.
    pub rule: Rule,
    /// It makes the client wait, for its time limit or longer.
    pub slow: bool,
}

/// All of them, each striking once.
pub fn every() -> Vec<Named> {
    let mut every = refusals();
    every.extend(spoilt());
    every.extend(torn());
    every.extend(entra());
    every
}

fn named(name: &'static str, path: &str, fault: Fault) -> Named {
    let slow = matches!(fault, Fault::Silent {} | Fault::Late { .. } | Fault::SlowBody { .. });
    Named {
        name,
        rule: Rule {
            fault,
            path: path.to_owned(),
            ..Rule::default()
        },
        slow,
    }
}

fn status(name: &'static str, status: u16, body: Nesting) -> Named {
    named(
        name,
        DEVICE,
        Fault::Status {
            status,
            code: None,
            message: None,
            body,
            effect: false,
        },
    )
}

/// The code of a 404 under another status, which proves nothing.
fn no_such_device() -> Fault {
    let code = Some("ResourceNotFound".to_owned());
    Fault::Status {
        status: 400,
        code,
        message: None,
        body: Nesting::Once,
        effect: false,
    }
}

/// Answers that are none.
fn refusals() -> Vec<Named> {
    let throttled = |name, retry_after| named(name, DEVICE, Fault::Throttled { retry_after });
    vec![
        throttled("429 with seconds", Again::Seconds(1)),
        throttled("429 with a fraction", Again::Text("1.128".to_owned())),
        throttled("429 with a date", Again::Date(1)),
        throttled("429 without a word", Again::Missing),
        throttled("429 with nonsense", Again::Text("soon".to_owned())),
        status("500", 500, Nesting::Once),
        status("502 from a gateway", 502, Nesting::Html),
        status("503", 503, Nesting::Empty),
        status("504 nested twice", 504, Nesting::Twice),
        named("400 that claims there is no such device", DEVICE, no_such_device()),
        named("401", DEVICE, Fault::Unauthorized {}),
        named(
            "403 after a right was taken away",
            DEVICE,
            Fault::Forbidden { scopes: Vec::new() },
        ),
        named(
            "redirect",
            DEVICE,
            Fault::Redirect {
                to: "https://elsewhere.example/".to_owned(),
                status: 302,
            },
        ),
    ]
}

/// Answers that arrive damaged, late, or not at all.
fn spoilt() -> Vec<Named> {
    let reset = |name, when, effect| {
        named(
            name,
            DEVICE,
            Fault::Reset {
                when,
                bytes: 1500,
                effect,
            },
        )
    };
    vec![
        reset("reset before the answer", Moment::Before, false),
        reset("reset instead of the answer", Moment::Before, true),
        reset("reset during the answer", Moment::During, false),
        reset("reset after the answer", Moment::After, false),
        named("silence", DEVICE, Fault::Silent {}),
        named("late answer", DEVICE, Fault::Late { ms: 1500 }),
        named(
            "slow body",
            DEVICE,
            Fault::SlowBody {
                chunk_bytes: 4096,
                pause_ms: 50,
            },
        ),
        named("truncated JSON", DEVICE, Fault::Truncated { percent: 60 }),
        named(
            "wrong content type",
            DEVICE,
            Fault::ContentType {
                value: "text/html".to_owned(),
            },
        ),
        named(
            "a sign-in page with status 200",
            DEVICE,
            Fault::Body {
                status: 200,
                content_type: "text/html".to_owned(),
                body: "<html><body>Sign in</body></html>".to_owned(),
            },
        ),
        named("body over the limit", DEVICE, Fault::Oversize { bytes: 300 << 20 }),
        named("clock ten minutes ahead", DEVICE, Fault::ClockOff { seconds: 600 }),
        named("clock ten minutes behind", DEVICE, Fault::ClockOff { seconds: -600 }),
    ]
}

/// Lists that are not what they should be.
fn torn() -> Vec<Named> {
    let twist = |name, twist| named(name, LIST, Fault::List { twist });
    let broken = |name, how| twist(name, Twist::Unreadable { how });
    vec![
        twist("page repeated, same link", Twist::Repeated { same_link: true }),
        twist("page repeated, new link", Twist::Repeated { same_link: false }),
        twist("page overlapping", Twist::Overlap { devices: 5 }),
        twist("page empty with a next link", Twist::Empty),
        twist("next link to itself", Twist::LinkToSelf),
        twist(
            "next link to another host",
            Twist::LinkElsewhere {
                host: "https://elsewhere.example".to_owned(),
            },
        ),
        twist("next link that is none", Twist::LinkNotText),
        twist("list stops early", Twist::StopsEarly),
        twist("device twice", Twist::Twice),
        twist("device vanishes before it is listed", Twist::Vanishes { listed: false }),
        twist("device vanishes after it was listed", Twist::Vanishes { listed: true }),
        twist("device left out of the list", Twist::Omitted { devices: 1 }),
        twist("device renamed to the front", Twist::Renamed { to_front: true }),
        twist("device renamed to the end", Twist::Renamed { to_front: false }),
        broken("record that is no object", Broken::NotAnObject),
        broken("record without id", Broken::NoId),
        broken("record whose id is a number", Broken::IdNotText),
        broken("record whose id is no GUID", Broken::IdNotGuid),
        broken("record of wrong types", Broken::WrongTypes),
        twist("no count", Twist::NoCount),
        named(
            "overview miscounts",
            OVERVIEW,
            Fault::List {
                twist: Twist::WrongCount { count: 999_999 },
            },
        ),
        named(
            "overview fails",
            OVERVIEW,
            Fault::Status {
                status: 500,
                code: None,
                message: None,
                body: Nesting::Once,
                effect: false,
            },
        ),
    ]
}

/// A token endpoint in trouble.
fn entra() -> Vec<Named> {
    let refused = |name, code| {
        named(
            name,
            TOKEN,
            Fault::EntraError {
                code,
                retry_after: Again::Missing,
            },
        )
    };
    vec![
        refused("wrong secret", 7_000_215),
        refused("secret expired", 7_000_222),
        refused("app not found", 700_016),
        refused("conditional access", 53_003),
        refused("token endpoint for the moment unavailable", 90_033),
        refused("tenant throttled", 90_055),
        named(
            "token endpoint throttled",
            TOKEN,
            Fault::Throttled {
                retry_after: Again::Seconds(1),
            },
        ),
        named(
            "token endpoint resets",
            TOKEN,
            Fault::Reset {
                when: Moment::Before,
                bytes: 0,
                effect: false,
            },
        ),
        named("token that is no JSON", TOKEN, Fault::Truncated { percent: 50 }),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own_and_survives_json() {
        let every = every();
        let names: HashSet<&str> = every.iter().map(|named| named.name).collect();
        assert_eq!(names.len(), every.len());
        for named in every {
            let json = serde_json::to_string(&named.rule).unwrap();
            assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), named.rule, "{json}");
        }
    }
}
