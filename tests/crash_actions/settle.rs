//! The end of a lane: nothing goes wrong any more, time passes by leaps, and everything is told to the judge.

use chrono::TimeDelta;

use super::judge::Breach;
use super::lane::Lane;
use super::wire::{JobLine, ResultLine, Say, Tell};

/// How far time leaps at the end, and how often.
const LEAPS: &[(TimeDelta, u32)] = &[
    (TimeDelta::seconds(5), 6),
    (TimeDelta::seconds(30), 6),
    (TimeDelta::minutes(5), 8),
    (TimeDelta::minutes(30), 6),
    (TimeDelta::hours(2), 14),
    (TimeDelta::hours(8), 12),
    (TimeDelta::hours(24), 10),
];

impl Lane {
    /// Nothing goes wrong any more; the bus starts a last time, and time passes until every task has its end.
    pub async fn settle(&mut self) -> Result<(), String> {
        self.tenant.calm();
        self.bus.spawn(self.tenant.now_ms(), None);
        self.until_up().await?;
        for job in self.work.unacknowledged() {
            self.bus.say(&Say::Job(job)).await;
        }
        self.time_passes().await?;
        let after = self.judge.told.last().map_or(0, |line| line.position);
        self.bus.say(&Say::Results(after)).await;
        self.bus.say(&Say::Results(0)).await;
        self.bus.say(&Say::Jobs).await;
        let more = self.results().await?;
        self.judge.hear(more);
        let feed = self.results().await?;
        let jobs = self.jobs().await?;
        if !self.work.unacknowledged().is_empty() && self.bus.mistake.is_none() {
            self.judge.complain(Breach::Refused, "a job was never acknowledged");
        }
        self.judge.conclude(&self.work, &jobs, &feed, &self.tenant);
        self.tally(&jobs);
        Ok(())
    }

    pub async fn time_passes(&mut self) -> Result<(), String> {
        for (leap, times) in LEAPS {
            for _ in 0..*times {
                self.tenant.advance(*leap);
                self.bus.say(&Say::Clock(self.tenant.now_ms())).await;
                self.bus.say(&Say::Rest).await;
                let open = loop {
                    match self.bus.hear().await? {
                        Tell::Quiet { open } => break open,
                        told => self.take(told),
                    }
                };
                if open == 0 {
                    return Ok(());
                }
            }
            // Devices that did not answer come back, some time.
            if *leap >= TimeDelta::minutes(5) {
                self.tenant.everybody_checks_in();
            }
        }
        Ok(())
    }

    async fn results(&mut self) -> Result<Vec<ResultLine>, String> {
        loop {
            match self.bus.hear().await? {
                Tell::Results(lines) => return Ok(lines),
                told => self.take(told),
            }
        }
    }

    /// What it says of its jobs, once it was asked.
    pub async fn jobs(&mut self) -> Result<Vec<JobLine>, String> {
        loop {
            match self.bus.hear().await? {
                Tell::Jobs(jobs) => return Ok(jobs),
                told => self.take(told),
            }
        }
    }

    pub fn tally(&mut self, jobs: &[JobLine]) {
        self.outcome.jobs = jobs.len();
        self.outcome.effects = self.tenant.effects().values().sum();
        for task in jobs.iter().flat_map(|job| &job.tasks) {
            self.outcome.tasks += 1;
            *self.outcome.ends.entry(task.state.name()).or_default() += 1;
        }
    }
}
