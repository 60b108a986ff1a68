//! The only use of tokio-cron-scheduler: it counts seconds, in UTC, and wakes whoever waits. A tick says "look at the
//! clock", nothing more; a tick that comes late or twice does no harm, because what is due is asked anew each time.
//!
//! It plans its next tick by the wall clock and waits for that moment, however long it takes: behind a clock that is set
//! back a day it would be silent for a day (E3). So somebody listens by the monotonic clock: where no tick has come for
//! [`SILENCE`], one is given, and the next are planned anew by the clock as it is now.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use uuid::Uuid;

/// Longer than two ticks are ever apart on a machine that is not overloaded.
const SILENCE: Duration = Duration::from_secs(3);

#[derive(Debug, thiserror::Error)]
#[error("failed to start the ticker")]
pub struct TickerError(#[from] JobSchedulerError);

/// Ticks each second until it is stopped.
pub struct Ticker {
    scheduler: JobScheduler,
    ticks: watch::Receiver<u64>,
    listener: JoinHandle<()>,
}

impl Ticker {
    pub async fn start() -> Result<Ticker, TickerError> {
        let sender = Arc::new(watch::Sender::new(0));
        let scheduler = JobScheduler::new().await?;
        let planned = plan_ticks(&scheduler, &sender).await?;
        scheduler.start().await?;
        Ok(Ticker {
            ticks: sender.subscribe(),
            listener: tokio::spawn(watch_for_silence(scheduler.clone(), sender, planned)),
            scheduler,
        })
    }

    /// Counts the ticks; one receiver for each who waits.
    pub fn subscribe_ticks(&self) -> watch::Receiver<u64> {
        self.ticks.clone()
    }

    pub async fn stop(mut self) -> Result<(), TickerError> {
        self.listener.abort();
        Ok(self.scheduler.shutdown().await?)
    }
}

fn send_tick(sender: &watch::Sender<u64>) {
    sender.send_modify(|ticks| *ticks += 1);
}

async fn plan_ticks(scheduler: &JobScheduler, sender: &Arc<watch::Sender<u64>>) -> Result<Uuid, JobSchedulerError> {
    let sender = sender.clone();
    scheduler
        .add(Job::new("* * * * * *", move |_, _| send_tick(&sender))?)
        .await
}

/// Gives the ticks that do not come.
async fn watch_for_silence(scheduler: JobScheduler, sender: Arc<watch::Sender<u64>>, mut planned: Uuid) {
    let mut ticks = sender.subscribe();
    loop {
        if tokio::time::timeout(SILENCE, ticks.changed()).await.is_ok() {
            continue;
        }
        tracing::warn!(
            silent_s = SILENCE.as_secs(),
            "no tick arrived: the clock was set back, or the machine is overloaded; rescheduling the ticks"
        );
        send_tick(&sender);
        let reschedule = async {
            scheduler.remove(&planned).await?;
            plan_ticks(&scheduler, &sender).await
        };
        match tokio::time::timeout(SILENCE, reschedule).await {
            Ok(Ok(new)) => planned = new,
            Ok(Err(error)) => tracing::error!(error = %error, "failed to reschedule the ticks; trying again"),
            Err(_) => tracing::error!("rescheduling the ticks took too long; trying again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, Utc};

    use super::*;

    /// A busy machine is no failure.
    const PATIENCE: Duration = Duration::from_secs(120);

    async fn comes(ticks: &mut watch::Receiver<u64>) {
        let came = tokio::time::timeout(PATIENCE, ticks.changed()).await;
        came.expect("a tick comes").unwrap();
    }

    #[tokio::test]
    async fn the_ticker_wakes_everybody_who_waits() {
        let ticker = Ticker::start().await.unwrap();
        let (mut one, mut other) = (ticker.subscribe_ticks(), ticker.subscribe_ticks());
        comes(&mut one).await;
        comes(&mut other).await;
        ticker.stop().await.unwrap();
    }

    /// As the scheduler stands when the clock was set back by a day: its last tick, and the next one, lie a day ahead.
    #[tokio::test]
    async fn cr_v5_ticks_that_were_planned_a_day_ahead_are_planned_anew() {
        let sender = Arc::new(watch::Sender::new(0));
        let scheduler = JobScheduler::new().await.unwrap();
        let planned = plan_ticks(&scheduler, &sender).await.unwrap();
        let ahead = Utc::now() + TimeDelta::days(1);
        let context = scheduler.context();
        let mut stored = context.metadata_storage.write().await;
        let put = stored.set_next_and_last_tick(planned, Some(ahead), Some(ahead - TimeDelta::seconds(1)));
        put.await.unwrap();
        drop(stored);
        scheduler.start().await.unwrap();
        let listener = tokio::spawn(watch_for_silence(scheduler.clone(), sender.clone(), planned));
        let mut ticks = sender.subscribe();
        for _ in 0..3 {
            comes(&mut ticks).await;
        }
        listener.abort();
        let replaced = scheduler.clone().next_tick_for_job(planned).await;
        assert!(!matches!(replaced, Ok(Some(_))), "{replaced:?}");
        comes(&mut ticks).await;
        comes(&mut ticks).await;
    }
}
