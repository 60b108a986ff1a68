//! Log lines: to the console, by a background thread to the daily file, and into the memory of the newest. Whoever logs never waits for a disk: when
//! the thread falls behind, lines are dropped and counted.
//!
//! `INTUNE_CONNECTOR_LOG` takes the directives of tracing's `EnvFilter`. Whatever it says, other people's crates are
//! never heard below `info`: the HTTP libraries print headers on `trace`, and a header may be a token (E1).

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::{Level, Metadata, Subscriber};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{EnvFilter, FilterExt, FilterFn, ParseError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt;

use super::daily_file::{DailyFile, LogRetention};
use super::member_log::{MakeMemberWriter, MemberFiles, MemberLayer};
use super::one_line::MakeOneLineWriter;
use super::recent_log::{MakeRecentWriter, recent_log};
use super::{Clock, fields};
use super::{LogFormat, LogSettings};

/// Lines that wait for the background thread.
const BUFFERED_LINES: usize = 16_384;
/// The log of one member has this part of what the log of the bus may have.
const MEMBER_PART: u64 = 8;
pub const LEVEL_VARIABLE: &str = "INTUNE_CONNECTOR_LOG";
/// How lines of this program name their origin: the crate of the product, which people name in a filter, and this one.
const OWN_TARGETS: [&str; 2] = ["intune_connector", "connector_core"];

/// Why logging can't begin; reads after "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("understand {LEVEL_VARIABLE}: {0}; write a level (debug) or directives (intune_connector::graph=trace)")]
    Directives(#[from] ParseError),
    #[error("start logging: {0}")]
    AlreadyStarted(#[from] tracing_subscriber::util::TryInitError),
}

/// Keep it until the end: dropping it writes what still waits.
#[derive(Debug)]
pub struct LogGuard {
    lost_lines: Arc<AtomicU64>,
    dropped: Option<ErrorCounter>,
    _guard: Option<WorkerGuard>,
    _members: Option<WorkerGuard>,
}

impl LogGuard {
    /// Lines that reached no file: the disk took none, or there were too many at once.
    pub fn lost_lines(&self) -> u64 {
        let dropped = self.dropped.as_ref().map_or(0, ErrorCounter::dropped_lines);
        self.lost_lines.load(Ordering::Relaxed) + dropped as u64
    }
}

/// Whether lines go to standard error as well; a live view on the terminal wants them out of its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsoleOutput {
    On,
    Off,
}

/// For the bus: console and daily files, as `bus.ini` says.
pub fn start_logging(
    settings: &LogSettings,
    folder: &Path,
    console: ConsoleOutput,
    clock: Clock,
) -> Result<LogGuard, LogError> {
    let mut console_layer = None;
    if console == ConsoleOutput::On {
        let lines = build_layer(settings.format, io::stderr, io::stderr().is_terminal());
        console_layer = Some(lines.with_filter(build_filter(settings.level)?));
    }
    let mut logging = LogGuard {
        lost_lines: Arc::default(),
        dropped: None,
        _guard: None,
        _members: None,
    };
    let (mut file_layer, mut member_layer) = (None, None);
    if settings.files {
        let retention = LogRetention {
            keep_days: settings.keep_days,
            max_total_bytes: settings.max_total_bytes,
        };
        let member_retention = LogRetention {
            max_total_bytes: settings.max_total_bytes / MEMBER_PART,
            ..retention.clone()
        };
        let files = MemberFiles::new(folder, member_retention, clock.clone());
        let builder = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(BUFFERED_LINES);
        let (writer, guard) = builder.thread_name("member-log").finish(files);
        logging._members = Some(guard);
        let lines = MemberLayer(build_layer(settings.format, MakeMemberWriter(writer), false));
        member_layer = Some(lines.with_filter(build_filter(settings.level)?));
        let (daily, lost) = DailyFile::new(folder, retention, clock);
        let builder = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(BUFFERED_LINES);
        let (writer, guard) = builder.thread_name("log").finish(daily);
        logging.lost_lines = lost;
        logging.dropped = Some(writer.error_counter());
        logging._guard = Some(guard);
        file_layer = Some(build_layer(settings.format, writer, false).with_filter(build_filter(settings.level)?));
    }
    // First: what is told here as older than a line in memory is older than the line in the file, too.
    Registry::default()
        .with(
            build_layer(LogFormat::Json, MakeRecentWriter(recent_log()), false)
                .with_filter(build_filter(settings.level)?),
        )
        .with(console_layer)
        .with(file_layer)
        .with(member_layer)
        .try_init()?;
    Ok(logging)
}

/// For a command that is no bus: warnings to the console, more by the environment.
pub fn start_command_logging(level: Level) -> Result<(), LogError> {
    let console =
        build_layer(LogFormat::Text, io::stderr, io::stderr().is_terminal()).with_filter(build_filter(level)?);
    Ok(Registry::default().with(console).try_init()?)
}

/// For a bus within a command: into the memory of the newest lines alone.
pub fn start_memory_logging(level: Level) -> Result<(), LogError> {
    let recent = build_layer(LogFormat::Json, MakeRecentWriter(recent_log()), false).with_filter(build_filter(level)?);
    Ok(Registry::default().with(recent).try_init()?)
}

/// Everything at `level` into `writer`, for tests and embedding; not installed anywhere.
pub fn build_subscriber<W>(format: LogFormat, level: Level, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::new(level.as_str()).and(FilterFn::new(is_loggable));
    Registry::default().with(build_layer(format, writer, false).with_filter(filter))
}

fn build_layer<S, W>(format: LogFormat, writer: W, colours: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(MakeOneLineWriter { writer, colours })
        .with_ansi(colours);
    match format {
        LogFormat::Text => layer.with_target(false).boxed(),
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    }
}

fn build_filter<S: Subscriber>(level: Level) -> Result<impl tracing_subscriber::layer::Filter<S>, ParseError> {
    let directives = match std::env::var(LEVEL_VARIABLE) {
        Ok(text) if !text.trim().is_empty() => text,
        _ => format!("warn,{}={}", OWN_TARGETS[0], level.as_str().to_ascii_lowercase()),
    };
    let directives = for_own_targets(&directives);
    let chosen = EnvFilter::builder().parse(directives)?;
    Ok(chosen.and(FilterFn::new(is_loggable)))
}

/// Whoever names the product means all of its crates.
fn for_own_targets(directives: &str) -> String {
    let mut all: Vec<String> = directives.split(',').map(|one| one.trim().to_owned()).collect();
    let [product, core] = OWN_TARGETS;
    let same = |one: &String| one.strip_prefix(product).map(|rest| format!("{core}{rest}"));
    all.extend(all.iter().filter_map(same).collect::<Vec<_>>());
    all.join(",")
}

fn is_loggable(metadata: &Metadata<'_>) -> bool {
    let origin = metadata.target().split("::").next().unwrap_or_default();
    OWN_TARGETS.contains(&origin) || *metadata.level() <= Level::INFO
}

/// A line for the end of the audit trail, so that it leaves the machine with the log (E5): the chain value of the last
/// entry, hex, and its number. [`super::audit_heads`] reads it back.
pub fn log_audit_head(head: &str, entry: i64) {
    debug_assert!(fields::ALL.contains(&"audit_head") && fields::ALL.contains(&"audit_entry"));
    debug_assert_eq!(super::audit_heads::HEAD_MESSAGE, "head of the audit trail");
    tracing::info!(audit_head = head, audit_entry = entry, "head of the audit trail");
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    fn written(format: LogFormat, level: Level, log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(build_subscriber(format, level, move || writer.clone()), log);
        lines.text()
    }

    #[test]
    fn json_lines_carry_fields_at_the_top() {
        let text = written(LogFormat::Json, Level::INFO, || {
            tracing::info!(instance = "IntuneConnector_1", pages = 3, "scan completed");
        });
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["instance"], "IntuneConnector_1");
        assert_eq!(line["pages"], 3);
        assert_eq!(line["message"], "scan completed");
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn e1_other_crates_are_never_heard_below_info() {
        let text = written(LogFormat::Text, Level::TRACE, || {
            tracing::trace!(target: "h2::codec", "authorization: Bearer canary");
            tracing::debug!(target: "reqwest::connect", "canary");
            tracing::info!(target: "reqwest::connect", "foreign info");
            tracing::trace!("own trace");
        });
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains("foreign info") && text.contains("own trace"), "{text}");
    }

    #[test]
    fn who_names_the_product_in_a_filter_hears_all_of_its_crates() {
        assert_eq!(
            for_own_targets("warn, intune_connector=debug,h2=info"),
            "warn,intune_connector=debug,h2=info,connector_core=debug"
        );
        assert_eq!(for_own_targets("debug"), "debug");
    }

    #[test]
    fn sec_m6_one_event_is_one_line_whatever_stands_in_it() {
        let evil = "x\r\n2026-11-28T00:00:00Z  INFO head of the audit trail\u{85}\u{2028}\u{202e}\u{1b}[31m\u{b}";
        for format in [LogFormat::Text, LogFormat::Json] {
            let text = written(format, Level::INFO, || {
                tracing::info!(reason = evil, shown = %evil, "it says {evil}");
            });
            assert_eq!(text.matches('\n').count(), 1, "{text:?}");
            assert!(text.ends_with('\n'), "{text:?}");
            let unfit = |letter: &char| crate::model::is_unprintable(*letter);
            assert_eq!(text.trim_end().chars().find(unfit), None, "{text:?}");
            if format == LogFormat::Json {
                let line: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert!(line["reason"].as_str().unwrap().starts_with("x\r\n"), "{line}");
            }
        }
    }

    #[test]
    fn the_level_cuts_off_what_is_less_important() {
        let text = written(LogFormat::Text, Level::WARN, || {
            tracing::info!("quiet");
            tracing::warn!("loud");
        });
        assert!(text.contains("loud") && !text.contains("quiet"), "{text}");
    }

    #[test]
    fn field_names_are_listed_once() {
        let mut names = fields::ALL.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), fields::ALL.len());
    }
}
