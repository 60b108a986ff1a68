//! Devices that vanish from the simulated tenant: one, which the servers are told has gone, and then many at once, which
//! the deletion brake holds back. Nobody has to do anything for it, and nobody is asked to wipe a device.

use std::sync::PoisonError;
use std::time::Duration;

use sics_client::SicsClient;
use simulated_tenant::world::Device;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::demo_follower::FollowerCounts;
use super::environment::DemoEnvironment;
use super::paste_commands::PasteCommands;
use super::sender::{JobProgress, are_settled};
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::contract::{ScanBody, ScansQuery};
use crate::model::{InstanceName, ScanKind, ScanState, ScanSummary};

/// The jobs of the help desk come first; longest wait for them.
const JOBS_FIRST: Duration = Duration::from_secs(20);
/// Time to read what was said before.
const READING: Duration = Duration::from_secs(3);
/// Between two looks at a scan.
const LOOK: Duration = Duration::from_millis(200);
/// Full scans that may end without finding what they are for.
const SCANS: usize = 5;
/// Fewer devices than these are no fleet to show it with.
const SMALLEST: usize = 3;
const LINES: usize = 32;

/// What was shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LossCounts {
    /// Devices that the servers were told have gone.
    pub gone: u64,
    /// Devices that the brake holds back.
    pub held: u64,
}

pub(crate) struct LossHandle {
    lines: mpsc::Receiver<String>,
    counts: watch::Receiver<LossCounts>,
    task: JoinHandle<()>,
}

impl LossHandle {
    /// Waits in the background until the jobs have come to their end, then begins.
    pub(crate) fn start(
        environment: &DemoEnvironment,
        instance: &InstanceName,
        servers: Vec<watch::Receiver<FollowerCounts>>,
        jobs: watch::Receiver<Vec<JobProgress>>,
    ) -> LossHandle {
        let (line_sender, lines) = mpsc::channel(LINES);
        let (count_sender, counts) = watch::channel(LossCounts::default());
        let mut worker = LossWorker {
            client: environment.client.clone(),
            instance: instance.clone(),
            simulated: environment.simulator.simulated.clone(),
            tenant_id: environment.simulator.registration.tenant_id.clone(),
            commands: environment.commands.clone(),
            servers,
            jobs,
            line_sender,
            counts: count_sender,
        };
        let task = tokio::spawn(async move {
            if let Err(failure) = worker.take_devices_away().await {
                worker.push_line(format!("gone: this part has stopped: {}", failure.message));
            }
        });
        LossHandle { lines, counts, task }
    }

    /// What happened since the last time.
    pub(crate) fn drain_lines(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.try_recv().ok()).collect()
    }

    pub(crate) fn counts(&self) -> LossCounts {
        *self.counts.borrow()
    }
}

impl Drop for LossHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct LossWorker {
    client: SicsClient,
    instance: InstanceName,
    simulated: simulated_tenant::Simulated,
    tenant_id: String,
    commands: PasteCommands,
    servers: Vec<watch::Receiver<FollowerCounts>>,
    jobs: watch::Receiver<Vec<JobProgress>>,
    line_sender: mpsc::Sender<String>,
    counts: watch::Sender<LossCounts>,
}

impl LossWorker {
    fn push_line(&self, text: String) {
        // Whoever does not look misses it.
        let _ = self.line_sender.try_send(text);
    }

    async fn take_devices_away(&mut self) -> Result<(), CommandFailure> {
        let settled = self.jobs.wait_for(|jobs| are_settled(jobs));
        // Without jobs, as in a tenant without laptops, it goes on all the same.
        let _ = tokio::time::timeout(JOBS_FIRST, settled).await;
        if self.count_devices() < SMALLEST {
            return Ok(());
        }
        self.delete_one().await?;
        tokio::time::sleep(READING).await;
        self.delete_many().await
    }

    /// Intune answers 404 for it, and that is proof.
    async fn delete_one(&mut self) -> Result<(), CommandFailure> {
        let told: Vec<u64> = self.servers.iter().map(|server| server.borrow().gone).collect();
        let is_laptop = |device: &Device| device.kind.os == "Windows" && device.company;
        let names = self.remove_devices(1, is_laptop);
        let name = output::to_printable(names.first().map_or("a device", String::as_str), 22);
        self.push_line(format!("gone: {name} is deleted from the tenant; a full scan follows"));
        self.scan_until(|scan| scan.gone > 0).await?;
        for (server, told) in self.servers.iter_mut().zip(told) {
            // Whoever has stopped is reported by whoever watches it.
            let _ = server.wait_for(|counts| counts.gone > told).await;
        }
        self.counts.send_modify(|counts| counts.gone += 1);
        self.push_line(format!(
            "gone: Intune answered 404 for it, so the servers ({}) are told: gone",
            self.servers.len()
        ));
        Ok(())
    }

    /// So many that the list may be wrong: nothing is told until a person has looked.
    async fn delete_many(&mut self) -> Result<(), CommandFailure> {
        let going = count_for_the_brake(self.count_devices());
        self.remove_devices(going, |device| device.kind.os != "Windows");
        self.push_line(format!(
            "brake: {going} devices disappear from the tenant at once; a full scan follows"
        ));
        let scan = self.scan_until(|scan| scan.braked).await?;
        self.counts.send_modify(|counts| counts.held = scan.missing);
        self.push_line("brake: too many at once: the scan holds them back and tells no server".to_owned());
        self.push_line("brake: they wait for a person, who looks at them and confirms their number:".to_owned());
        let command = format!("scan confirm-gone --instance {}", self.instance);
        self.push_line(self.commands.format_command(&command));
        Ok(())
    }

    fn count_devices(&self) -> usize {
        let tenant = self.simulated.tenant(&self.tenant_id);
        tenant.map_or(0, |tenant| {
            tenant.world.read().unwrap_or_else(PoisonError::into_inner).len()
        })
    }

    /// From the end of the list, the fitting ones first; the names that they had.
    fn remove_devices(&self, count: usize, fits: impl Fn(&Device) -> bool) -> Vec<String> {
        let Some(tenant) = self.simulated.tenant(&self.tenant_id) else {
            return Vec::new();
        };
        let mut world = tenant.world.write().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = world
            .behind(None)
            .map(|(key, entry)| (!fits(&entry.device), key.clone()))
            .collect();
        all.reverse();
        all.sort_by_key(|(is_other, _)| *is_other);
        all.truncate(count);
        for (_, key) in &all {
            world.remove(key.id);
        }
        all.into_iter().map(|(_, key)| key.name.to_string()).collect()
    }

    /// Full scans until one has found what is wanted. Meanwhile nothing else changes: a fleet that moves while it is listed
    /// needs a second look, and this is no place to explain that.
    async fn scan_until(&self, is_wanted: impl Fn(&ScanSummary) -> bool) -> Result<ScanSummary, CommandFailure> {
        let churn = self.simulated.churn();
        self.simulated.set_churn(0.0);
        let scanned = self.repeat_scan(is_wanted).await;
        self.simulated.set_churn(churn);
        scanned
    }

    async fn repeat_scan(&self, is_wanted: impl Fn(&ScanSummary) -> bool) -> Result<ScanSummary, CommandFailure> {
        for _ in 0..SCANS {
            let scan = self.run_full_scan().await?;
            if is_wanted(&scan) {
                return Ok(scan);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(CommandFailure::general_error(
            format!("{SCANS} full scans have not found it"),
            "",
        ))
    }

    /// One that begins now; of one that runs already nobody knows what it has seen.
    async fn run_full_scan(&self) -> Result<ScanSummary, CommandFailure> {
        let body = ScanBody {
            instance: self.instance.clone(),
            kind: ScanKind::Full,
        };
        let before = loop {
            let newest = self.list_scans().await?.iter().map(|scan| scan.id).max();
            if !self.client.start_scan(&body).await?.already_running {
                break newest.unwrap_or_default();
            }
            tokio::time::sleep(LOOK).await;
        };
        loop {
            let is_ours = |scan: &ScanSummary| {
                scan.id > before && scan.kind == ScanKind::Full && scan.state != ScanState::Running
            };
            if let Some(scan) = self.list_scans().await?.into_iter().find(is_ours) {
                return Ok(scan);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn list_scans(&self) -> Result<Vec<ScanSummary>, CommandFailure> {
        let query = ScansQuery {
            instance: Some(self.instance.clone()),
            limit: None,
        };
        let scans = self.client.list_scans(&query).await?.scans;
        Ok(scans.into_iter().map(|row| row.scan).collect())
    }
}

/// A tenth, at least more than the brake lets go of a small fleet, and no more than it takes.
fn count_for_the_brake(fleet: usize) -> usize {
    (fleet / 10).max(11).min(fleet / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::missing_devices::{BrakeLimits, is_braked};

    #[test]
    fn the_brake_takes_hold_in_a_fleet_of_any_size() {
        // The limits that an instance has unless somebody sets others.
        let limits = BrakeLimits {
            percent: 5.0,
            devices: 10,
        };
        for fleet in (SMALLEST..3_000).chain([20_000, 1_000_000]) {
            let going = count_for_the_brake(fleet);
            assert!(going < fleet, "{fleet}");
            assert!(is_braked(going as u64, fleet as u64, limits), "{going} of {fleet}");
        }
    }
}
