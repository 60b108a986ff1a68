//! All management servers of a campaign together: they are held, asked for their views, and compared with the tenant.

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::api::{Api, LIMIT};
use super::campaign::SERVERS;
use super::judge::{Judge, Part, Truth};
use super::server::{Phase, Report};

pub struct Readers {
    pub phase: watch::Sender<Phase>,
    pub reports: mpsc::Receiver<Report>,
    /// Servers that read nothing for the time being.
    pub held: watch::Receiver<usize>,
    pub tasks: JoinSet<()>,
}

impl Readers {
    /// Lets nobody read.
    pub async fn hold(&mut self) -> Result<(), String> {
        self.phase.send_modify(|phase| phase.hold = true);
        let all = self.held.wait_for(|held| *held == SERVERS.len());
        match tokio::time::timeout(LIMIT, all).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(format!("a server has not stopped reading within {LIMIT:?}")),
        }
    }

    /// Lets every server read all there is, and compares what each has with the tenant.
    pub async fn compare(&mut self, judge: &Judge, api: &Api, truth: &Truth, part: Part) -> Result<(), String> {
        self.phase.send_modify(|phase| phase.asked += 1);
        let asked = self.phase.borrow().asked;
        for _ in SERVERS {
            let report = loop {
                let report = tokio::time::timeout(LIMIT, self.reports.recv()).await;
                let report = report
                    .ok()
                    .flatten()
                    .ok_or_else(|| format!("a server has not read to the end within {LIMIT:?}"))?;
                if report.answers == asked {
                    break report;
                }
            };
            let allowed = api.allowed(&report.server).await?;
            judge.compare((&report.server, &allowed), &report.view, truth, part);
        }
        Ok(())
    }
}
