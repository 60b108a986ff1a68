//! What the demonstration shows: where everything is, what to paste, and what flows.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::demo_follower::{DemoFollower, FollowerCounts};
use super::environment::DemoEnvironment;
use super::sender::SenderHandle;
use crate::cli::failure::CommandFailure;
use crate::cli::output;

/// Between two looks in a terminal, and into a pipe.
const LOOKS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(2));

pub(crate) fn print_header(environment: &DemoEnvironment, followers: &[DemoFollower]) {
    let program = std::env::current_exe().map_or("intune-connector".into(), |path| path.display().to_string());
    let data = format!("--data {}", environment.folder.path().display());
    let ids: Vec<&str> = followers.iter().map(|follower| follower.id.as_str()).collect();
    output::eprint_line(format!(
        "\
A simulated Intune tenant, the bus, {count} management servers that read ({servers}) and one that sends jobs ({sender}).

  tenant  {tenant}   (control: {tenant}/simulator)
  bus     {url}   (state: {url}/readyz)
  login   {user}   password {password}
  folder  {folder}   (removed at the end)

Six commands to paste into another terminal:

  {program} devices {data} --search laptop
  {program} servers {data}
  {program} follow --server mine {data} & sleep 2; {program} servers accept mine {data}
  {program} scan --instance IntuneConnector_1 {data}
  {program} jobs {data}
  {program} audit {data}

Changes (press Ctrl-C to stop):
",
        count = followers.len(),
        servers = ids.join(", "),
        sender = super::sender::ID,
        tenant = environment.simulator.base,
        url = environment.url,
        user = environment.user,
        password = environment.password,
        folder = environment.folder.path().display(),
    ));
}

/// What moves, and one line a server, until the end.
pub(crate) async fn show_live(followers: &mut [DemoFollower], sender: SenderHandle) -> Result<(), CommandFailure> {
    if output::is_stderr_terminal() {
        show_bars(followers, sender).await
    } else {
        print_lines(followers, sender).await
    }
}

fn counts_text(counts: &FollowerCounts) -> String {
    format!(
        "{:>7} devices acknowledged   {:>7} new  {:>6} changed  {:>5} gone",
        counts.acknowledged, counts.added, counts.changed, counts.gone
    )
}

async fn show_bars(followers: &mut [DemoFollower], mut sender: SenderHandle) -> Result<(), CommandFailure> {
    let all = MultiProgress::new();
    let style =
        ProgressStyle::with_template("  {prefix:<10} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = |follower: &DemoFollower| {
        let bar = all.add(ProgressBar::new_spinner().with_style(style.clone()));
        bar.set_prefix(follower.id.clone());
        bar
    };
    let bars: Vec<ProgressBar> = followers.iter().map(bar).collect();
    let mut shown = 0;
    loop {
        for (at, (follower, bar)) in followers.iter_mut().zip(&bars).enumerate() {
            follower.check_running().await?;
            let counts = follower.counts();
            bar.set_message(counts_text(&counts));
            bar.tick();
            // The same changes reach every server: they are shown once, above the figures.
            if at == 0 {
                let new = counts.recent.iter().filter(|(number, _)| *number > shown);
                new.for_each(|(_, change)| _ = all.println(output::wrap_for_stderr(&format!("  {change}"))));
                shown = counts.received;
            }
        }
        for line in sender.drain_lines() {
            let _ = all.println(output::wrap_for_stderr(&format!("  {line}")));
        }
        tokio::time::sleep(LOOKS.0).await;
    }
}

/// Without a terminal: a line where something has moved.
async fn print_lines(followers: &mut [DemoFollower], mut sender: SenderHandle) -> Result<(), CommandFailure> {
    let mut shown: Vec<u64> = vec![u64::MAX; followers.len()];
    loop {
        for (follower, shown) in followers.iter_mut().zip(&mut shown) {
            follower.check_running().await?;
            let counts = follower.counts();
            if std::mem::replace(shown, counts.received) != counts.received {
                output::print_line(format!("  {:<10} {}", follower.id, counts_text(&counts)))?;
            }
        }
        for line in sender.drain_lines() {
            output::print_line(format!("  {line}"))?;
        }
        tokio::time::sleep(LOOKS.1).await;
    }
}
