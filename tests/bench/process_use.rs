//! What a process takes of this machine, as Linux tells it.
#![allow(dead_code, reason = "the benches each use a part")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

/// Of the times in `/proc`, on every Linux.
const TICKS_PER_SECOND: u64 = 100;
/// Where times stand behind the name of a process: in its own code, and in that of the system for it.
const TIMES_AT: [usize; 2] = [11, 12];
/// Between two looks at the memory.
const LOOK: Duration = Duration::from_millis(100);

pub fn resident_mib(pid: u32) -> f64 {
    read_memory(pid, "VmRSS:")
}

/// The most that it ever had.
pub fn peak_mib(pid: u32) -> f64 {
    read_memory(pid, "VmHWM:")
}

fn read_memory(pid: u32, row: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix(row));
    let kib = line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kib.expect("Linux tells it") / 1024.0
}

/// What all its threads have taken of the processors since it began.
pub fn processor_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    // Its name may hold anything.
    let (_, rest) = stat.rsplit_once(')').expect("Linux puts it so");
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks: u64 = TIMES_AT
        .iter()
        .map(|at| fields[*at].parse::<u64>().expect("ticks"))
        .sum();
    Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
}

pub fn count_threads(pid: u32) -> usize {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the process runs");
    tasks.count()
}

/// Looks at the resident memory of a process until it is ended.
pub struct MemoryWatch {
    seen: Arc<Mutex<Vec<(Instant, f64)>>>,
    task: JoinHandle<()>,
}

impl MemoryWatch {
    pub fn start(pid: u32) -> MemoryWatch {
        let seen = Arc::<Mutex<Vec<(Instant, f64)>>>::default();
        let task = tokio::spawn(watch_memory(pid, seen.clone()));
        MemoryWatch { seen, task }
    }

    /// What was seen, in its order.
    pub fn end(self) -> Vec<(Instant, f64)> {
        self.task.abort();
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn watch_memory(pid: u32, seen: Arc<Mutex<Vec<(Instant, f64)>>>) {
    loop {
        let now = (Instant::now(), resident_mib(pid));
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(now);
        tokio::time::sleep(LOOK).await;
    }
}

/// The most between two moments; 0 where nobody looked.
pub fn most_between(seen: &[(Instant, f64)], from: Instant, to: Instant) -> f64 {
    let between = seen.iter().filter(|(at, _)| (from..=to).contains(at));
    between.map(|(_, mib)| *mib).fold(0.0, f64::max)
}
