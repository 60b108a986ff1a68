//! `cargo bench --bench pages`, part of `make bench`: what each page of the console costs the bus, with 100,000 devices and
//! 1,000 jobs, over HTTP on this machine: the median of 50 requests and 99 of a hundred, and its size. Then, how much
//! more memory a scan takes at most while ten browsers hold their streams of events and look around.
//!
//! Nothing here decides whether a test passes: it prints figures and says where a target is missed and by how much.
//! `BENCH_DEVICES` and `BENCH_JOBS` change the sizes.

mod console_bus;
mod console_known;
mod table;

use std::time::{Duration, Instant};

use console_bus::{Browser, ConsoleBus, INSTANCE};
use console_known::Known;
use futures_util::future::join_all;
use table::{fact, head, line, mib, ms};

/// What the device index answers and what asks it for nothing, and what takes a look at each device.
const USUAL: Duration = Duration::from_millis(30);
const USUAL_99: Duration = Duration::from_millis(150);
const WHOLE: Duration = Duration::from_millis(500);
const PAGE_KB: f64 = 200.0;
/// How much more memory the bus may take at most.
const BROWSERS_MIB: f64 = 24.0;
const BROWSERS: usize = 10;
const REQUESTS: usize = 50;
/// Of what takes a look at each device.
const WHOLE_REQUESTS: usize = 11;
/// How often each browser looks at each of its pages while the tenant is scanned, at least.
const ROUNDS: usize = 5;
/// Lists by a column of the index, and by search.
const BY_INDEX: [&str; 10] = [
    "/devices?sort=deviceName",
    "/devices?sort=lastSyncDateTime&order=desc",
    "/devices?sort=operatingSystem&page=1000",
    "/devices?name=lap",
    "/devices?serial=1",
    "/devices?user=a&sort=userPrincipalName",
    "/devices?platform=Windows&compliance=noncompliant",
    "/devices?checkedInBefore=2020-01-01T00%3A00%3A00Z",
    "/devices?search=lap-1",
    "/lost?search=lap-1",
];
/// By another column, and by an expression.
const BY_WHOLE: [&str; 3] = [
    "/devices?sort=osVersion",
    "/devices?filter=freeStorageSpaceInBytes%20%3E%201000000000",
    "/devices?filter=operatingSystem%20%3D%3D%20%22iOS%22&sort=model",
];
/// Other views of a page.
const VIEWS: [&str; 4] = [
    "/messages?tab=log",
    "/messages?tab=audit",
    "/jobs?before=500",
    "/devices?rows=200",
];
/// No pages: files, and what a script reads.
const NO_PAGES: [&str; 2] = ["export", "stream"];

#[tokio::main]
async fn main() {
    let devices = number("BENCH_DEVICES", 100_000);
    let jobs = number("BENCH_JOBS", 1_000);
    let bus = ConsoleBus::start(devices, jobs).await;
    println!("{devices} devices, {jobs} jobs");
    head();
    let browsers = bus.sign_in(BROWSERS).await;
    memory(&bus, &browsers).await;
    // Behind what is measured of memory: that is of devices and jobs alone.
    let known = Known::prepare(&bus, &browsers[0]).await;
    measure_pages(&browsers[0], &known).await;
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// What a path took, in the median and for 99 of a hundred, and the bytes of its largest answer.
struct Measured {
    median: Duration,
    slowest: Duration,
    bytes: usize,
}

impl Measured {
    fn kilobytes(&self) -> f64 {
        self.bytes as f64 / 1_000.0
    }
}

/// Every page that can be shown here, then the lists; then files, which have no target, and last what could not be measured.
async fn measure_pages(browser: &Browser, known: &Known) {
    let (mut left_out, mut files) = (Vec::new(), Vec::new());
    let mut largest = (0.0, String::new());
    for path in list_paths(known, &mut left_out) {
        let is_whole = BY_WHOLE.contains(&path.as_str()) || path.starts_with("/reports/");
        // What is made once, such as the index, is not the page's.
        let answer = browser.get(&path).await;
        if answer.status != 200 {
            left_out.push(format!("{path} (it answers {})", answer.status));
            continue;
        }
        let measured = measure(browser, &path, if is_whole { WHOLE_REQUESTS } else { REQUESTS }).await;
        if !answer.is_page {
            files.push((path, measured));
            continue;
        }
        report_page(&path, &measured, is_whole);
        if measured.kilobytes() > largest.0 {
            largest = (measured.kilobytes(), path);
        }
    }
    let (kb, path) = largest;
    line(
        "largest page",
        &format!("{kb:.0} kB"),
        kb / PAGE_KB,
        1.0,
        &format!("of 200 kB; {path}"),
    );
    for (path, measured) in files {
        let note = format!("file; {:.0} kB; {path}", measured.kilobytes());
        fact(&shorten(&path), &ms(measured.median), &note);
    }
    for path in left_out {
        fact("not measured", "", &path);
    }
}

/// Paths of all routes, filled in with what the bus has; the rest goes into `left_out`.
fn list_paths(known: &Known, left_out: &mut Vec<String>) -> Vec<String> {
    let mut paths = Vec::new();
    for page in web_console::describe_pages() {
        let name = page.path.rsplit('/').next().unwrap_or_default();
        if page.method != http::Method::GET || NO_PAGES.contains(&name) {
            continue;
        }
        match known.fill_path(page.path) {
            Some(path) => paths.push(path),
            None => left_out.push(page.path.to_owned()),
        }
    }
    let others = [&BY_INDEX[..], &BY_WHOLE[..], &VIEWS[..]].concat();
    paths.extend(others.into_iter().map(str::to_owned));
    paths.push(known.action_form());
    paths.extend(known.reports.iter().map(|report| format!("/reports/{report}")));
    paths.sort();
    paths.dedup();
    paths
}

async fn measure(browser: &Browser, path: &str, count: usize) -> Measured {
    let (mut took, mut bytes) = (Vec::new(), 0);
    for _ in 0..count {
        let began = Instant::now();
        let answer = browser.get(path).await;
        took.push(began.elapsed());
        bytes = bytes.max(answer.bytes);
    }
    took.sort();
    Measured {
        median: took[took.len() / 2],
        slowest: took[took.len() * 99 / 100],
        bytes,
    }
}

fn report_page(path: &str, measured: &Measured, is_whole: bool) {
    let most = if is_whole { WHOLE } else { USUAL };
    let late = if !is_whole && measured.slowest > USUAL_99 {
        format!(", MISSED: {}", ms(USUAL_99))
    } else {
        String::new()
    };
    let (slowest, kb) = (ms(measured.slowest), measured.bytes / 1_000);
    let note = format!("99 %: {slowest}{late}; {kb} kB; {path}");
    let ratio = measured.median.as_secs_f64() / most.as_secs_f64();
    line(&shorten(path), &ms(measured.median), ratio, 1.0, &note);
}

fn shorten(path: &str) -> String {
    path.chars().take(31).collect()
}

/// The same scan without anybody and with ten browsers, each time with every check-in moved.
async fn memory(bus: &ConsoleBus, browsers: &[Browser]) {
    bus.scan_moved().await;
    let before = bus.peak_mib();
    fact("peak memory without a browser", &mib(before), "");
    let streams: Vec<_> = browsers.iter().map(Browser::hold_stream).collect();
    let looks = join_all(browsers.iter().map(look_around));
    let ((), times) = tokio::join!(bus.scan_moved(), looks);
    let more = bus.peak_mib() - before;
    let note = format!("of 24 MiB; {BROWSERS} browsers with a stream of events each");
    line(
        "more peak memory with browsers",
        &mib(more),
        more / BROWSERS_MIB,
        1.0,
        &note,
    );
    let mut times: Vec<Duration> = times.into_iter().flatten().collect();
    times.sort();
    fact(
        "a page meanwhile",
        &ms(times[times.len() / 2]),
        "median over all of them",
    );
    let mut events = 0;
    for stream in streams {
        events += stream.end().await;
    }
    fact("events that reached them", &events.to_string(), "");
}

/// What somebody looks at, again and again.
async fn look_around(browser: &Browser) -> Vec<Duration> {
    let device_list = format!("/devices?instance={INSTANCE}&sort=deviceName");
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        for path in [
            "/",
            device_list.as_str(),
            "/devices?search=lap-1",
            "/jobs",
            "/microservices",
        ] {
            let began = Instant::now();
            browser.get(path).await;
            took.push(began.elapsed());
        }
    }
    took
}
