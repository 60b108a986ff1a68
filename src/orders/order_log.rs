//! Lines about orders in the shape that log readers of shops know (PRODUCTS.md 3.7), in files of their own:
//!
//! ```text
//! <yyyy-MM-dd HH:mm:ss,fff> <milliseconds since start> [<thread>] <LEVEL>  <logger> (null) - <text>
//! ```
//!
//! Who logs never waits: lines go through a queue to a thread, and on a full disk, or where there are too many, they are lost,
//! which the log of the bus tells with their number. The thread ends with the last [`OrderLog`].

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use chrono::{DateTime, NaiveDate, TimeZone};
use chrono_tz::Tz;

use crate::contract::{OrderKind, OrderTargetKind};
use crate::files::{create_data_folder, open_data_file};
use crate::model::{Timestamp, replace_unprintable};
use crate::observe::Clock;

/// Lines that may wait for the disk.
const QUEUE: usize = 4_096;
/// What one day may take.
const DAY_BYTES: u64 = 256 << 20;
/// How long a day's file is kept.
const KEEP_DAYS: i64 = 30;
const STEM: &str = "app-orders.";

/// Which worker a line is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderLogger {
    Assignment,
    Request,
    Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderLogLevel {
    Info,
    Warn,
    Error,
}

impl OrderLogger {
    /// Thread and logger, as shops know them.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            OrderLogger::Assignment => ("IntuneAssignment", "CentralService.Intune.IntuneAssignmentWorker"),
            OrderLogger::Request => ("IntuneRequest", "CentralService.Intune.IntuneOrderProcessor"),
            OrderLogger::Status => (
                "IntuneStatusProcessor",
                "CentralService.Intune.IntuneOrderStatusProcessor",
            ),
        }
    }
}

/// One whole line; `worker` counts the places at which a worker works at the same time, from 0.
fn format_line<Z: TimeZone>(
    at: DateTime<Z>,
    uptime_ms: u128,
    (logger, worker): (OrderLogger, usize),
    level: OrderLogLevel,
    text: &str,
) -> String
where
    Z::Offset: std::fmt::Display,
{
    let (thread, name) = logger.names();
    let level = match level {
        OrderLogLevel::Info => "INFO",
        OrderLogLevel::Warn => "WARN",
        OrderLogLevel::Error => "ERROR",
    };
    let at = at.format("%Y-%m-%d %H:%M:%S,%3f");
    let text = replace_unprintable(text);
    format!("{at} {uptime_ms} [{thread}_{worker}] {level:<5} {name} (null) - {text}\n")
}

/// `Adding Device: PC-7 to group … to install intune app Zoom for order ID: 17`.
pub fn adding_text(
    (kind, target_kind): (OrderKind, OrderTargetKind),
    target: &str,
    group: &str,
    app: &str,
    order: &str,
) -> String {
    let what = target_word(target_kind);
    format!(
        "Adding {what}: {target} to group {group} to {} intune app {app} for order ID: {order}",
        kind.name()
    )
}

pub fn removing_text(target_kind: OrderTargetKind, target: &str, group: &str, app: &str, order: &str) -> String {
    let what = target_word(target_kind);
    format!("Removing {what}: {target} from group {group} of intune app {app} for order ID: {order}")
}

fn target_word(target_kind: OrderTargetKind) -> &'static str {
    match target_kind {
        OrderTargetKind::User => "User",
        OrderTargetKind::Device => "Device",
    }
}

/// `Successfully triggered sync for device … to install order ID 17 at 5/1/2026 3:07:09 PM.`
pub fn synced_text(device: &str, kind: OrderKind, order: &str, at: Timestamp, zone: Tz) -> String {
    let at = at.with_timezone(&zone).format("%-m/%-d/%Y %-I:%M:%S %p");
    format!(
        "Successfully triggered sync for device {device} to {} order ID {order} at {at}.",
        kind.name()
    )
}

/// `Updating status 1 for orderid 17 with message…`; shops have no blank before the message.
pub fn status_text(status: u8, order: &str, message: &str) -> String {
    format!("Updating status {status} for orderid {order} with message{message}")
}

/// `Clone` is the same log.
#[derive(Clone)]
pub struct OrderLog {
    queue: SyncSender<(NaiveDate, String)>,
    clock: Clock,
    zone: Tz,
    started: Instant,
    lost_lines: Arc<AtomicU64>,
}

impl OrderLog {
    /// Files `app-orders.2026-11-21.log` in this folder of the data folder. Nothing is opened before the first line.
    pub fn open(folder: &Path, zone: Tz, clock: Clock) -> std::io::Result<OrderLog> {
        let (queue, lines) = sync_channel(QUEUE);
        let lost_lines = Arc::new(AtomicU64::new(0));
        let writer = OrderLogWriter {
            folder: folder.to_owned(),
            current: None,
            lost_lines: Arc::clone(&lost_lines),
        };
        std::thread::Builder::new()
            .name("order-log".to_owned())
            .spawn(move || writer.write_all(&lines))?;
        Ok(OrderLog {
            queue,
            clock,
            zone,
            started: Instant::now(),
            lost_lines,
        })
    }

    pub fn write(&self, logger: OrderLogger, worker: usize, level: OrderLogLevel, text: &str) {
        let at = self.clock.now().with_timezone(&self.zone);
        let day = at.date_naive();
        let line = format_line(at, self.started.elapsed().as_millis(), (logger, worker), level, text);
        if self.queue.try_send((day, line)).is_err() {
            self.lost_lines.fetch_add(1, Ordering::Relaxed);
        }
    }
}

struct OrderLogWriter {
    folder: PathBuf,
    current: Option<(NaiveDate, File, u64)>,
    lost_lines: Arc<AtomicU64>,
}

impl OrderLogWriter {
    fn write_all(mut self, lines: &Receiver<(NaiveDate, String)>) {
        while let Ok((day, line)) = lines.recv() {
            if let Err(error) = self.write_line(day, &line) {
                self.current = None;
                // Told once, until lines are written again.
                if self.lost_lines.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::error!(error = %error, folder = %self.folder.display(),
                        "cannot write the log of orders; its lines are lost until that is mended");
                }
                continue;
            }
            let lost = self.lost_lines.swap(0, Ordering::Relaxed);
            if lost > 0 {
                tracing::warn!(lost, folder = %self.folder.display(), "lines of the log of orders were lost");
            }
        }
    }

    fn write_line(&mut self, day: NaiveDate, line: &str) -> std::io::Result<()> {
        let (date, mut file, bytes) = match self.current.take() {
            Some(current) if current.0 == day => current,
            _ => self.open_day(day)?,
        };
        if bytes + line.len() as u64 > DAY_BYTES {
            self.current = Some((date, file, bytes));
            return Err(std::io::Error::from(std::io::ErrorKind::FileTooLarge));
        }
        file.write_all(line.as_bytes())?;
        self.current = Some((date, file, bytes + line.len() as u64));
        Ok(())
    }

    fn open_day(&self, day: NaiveDate) -> std::io::Result<(NaiveDate, File, u64)> {
        if !self.folder.is_dir() {
            create_data_folder(&self.folder)?;
        }
        self.delete_expired(day);
        let mut options = OpenOptions::new();
        options.append(true);
        let file = open_data_file(&self.folder.join(format!("{STEM}{day}.log")), &options)?;
        let bytes = file.metadata()?.len();
        Ok((day, file, bytes))
    }

    /// What can't be deleted now is tried again tomorrow.
    fn delete_expired(&self, today: NaiveDate) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let day = name
                .to_str()
                .and_then(|name| name.strip_prefix(STEM)?.strip_suffix(".log"));
            let day = day.and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
            if day.is_some_and(|day| today.signed_duration_since(day).num_days() > KEEP_DAYS) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;

    fn line(logger: OrderLogger, worker: usize, text: &str) -> String {
        let at = parse_time("2020-05-01T13:07:09.123Z").unwrap();
        format_line(at, 82_687, (logger, worker), OrderLogLevel::Info, text)
    }

    /// The three published lines.
    #[test]
    fn sh_43_lines_are_those_that_shops_know() {
        let adding = adding_text(
            (OrderKind::Install, OrderTargetKind::Device),
            "PC-7",
            "d8f1",
            "Zoom",
            "17",
        );
        assert_eq!(
            line(OrderLogger::Request, 0, &adding),
            "2020-05-01 13:07:09,123 82687 [IntuneRequest_0] INFO  CentralService.Intune.IntuneOrderProcessor (null) - \
             Adding Device: PC-7 to group d8f1 to install intune app Zoom for order ID: 17\n"
        );
        let at = parse_time("2020-05-01T13:07:09Z").unwrap();
        let synced = synced_text("0d0d", OrderKind::Install, "17", at, chrono_tz::Europe::Berlin);
        assert_eq!(
            line(OrderLogger::Request, 0, &synced),
            "2020-05-01 13:07:09,123 82687 [IntuneRequest_0] INFO  CentralService.Intune.IntuneOrderProcessor (null) - \
             Successfully triggered sync for device 0d0d to install order ID 17 at 5/1/2020 3:07:09 PM.\n"
        );
        assert_eq!(
            line(
                OrderLogger::Status,
                0,
                &status_text(1, "17", "Zoom is installed on PC-7.")
            ),
            "2020-05-01 13:07:09,123 82687 [IntuneStatusProcessor_0] INFO  \
             CentralService.Intune.IntuneOrderStatusProcessor (null) - Updating status 1 for orderid 17 with \
             messageZoom is installed on PC-7.\n"
        );
    }

    #[test]
    fn sh_43_a_line_stays_one_line_whatever_a_device_is_called() {
        let text = adding_text(
            (OrderKind::Uninstall, OrderTargetKind::User),
            "a\nb\u{1b}[0m",
            "g",
            "Zoom",
            "17",
        );
        let line = line(OrderLogger::Request, 3, &text);
        assert_eq!(line.matches('\n').count(), 1);
        assert!(!line.contains('\u{1b}') && line.ends_with("uninstall intune app Zoom for order ID: 17\n"));
    }

    #[test]
    fn the_file_of_the_day_is_gone_on_with_and_old_ones_go() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("orders");
        let day = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
        let writer = || OrderLogWriter {
            folder: folder.clone(),
            current: None,
            lost_lines: Arc::default(),
        };
        writer().write_line(day("2026-10-01"), "old\n").unwrap();
        writer().write_line(day("2026-11-21"), "one\n").unwrap();
        writer().write_line(day("2026-11-21"), "two\n").unwrap();
        let names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        assert_eq!(names, ["app-orders.2026-11-21.log"]);
        assert_eq!(fs::read_to_string(folder.join(&names[0])).unwrap(), "one\ntwo\n");
    }
}
