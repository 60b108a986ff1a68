//! The last line of defence of the log: one event is one line, whatever stands in its message and fields. Line breaks
//! and characters that can't be seen are written as `\n` and `\u202e`, in text and in JSON alike, so nobody's text
//! forges an entry or steers the terminal of whoever reads it.

use std::borrow::Cow;
use std::io::{self, Write};

use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use crate::model::escape_unprintable;

/// Writers whose calls are whole events, with a line end.
#[derive(Clone)]
pub(super) struct MakeOneLineWriter<M> {
    pub writer: M,
    /// The layer colours its lines; it escapes ESC in what it is given by itself.
    pub colours: bool,
}

impl<'w, M: MakeWriter<'w>> MakeWriter<'w> for MakeOneLineWriter<M> {
    type Writer = OneLineWriter<M::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        OneLineWriter {
            writer: self.writer.make_writer(),
            colours: self.colours,
        }
    }

    fn make_writer_for(&'w self, facts: &Metadata<'_>) -> Self::Writer {
        OneLineWriter {
            writer: self.writer.make_writer_for(facts),
            colours: self.colours,
        }
    }
}

pub(super) struct OneLineWriter<W> {
    writer: W,
    colours: bool,
}

impl<W: Write> Write for OneLineWriter<W> {
    /// One whole event a call, as the layer gives it.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let escaped = escape_unprintable(line, |letter| self.colours && letter == '\u{1b}');
        match escaped {
            Cow::Borrowed(_) if line.len() + 1 == event.len() => self.writer.write_all(event)?,
            escaped => self.writer.write_all(format!("{escaped}\n").as_bytes())?,
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
