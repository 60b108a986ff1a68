//! What the demonstration shows: where everything is, what to paste, what flows, and at its end what it was.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::demo_follower::{DemoFollower, FollowerCounts};
use super::environment::DemoEnvironment;
use super::parts::DemoParts;
use super::paste_commands::PasteCommands;
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::model::{TaskState, format_count};

/// Between two looks in a terminal, and into a pipe.
const LOOKS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(2));

pub(crate) fn print_header(environment: &DemoEnvironment, followers: &[DemoFollower]) {
    let commands = &environment.commands;
    let pasted = [
        "devices --search LAP-",
        "servers",
        "scan --instance IntuneConnector_1",
        "jobs",
        "audit",
    ];
    let mut lines: Vec<String> = commands.format_folder_change().into_iter().collect();
    lines.extend(pasted.iter().map(|command| commands.format_command(command)));
    // It stays in front, and is accepted a moment later.
    lines.push(format!("{} & sleep 2", commands.format_command("follow --server mine")));
    lines.push(commands.format_command("servers accept mine"));
    output::eprint_line(format!(
        "\
A simulated Intune tenant, the bus, {servers}
({names}) and a help desk that sends jobs ({sender}).

  tenant  {tenant}   (control: {tenant}/simulator)
  bus     {url}   (state: {url}/readyz)
  login   {user}   password {password}
  folder  {folder}   (removed at the end)
{console}
Commands to paste into another terminal:

{commands}

Changes (press Ctrl-C to stop):
",
        servers = format_count(followers.len() as u64, "management server"),
        names = format_range(followers),
        sender = super::sender::ID,
        tenant = environment.simulator.base,
        url = environment.url,
        user = environment.user,
        password = environment.password,
        folder = environment.folder.path().display(),
        console = format_console(environment),
        commands = lines.join("\n"),
    ));
}

/// How to open the web console; a line of its own, as it is long and to be clicked.
fn format_console(environment: &DemoEnvironment) -> String {
    match &environment.console_link {
        Some(link) => format!("\nThe web console; this link signs in once, within ten minutes:\n\n  {link}\n"),
        None => String::new(),
    }
}

fn format_range(followers: &[DemoFollower]) -> String {
    match followers {
        [] => "none".to_owned(),
        [only] => only.id.clone(),
        [first, .., last] => format!("{} to {}", first.id, last.id),
    }
}

/// What moves, and one line a server, until the end.
pub(crate) async fn show_live(parts: &mut DemoParts) -> Result<(), CommandFailure> {
    if output::is_stderr_terminal() {
        show_bars(parts).await
    } else {
        print_lines(parts).await
    }
}

fn counts_text(counts: &FollowerCounts) -> String {
    format!(
        "{:>7} devices acknowledged {:>7} new {:>6} changed {:>5} gone",
        counts.acknowledged, counts.added, counts.changed, counts.gone
    )
}

/// The line of each server, below all others.
struct StatusBars {
    all: MultiProgress,
    bars: Vec<ProgressBar>,
}

impl StatusBars {
    fn new(followers: &[DemoFollower]) -> StatusBars {
        let all = MultiProgress::new();
        let style =
            ProgressStyle::with_template("  {prefix:<10} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = |follower: &DemoFollower| {
            let bar = all.add(ProgressBar::new_spinner().with_style(style.clone()));
            bar.set_prefix(follower.id.clone());
            bar
        };
        let bars = followers.iter().map(bar).collect();
        StatusBars { all, bars }
    }

    fn print_above(&self, line: &str) {
        let _ = self.all.println(output::wrap_for_stderr(&format!("  {line}")));
    }
}

impl Drop for StatusBars {
    /// Nothing is drawn any more: Ctrl-C has moved the cursor, and what would be wiped out now is not what was drawn (B11).
    fn drop(&mut self) {
        self.all.set_draw_target(ProgressDrawTarget::hidden());
    }
}

async fn show_bars(parts: &mut DemoParts) -> Result<(), CommandFailure> {
    let status = StatusBars::new(&parts.followers);
    let mut shown = 0;
    loop {
        for (at, (follower, bar)) in parts.followers.iter_mut().zip(&status.bars).enumerate() {
            follower.check_running().await?;
            let counts = follower.counts();
            let text = counts_text(&counts);
            if bar.message() != text {
                bar.set_message(text);
            }
            // The same changes reach every server: they are shown once, above the figures.
            if at == 0 {
                let new = counts.recent.iter().filter(|(number, _)| *number > shown);
                new.for_each(|(_, change)| status.print_above(change));
                shown = counts.received;
            }
        }
        parts.drain_lines().iter().for_each(|line| status.print_above(line));
        tokio::time::sleep(LOOKS.0).await;
    }
}

/// Without a terminal: a line where something has moved.
async fn print_lines(parts: &mut DemoParts) -> Result<(), CommandFailure> {
    let mut shown: Vec<u64> = vec![u64::MAX; parts.followers.len()];
    loop {
        for (follower, shown) in parts.followers.iter_mut().zip(&mut shown) {
            follower.check_running().await?;
            let counts = follower.counts();
            if std::mem::replace(shown, counts.received) != counts.received {
                output::print_line(format!("  {:<10} {}", follower.id, counts_text(&counts)))?;
            }
        }
        for line in parts.drain_lines() {
            output::print_line(format!("  {line}"))?;
        }
        output::require_reader()?;
        tokio::time::sleep(LOOKS.1).await;
    }
}

/// What was shown, in numbers: a line each.
pub(crate) fn summarise_parts(parts: &DemoParts) -> Vec<String> {
    let counts: Vec<FollowerCounts> = parts.followers.iter().map(DemoFollower::counts).collect();
    let reached = counts
        .iter()
        .map(|counts| counts.acknowledged)
        .min()
        .unwrap_or_default();
    if reached == 0 {
        return vec!["no device had reached every management server yet".to_owned()];
    }
    let servers = format_count(counts.len() as u64, "management server");
    let mut lines = vec![format!("{} reached {servers}", format_count(reached, "device"))];
    if let Some(first) = counts.first() {
        lines.push(format!(
            "each was told of {} new, {} changed and {} gone",
            first.added, first.changed, first.gone
        ));
    }
    let jobs = parts.sender.as_ref().map(|sender| sender.job_states.borrow().clone());
    let jobs = jobs.unwrap_or_default();
    if !jobs.is_empty() {
        let waiting = TaskState::WaitingApproval.name();
        let waits = jobs.iter().filter(|job| job.status == waiting).count();
        let sent = format_count(jobs.len() as u64, "job");
        lines.push(format!(
            "{sent} sent by the help desk; waiting for a second person: {waits}"
        ));
    }
    let losses = parts.losses.as_ref().map(|losses| losses.counts()).unwrap_or_default();
    if losses.gone > 0 {
        let devices = format_count(losses.gone, "device");
        lines.push(format!(
            "{devices} deleted from Intune, proven by a 404, and told as gone"
        ));
    }
    if losses.held > 0 {
        let devices = format_count(losses.held, "device");
        lines.push(format!(
            "{devices} missing at once, and held back by the deletion brake"
        ));
    }
    lines
}

/// The last word: what it was, what is left of it, and what to do next.
pub(crate) fn print_end(summary: &[String], folder: &std::path::Path, commands: &PasteCommands) {
    let left = if folder.exists() {
        format!("{} could not be removed: remove it.", folder.display())
    } else {
        format!("{} is removed.", folder.display())
    };
    output::eprint_line(format!(
        "\
The demonstration has ended. What it showed:
  {summary}
{left}

Next, with a tenant of your own (README.md, \"The short way\"):
{install}
Or with a simulated one, which stays as long as you want:
{simulate}",
        summary = summary.join("\n  "),
        install = commands.format_other_command("install --data bus"),
        simulate = commands.format_other_command("simulate --http --listen 127.0.0.1:8443 --devices 300"),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_fits_into_eighty_columns() {
        let counts = FollowerCounts {
            acknowledged: 1_000_000,
            added: 1_000_000,
            changed: 100_000,
            gone: 10_000,
            ..FollowerCounts::default()
        };
        let line = format!("  {:<10} {}", "server-100", counts_text(&counts));
        assert!(line.chars().count() < 80, "{line}");
    }
}
