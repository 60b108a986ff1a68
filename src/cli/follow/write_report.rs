//! What was written, for whoever looks at the terminal: the first time at once, then once a minute at most.

use std::time::{Duration, Instant};

use super::sink::ChangeSink;
use crate::cli::output;

/// At most one line in this time.
const QUIET: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(crate) struct WriteReport {
    /// Changes written since the last line.
    pending: usize,
    told_at: Option<Instant>,
}

impl WriteReport {
    pub(crate) fn add_written(&mut self, changes: usize) {
        self.pending += changes;
    }

    /// Says what has been written, where it is time.
    pub(crate) fn tell_if_due(&mut self, sink: &ChangeSink) {
        let is_due = self.told_at.is_none_or(|at| at.elapsed() >= QUIET);
        if is_due {
            self.tell_pending(sink);
        }
    }

    /// Says what has not been said yet.
    pub(crate) fn tell_pending(&mut self, sink: &ChangeSink) {
        if self.pending == 0 {
            return;
        }
        if let Some(sentence) = sink.describe_written(self.pending) {
            output::eprint_line(sentence);
        }
        (self.pending, self.told_at) = (0, Some(Instant::now()));
    }

    /// At the end of a command that reads once: what was written last, or that there was nothing.
    pub(crate) fn tell_end(&mut self, sink: &ChangeSink) {
        let was_silent = self.told_at.is_none() && self.pending == 0;
        if was_silent && sink.describe_written(0).is_some() {
            output::eprint_line("there was nothing new to write");
        }
        self.tell_pending(sink);
    }
}
