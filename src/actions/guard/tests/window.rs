use super::now;
use crate::actions::guard::PolicyWindow;
use crate::actions::guard::window::next_opening;
use crate::model::{format_time, parse_time};

fn window(cron: &str, minutes: u32, zone: &str) -> PolicyWindow {
    PolicyWindow {
        cron: cron.into(),
        minutes,
        zone: zone.into(),
    }
}

#[test]
fn a_window_is_open_from_its_moment_until_its_length_is_over() {
    let nights = || vec![window("0 22 * * *", 360, "UTC")];
    let berlin = || vec![window("0 2 * * *", 60, "Europe/Berlin")];
    let rows = [
        (Vec::new(), "2026-11-20T10:00:00Z", None),
        (nights(), "2026-11-20T21:59:59Z", Some("2026-11-20T22:00:00Z")),
        (nights(), "2026-11-20T22:00:00Z", None),
        (nights(), "2026-11-21T03:59:59Z", None),
        (nights(), "2026-11-21T04:00:00Z", Some("2026-11-21T22:00:00Z")),
        // Two windows: the nearer one.
        (
            vec![window("0 22 * * *", 60, "UTC"), window("0 12 * * *", 60, "UTC")],
            "2026-11-20T10:00:00Z",
            Some("2026-11-20T12:00:00Z"),
        ),
        // Windows that follow each other closely are one.
        (vec![window("0 * * * *", 60, "UTC")], "2026-11-20T10:59:59Z", None),
        (
            vec![window("0 * * * *", 59, "UTC")],
            "2026-11-20T10:59:30Z",
            Some("2026-11-20T11:00:00Z"),
        ),
        // In the zone that it names, on both sides of a change of the clock.
        (berlin(), "2026-10-24T00:30:00Z", None),
        (berlin(), "2026-11-20T00:30:00Z", Some("2026-11-20T01:00:00Z")),
        // The hour that does not exist: it opens when the clock has been put forward.
        (berlin(), "2027-03-28T00:30:00Z", Some("2027-03-28T01:00:00Z")),
        (berlin(), "2027-03-28T01:30:00Z", None),
    ];
    for (windows, at, opens) in rows {
        let next = next_opening(&windows, parse_time(at).unwrap());
        assert_eq!(next.map(format_time).as_deref(), opens, "{at} {windows:?}");
    }
}

#[test]
fn windows_that_can_not_be_read_never_open() {
    for broken in [
        window("rubbish", 60, "UTC"),
        window("* * * * *", 60, "Atlantis/Capital"),
    ] {
        let opens = next_opening(&[broken], now()).expect("it is not open");
        assert!(opens > now() + chrono::TimeDelta::days(365));
    }
}
