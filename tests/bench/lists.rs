//! Lists of devices as a console asks for them, over HTTP on this machine: the median, and 99 of a hundred.

use std::time::{Duration, Instant};

use super::bus::Bus;
use super::table::{fact, line, mib, ms};

/// What the device index answers, and what takes a look at each device.
const INDEXED: Duration = Duration::from_millis(30);
const INDEXED_99: Duration = Duration::from_millis(150);
const OTHER: Duration = Duration::from_millis(500);
/// What the index may add to the memory of the bus.
const INDEX_MIB: f64 = 20.0;

const FAST: [&str; 6] = [
    "sort=deviceName&count=true",
    "sort=lastSyncDateTime&order=desc&count=true",
    "sort=operatingSystem&offset=50000",
    "search=lap-1&count=true",
    "platform=Windows&compliance=noncompliant&count=true",
    "name=lap&sort=userPrincipalName&count=true",
];
const SLOW: [&str; 3] = [
    "sort=osVersion&count=true",
    "filter=freeStorageSpaceInBytes%20%3E%201000000000&count=true&limit=0",
    "search=lap-1&searchAll=true&count=true",
];

pub async fn measure(bus: &Bus) {
    let before = bus.resident_mib();
    let built = time(bus, FAST[0]).await;
    fact("device index built", &ms(built), "by the first list that needs it");
    for query in FAST {
        let took = times(bus, query, 100).await;
        let (median, slowest) = (took[took.len() / 2], took[took.len() * 99 / 100]);
        let note = format!("99 %: {} of {}", ms(slowest), ms(INDEXED_99));
        line(&short(query), &ms(median), ratio(median, INDEXED), 1.0, &note);
    }
    for query in SLOW {
        let took = times(bus, query, 11).await;
        let median = took[took.len() / 2];
        line(&short(query), &ms(median), ratio(median, OTHER), 1.0, "");
    }
    let more = bus.resident_mib() - before;
    line("memory of the index", &mib(more), more / INDEX_MIB, 1.0, "of 20 MiB");
}

fn short(query: &str) -> String {
    query.chars().take(31).collect()
}

fn ratio(took: Duration, of: Duration) -> f64 {
    took.as_secs_f64() / of.as_secs_f64()
}

async fn time(bus: &Bus, query: &str) -> Duration {
    let began = Instant::now();
    let page = bus.get(&format!("/sics/v1/devices?{query}")).await;
    assert!(page["devices"].is_array(), "{query}: {page}");
    began.elapsed()
}

/// In their order.
async fn times(bus: &Bus, query: &str, count: usize) -> Vec<Duration> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(time(bus, query).await);
    }
    all.sort();
    all
}
