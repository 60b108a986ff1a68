//! A log of its own for each member of the supervisor: lines within a span `member` go, beside the log of the bus, into
//! `logs/NAME/`. One background thread writes them all; who logs never waits (E2).
//!
//! The layer below formats a line without knowing where it goes: while it does, the name stands in a variable of the
//! thread, and the writer that it then asks for puts it before the line.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::Clock;
use super::daily_file::{DailyFile, LogRetention};
use crate::files::create_data_folder;
use crate::model::InstanceName;

/// The span, and its field with the name.
pub const SPAN: &str = "member";
/// Members that have a file open at the same time; the others' lines stand in the log of the bus alone.
const MEMBERS_MAX: usize = 1_024;
/// No name and no line has it.
const BETWEEN: u8 = 0x1f;

thread_local! {
    static MEMBER: RefCell<Option<String>> = const { RefCell::new(None) };
}

struct MemberSpanName(String);

#[derive(Default)]
struct MemberNameVisitor(Option<String>);

impl Visit for MemberNameVisitor {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == SPAN {
            self.0 = Some(format!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == SPAN {
            self.0 = Some(value.to_owned());
        }
    }
}

/// Lets only lines of members through to the layer within, and tells its writer whose they are.
pub(super) struct MemberLayer<L>(pub L);

impl<S, L> Layer<S> for MemberLayer<L>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    L: Layer<S>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() == SPAN
            && let Some(span) = context.span(id)
        {
            let mut named = MemberNameVisitor::default();
            attributes.record(&mut named);
            if let Some(name) = named.0 {
                span.extensions_mut().replace(MemberSpanName(name));
            }
        }
        self.0.on_new_span(attributes, id, context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.0.on_record(id, values, context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let name = context.event_scope(event).and_then(|mut scope| {
            scope.find_map(|span| span.extensions().get::<MemberSpanName>().map(|name| name.0.clone()))
        });
        if name.is_some() {
            MEMBER.set(name);
            self.0.on_event(event, context);
            MEMBER.set(None);
        }
    }
}

/// Hands lines to the background thread, the name before each.
pub(super) struct MakeMemberWriter(pub NonBlocking);

impl<'w> MakeWriter<'w> for MakeMemberWriter {
    type Writer = MemberWriter;

    fn make_writer(&'w self) -> MemberWriter {
        MemberWriter {
            member: MEMBER.with_borrow(Clone::clone),
            lines: self.0.clone(),
        }
    }
}

pub(super) struct MemberWriter {
    member: Option<String>,
    lines: NonBlocking,
}

impl Write for MemberWriter {
    /// One whole line a call, as the layer gives it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Some(member) = &self.member {
            let bytes = [member.as_bytes(), &[BETWEEN], line].concat();
            self.lines.write_all(&bytes)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// In the background thread: each line into the file of its member.
pub(super) struct MemberFiles {
    folder: PathBuf,
    retention: LogRetention,
    clock: Clock,
    files: BTreeMap<String, DailyFile>,
}

impl MemberFiles {
    pub(super) fn new(folder: &Path, retention: LogRetention, clock: Clock) -> Self {
        MemberFiles {
            folder: folder.to_owned(),
            retention,
            clock,
            files: BTreeMap::new(),
        }
    }

    fn file_for_member(&mut self, name: &str) -> Option<&mut DailyFile> {
        if !self.files.contains_key(name) {
            // A name that could lead elsewhere is none of a member.
            name.parse::<InstanceName>()
                .ok()
                .filter(|_| self.files.len() < MEMBERS_MAX)?;
            let folder = self.folder.join(name);
            create_data_folder(&folder).ok()?;
            let (file, _) = DailyFile::new(&folder, self.retention.clone(), self.clock.clone());
            self.files.insert(name.to_owned(), file);
        }
        self.files.get_mut(name)
    }
}

impl Write for MemberFiles {
    /// Always succeeds: what is lost here stands in the log of the bus.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let at = bytes.iter().position(|byte| *byte == BETWEEN);
        if let Some((name, line)) = at.map(|at| (&bytes[..at], &bytes[at + 1..]))
            && let Ok(name) = std::str::from_utf8(name)
            && let Some(file) = self.file_for_member(name)
        {
            file.write_all(line)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use tracing_appender::non_blocking::NonBlockingBuilder;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::registry::Registry;

    use super::*;

    #[test]
    fn each_member_has_a_log_of_its_own_and_nobody_else_writes_into_it() {
        let folder = tempfile::tempdir().unwrap();
        let retention = LogRetention {
            keep_days: 1,
            max_total_bytes: 100_000,
        };
        let clock = Clock::manual(Utc.with_ymd_and_hms(2026, 11, 21, 12, 0, 0).unwrap());
        let files = MemberFiles::new(folder.path(), retention, clock);
        let (writer, guard) = NonBlockingBuilder::default().lossy(false).finish(files);
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(MakeMemberWriter(writer));
        tracing::subscriber::with_default(Registry::default().with(MemberLayer(layer)), || {
            tracing::info!("of the bus");
            for name in ["IntuneConnector_1", "IntuneConnector_2", "../elsewhere"] {
                let span = tracing::error_span!("member", member = %name);
                span.in_scope(|| tracing::error_span!("inner", page = 7).in_scope(|| tracing::info!("of {name}")));
            }
        });
        drop(guard);
        let mut names: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["IntuneConnector_1", "IntuneConnector_2"]);
        for name in names {
            let file = folder.path().join(&name).join("intune-connector.2026-11-21.log");
            let text = std::fs::read_to_string(file).unwrap();
            assert!(
                text.contains(&format!("of {name}")) && text.lines().count() == 1,
                "{text}"
            );
        }
    }
}
