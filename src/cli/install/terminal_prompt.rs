//! The person in front of the terminal, or whoever writes to standard input in their place. Questions go to standard
//! error, so that standard output has the result alone. While one waits for an answer, signals are heard.

use std::io::{BufRead, ErrorKind, IsTerminal, Write};

use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::leaving::{LeaveReason, WizardStop};
use crate::cli::failure::CommandFailure;
use crate::cli::output;

/// Longest line of an answer, bytes.
const LINE_MAX: u64 = 64 * 1024;

pub(crate) struct TerminalPrompt;

impl TerminalPrompt {
    /// One line, without its end.
    pub(crate) async fn ask_line(&self, question: &str) -> Result<String, WizardStop> {
        self.print_prompt(question);
        Ok(read_beside(read_line).await?.trim().to_owned())
    }

    /// One line that is not shown while it is typed.
    pub(crate) async fn ask_secret(&self, question: &str) -> Result<Zeroizing<String>, WizardStop> {
        if std::io::stdin().is_terminal() {
            let question = format!("{question}: ");
            return read_beside(move || rpassword::prompt_password(question).map(Zeroizing::new)).await;
        }
        self.print_prompt(question);
        read_beside(read_line).await
    }

    fn print_prompt(&self, question: &str) {
        let mut err = std::io::stderr().lock();
        // Without a reader for the question, there is no answer either.
        let _ = write!(err, "{}: ", output::wrap_for_stderr(question)).and_then(|()| err.flush());
    }
}

/// Reads in a thread of its own: it may wait for ever, which holds up neither a signal nor the end of the process.
async fn read_beside(
    read: impl FnOnce() -> std::io::Result<Zeroizing<String>> + Send + 'static,
) -> Result<Zeroizing<String>, WizardStop> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        // Nobody may be waiting any more.
        let _ = sender.send(read());
    });
    match receiver.await {
        Ok(Ok(line)) => Ok(line),
        Ok(Err(error)) => Err(read_stop(&error)),
        Err(_) => Err(WizardStop::Left(LeaveReason::EndOfInput)),
    }
}

fn read_stop(error: &std::io::Error) -> WizardStop {
    match error.kind() {
        ErrorKind::UnexpectedEof => WizardStop::Left(LeaveReason::EndOfInput),
        // Ctrl-C while a secret is typed.
        ErrorKind::Interrupted => WizardStop::Left(LeaveReason::Interrupted),
        _ => WizardStop::Failed(CommandFailure::general_error(
            format!("failed to read the answer: {error}"),
            "run without prompts: intune-connector install --answers FILE",
        )),
    }
}

fn read_line() -> std::io::Result<Zeroizing<String>> {
    use std::io::Read;
    let mut line = Zeroizing::new(String::new());
    if std::io::stdin().lock().take(LINE_MAX).read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let end = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(end);
    Ok(line)
}
