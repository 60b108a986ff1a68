//! A control leaves nothing to chance: whatever the kills have met, here its mistake meets what it spoils.

use std::time::Duration;

use simulated_tenant::Simulated;

use super::api::{Api, LIMIT};
use super::bus::Bus;
use super::campaign::{SERVERS, honest};
use super::churn;
use super::control::Sabotage;
use super::judge::Judge;
use super::put_back::PutBack;
use super::readers::Readers;
use super::situations::{FirstList, step_clock};

/// A day back.
const STEP_S: i64 = -24 * 3_600;
/// Scans that never come are not waited for any longer.
const STANDS_STILL: Duration = Duration::from_secs(5);

pub struct Provoker {
    pub simulated: Simulated,
    pub judge: Judge,
    pub sabotage: Option<Sabotage>,
}

impl Provoker {
    pub async fn provoke(&self, bus: &mut Bus, readers: &mut Readers, happened: &mut u64) -> Result<(), String> {
        match self.sabotage {
            Some(Sabotage::ProgressAhead) => {
                // The mistake is made before the bus starts.
                churn::burst(&self.simulated, happened);
                bus.spawn();
                bus.up().await?;
                bus.kill();
            }
            Some(Sabotage::GoneUnproven) => {
                bus.spawn();
                bus.up().await?;
            }
            Some(Sabotage::EndsByFirst) => self.first_list(bus).await?,
            Some(Sabotage::HidesLoss) => self.loss(bus, happened).await?,
            Some(Sabotage::StandsStill) => {
                let api = honest(bus).await?;
                api.scan("full", |scan| scan["kind"] == "full").await?;
                step_clock(&self.judge, bus, &api, STEP_S, STANDS_STILL).await?;
            }
            Some(Sabotage::PlaceAhead) | None => self.burst(bus, readers, happened).await?,
        }
        match self.sabotage.and_then(Sabotage::shows_as) {
            Some(breach) => self.judge.wait_for(breach, LIMIT).await,
            None => Ok(()),
        }
    }

    /// Devices change that every server would have to be told of; the last start of the bus is an honest one.
    async fn burst(&self, bus: &mut Bus, readers: &mut Readers, happened: &mut u64) -> Result<(), String> {
        bus.spawn();
        let api = Api::new(bus.up().await?.connection);
        api.servers(SERVERS.len(), "every server has acknowledged something", |server| {
            !server["acknowledgedAt"].is_null()
        })
        .await?;
        readers.hold().await?;
        churn::burst(&self.simulated, happened);
        api.scan("full", |scan| scan["kind"] == "full").await?;
        if self.sabotage.is_none() {
            readers.phase.send_modify(|phase| phase.hold = false);
        }
        at_the_head(&api).await?;
        bus.kill();
        readers.phase.send_modify(|phase| {
            phase.crashes += 1;
            phase.hold = false;
        });
        Ok(())
    }

    /// Servers hold the fleet, the store is a new one, and its first list ends too early.
    async fn first_list(&self, bus: &mut Bus) -> Result<(), String> {
        let api = honest(bus).await?;
        api.scan("full", |scan| scan["kind"] == "full").await?;
        at_the_head(&api).await?;
        bus.kill();
        bus.copy();
        bus.put_back(PutBack::Missing, &self.judge);
        let _armed = FirstList::Early.arm(&self.simulated);
        bus.spawn();
        let api = Api::new(bus.up().await?.connection);
        api.scan("full", |scan| scan["kind"] == "full").await?;
        let shown = self.sabotage.and_then(Sabotage::shows_as).expect("it shows at once");
        self.judge.wait_for(shown, LIMIT).await
    }

    /// What servers were told last is lost.
    async fn loss(&self, bus: &mut Bus, happened: &mut u64) -> Result<(), String> {
        honest(bus).await?;
        bus.kill();
        bus.copy();
        churn::burst(&self.simulated, happened);
        let api = honest(bus).await?;
        api.scan("full", |scan| scan["kind"] == "full").await?;
        at_the_head(&api).await?;
        bus.kill();
        bus.put_back(PutBack::Machine, &self.judge);
        bus.spawn();
        bus.up().await?;
        Ok(())
    }
}

async fn at_the_head(api: &Api) -> Result<(), String> {
    api.servers(SERVERS.len(), "every place is at the head", |server| {
        server["instances"][0]["behind"] == 0
    })
    .await
}
