//! The only use of tokio-cron-scheduler: it counts seconds, in UTC, and wakes whoever waits. A tick says "look at the
//! clock", nothing more; a tick that comes late or twice does no harm, because what is due is asked anew each time.

use tokio::sync::watch;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

#[derive(Debug, thiserror::Error)]
#[error("failed to start the ticker")]
pub struct TickerError(#[from] JobSchedulerError);

/// Ticks each second until it is stopped or dropped.
pub struct Ticker {
    scheduler: JobScheduler,
    ticks: watch::Receiver<u64>,
}

impl Ticker {
    pub async fn start() -> Result<Ticker, TickerError> {
        let (sender, ticks) = watch::channel(0u64);
        let scheduler = JobScheduler::new().await?;
        let tick = move |_, _| sender.send_modify(|ticks| *ticks += 1);
        scheduler.add(Job::new("* * * * * *", tick)?).await?;
        scheduler.start().await?;
        Ok(Ticker { scheduler, ticks })
    }

    /// Counts the ticks; one receiver for each who waits.
    pub fn ticks(&self) -> watch::Receiver<u64> {
        self.ticks.clone()
    }

    pub async fn stop(mut self) -> Result<(), TickerError> {
        Ok(self.scheduler.shutdown().await?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_ticker_wakes_everybody_who_waits() {
        let ticker = Ticker::start().await.unwrap();
        let (mut one, mut other) = (ticker.ticks(), ticker.ticks());
        let both = async {
            one.changed().await.unwrap();
            other.changed().await.unwrap();
        };
        tokio::time::timeout(Duration::from_secs(10), both)
            .await
            .expect("a tick within seconds");
        ticker.stop().await.unwrap();
    }
}
