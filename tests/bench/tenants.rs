//! `cargo bench --bench tenants`, part of `make bench`: one bus for many tenants. 100 simulated tenants (`BENCH_TENANTS`) of 2,000
//! devices each (`BENCH_DEVICES`) in a release build, with the settings of instances that somebody has just added. One of them is
//! throttled from the beginning to the end.
//!
//! - Resident memory after the first scans, and when primary users and what only single requests tell are read as well; also of a
//!   bus without instances, and what is beyond that for each tenant.
//! - Processor time in quiet minutes (`BENCH_MINUTES`, 4), on average and in the worst of them: scans run as set, and nothing in the
//!   tenants changes. Nobody asks the bus for anything meanwhile.
//! - In the same minutes, when scans begin: the most in ten seconds against the average; and how much later than set a scan of a
//!   healthy tenant came: neither the throttled one nor all the others may hold one up.
//!
//! Its time is real time, because the schedule's is. Nothing here decides whether a test passes: it prints figures and says where
//! a target is missed and by how much.

mod many_tenants;
mod process_use;
mod table;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use many_tenants::{ManyBus, ManyTenants, SeenScan, instance_name};
use process_use::{count_threads, peak_mib, processor_time, resident_mib};
use table::{fact, head, line, mib, ms};

const RESIDENT_MIB: f64 = 160.0;
/// Of one core.
const QUIET_PERCENT: f64 = 3.0;
/// The most scans that begin in one slice of time, against the average.
const HEAP: f64 = 3.0;
const SLICE: TimeDelta = TimeDelta::seconds(10);
/// By the defaults of an instance: between two scans of it, and how much later one may begin.
const INTERVAL: TimeDelta = TimeDelta::seconds(120);
const JITTER: TimeDelta = TimeDelta::seconds(12);
/// A look at the clock, the scan's own second, and a busy machine.
const TOLERANCE: TimeDelta = TimeDelta::seconds(5);
/// Requests a minute of a quiet tenant.
const REQUESTS: f64 = 1.5;
const MINUTE: Duration = Duration::from_secs(60);
/// What an empty bus is watched.
const EMPTY: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() {
    let tenants = number("BENCH_TENANTS", 100).max(2);
    let devices = number("BENCH_DEVICES", 2_000);
    let minutes = number("BENCH_MINUTES", 4).max(1);
    println!("{tenants} tenants of {devices} devices in one bus");
    head();
    let empty_mib = measure_empty().await;

    let house = ManyTenants::start(tenants, devices).await;
    let throttled = tenants - 1;
    house.throttle(throttled).await;
    let began = Instant::now();
    let bus = ManyBus::start(Some(&house)).await;
    fact("the bus has started", &ms(began.elapsed()), "its API answers");
    bus.until_scanned(tenants - 1).await;
    let note = format!("of {} tenants; {} is throttled", tenants - 1, instance_name(throttled));
    fact("first scans have completed", &ms(began.elapsed()), &note);
    report_memory("resident after first scans", &bus, tenants, empty_mib);
    house.until_read_out().await;
    fact(
        "everything is read",
        &ms(began.elapsed()),
        "users and single devices, too",
    );
    report_memory("resident then", &bus, tenants, empty_mib);

    let watched = watch_quiet(&house, &bus, minutes).await;
    report_memory("resident after quiet minutes", &bus, tenants, empty_mib);
    fact("  at the peak", &mib(peak_mib(bus.pid())), "");
    fact("  threads", &count_threads(bus.pid()).to_string(), "");
    report_quiet(&watched, tenants);
    report_starts(&bus.all_scans().await, &watched, tenants, &instance_name(throttled));
}

/// What a bus takes that has nothing to do.
async fn measure_empty() -> f64 {
    let bus = ManyBus::start(None).await;
    tokio::time::sleep(EMPTY / 2).await;
    let before = processor_time(bus.pid());
    tokio::time::sleep(EMPTY / 2).await;
    let took = processor_time(bus.pid()).saturating_sub(before);
    let resident = resident_mib(bus.pid());
    let note = format!("{:.2} % of a core", percent(took, EMPTY / 2));
    fact("a bus without instances", &mib(resident), &note);
    resident
}

fn report_memory(what: &str, bus: &ManyBus, tenants: usize, empty_mib: f64) {
    let resident = resident_mib(bus.pid());
    let each = (resident - empty_mib) / tenants as f64;
    let note = format!("of {RESIDENT_MIB} MiB; {each:.2} MiB for each tenant");
    line(what, &mib(resident), resident / RESIDENT_MIB, 1.0, &note);
}

/// What was seen in quiet minutes.
struct QuietMinutes {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// Processor time of each.
    busy: Vec<Duration>,
    requests: u64,
}

async fn watch_quiet(house: &ManyTenants, bus: &ManyBus, minutes: usize) -> QuietMinutes {
    let (from, requests) = (Utc::now(), house.count_requests());
    let mut busy = Vec::new();
    for _ in 0..minutes {
        let before = processor_time(bus.pid());
        tokio::time::sleep(MINUTE).await;
        busy.push(processor_time(bus.pid()).saturating_sub(before));
    }
    QuietMinutes {
        from,
        to: Utc::now(),
        busy,
        requests: house.count_requests() - requests,
    }
}

fn report_quiet(watched: &QuietMinutes, tenants: usize) {
    let minutes = watched.busy.len() as f64;
    let all: Duration = watched.busy.iter().sum();
    let average = percent(all, MINUTE) / minutes;
    let worst = watched
        .busy
        .iter()
        .map(|busy| percent(*busy, MINUTE))
        .fold(0.0, f64::max);
    for (what, used) in [("a quiet minute", average), ("  the worst of them", worst)] {
        let each = used / tenants as f64;
        let note = format!("of {QUIET_PERCENT} % of a core; {each:.3} % for each tenant");
        line(what, &format!("{used:.2} %"), used / QUIET_PERCENT, 1.0, &note);
    }
    let a_minute = watched.requests as f64 / minutes / tenants as f64;
    let took = format!("{a_minute:.2}");
    line(
        "  requests of a tenant",
        &took,
        a_minute / REQUESTS,
        1.0,
        "of 1.5 a minute",
    );
}

fn report_starts(scans: &[SeenScan], watched: &QuietMinutes, tenants: usize, throttled: &str) {
    let healthy: Vec<&SeenScan> = scans.iter().filter(|scan| scan.instance != throttled).collect();
    let within = |scan: &&&SeenScan| (watched.from..watched.to).contains(&scan.began);
    let inside: Vec<&SeenScan> = healthy.iter().filter(within).copied().collect();
    let slices = ((watched.to - watched.from).num_seconds() / SLICE.num_seconds()).max(1);
    let mut heaps = vec![0_u64; usize::try_from(slices).unwrap_or(1)];
    for scan in &inside {
        let slice = (scan.began - watched.from).num_seconds() / SLICE.num_seconds();
        if let Some(heap) = usize::try_from(slice).ok().and_then(|slice| heaps.get_mut(slice)) {
            *heap += 1;
        }
    }
    let most = heaps.iter().copied().max().unwrap_or_default();
    let average = inside.len() as f64 / heaps.len() as f64;
    let note = format!(
        "times the average of {average:.1} in ten seconds; {} scans",
        inside.len()
    );
    line(
        "most scans at once",
        &most.to_string(),
        most as f64 / average,
        HEAP,
        &note,
    );
    let shown: Vec<String> = heaps.iter().map(u64::to_string).collect();
    println!("  begun in each ten seconds: {}", shown.join(" "));
    let full = inside.iter().filter(|scan| scan.is_full).count();
    let slowest = inside.iter().map(|scan| scan.took_ms).max().unwrap_or_default();
    fact(
        "  the slowest",
        &format!("{slowest} ms"),
        &format!("{full} of them are full scans"),
    );

    let (late, most_late) = count_late(&healthy, watched);
    let note = format!(
        "of {} healthy tenants; {} s beyond the interval at most",
        tenants - 1,
        most_late.num_seconds()
    );
    line("tenants that waited", &late.to_string(), late as f64, 0.0, &note);
    let refused = scans
        .iter()
        .filter(|scan| scan.instance == throttled && !scan.is_completed)
        .count();
    let read = scans
        .iter()
        .filter(|scan| scan.instance == throttled && scan.is_completed)
        .count();
    fact(
        "  the throttled one",
        &refused.to_string(),
        &format!("scans that were refused, {read} that completed"),
    );
}

/// Tenants of which a scan came later than set, and by how much at most.
fn count_late(healthy: &[&SeenScan], watched: &QuietMinutes) -> (usize, TimeDelta) {
    let mut starts: BTreeMap<&str, Vec<DateTime<Utc>>> = BTreeMap::new();
    for scan in healthy {
        starts.entry(&scan.instance).or_default().push(scan.began);
    }
    let (mut late, mut most_late) = (0, TimeDelta::zero());
    for of_tenant in starts.values_mut() {
        of_tenant.sort();
        // One that has none till the end is as late as one that comes then.
        of_tenant.push(watched.to);
        let gaps = of_tenant.windows(2).filter(|pair| pair[1] > watched.from);
        let longest = gaps.map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
        late += usize::from(longest > INTERVAL + JITTER + TOLERANCE);
        most_late = most_late.max(longest - INTERVAL);
    }
    (late, most_late)
}

fn percent(busy: Duration, of: Duration) -> f64 {
    busy.as_secs_f64() / of.as_secs_f64() * 100.0
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}
