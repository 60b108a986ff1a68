//! The end of a lane whose disk is put back: to before calls that were made, and receipts that were given. What the store
//! knows of them is lost, so nothing may go out any more (A8): no call is made a second time, whoever sends a job again is
//! refused, and what was not finished waits for an operator.

use std::collections::BTreeSet;
use std::fs;

use intune_connector::actions::specs::ActionSpec;
use intune_connector::model::ActionKind;

use super::bus::{Stop, second_mark};
use super::disk_copy::{replace_folder, replace_store};
use super::judge::Breach;
use super::lane::Lane;
use super::moment::Moment;
use super::tenant::word;
use super::wire::{Say, Tell};

/// Looks at the bus while calls go out that are lost.
const STEPS: u32 = 20;
/// The code by which a store that has gone back refuses jobs.
const KILL_SWITCH: &str = "killSwitch";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The store is put back; its marks stay.
    Store,
    /// The folder is put back; the mark outside of it stays.
    Folder,
    /// The store is taken away; its marks stay.
    Missing,
    /// A control: the folder and the mark outside of it are put back, so that nothing shows it.
    WithMarks,
}

impl Loss {
    pub const ALL: [Loss; 3] = [Loss::Store, Loss::Folder, Loss::Missing];

    pub fn name(self) -> &'static str {
        match self {
            Loss::Store => "a lane whose store is put back",
            Loss::Folder => "a lane whose folder is put back",
            Loss::Missing => "a lane whose store is taken away",
            Loss::WithMarks => "a lane whose folder and marks are put back",
        }
    }
}

impl Lane {
    /// A task stands before its call when the copy is made; then it goes out, and others, and all that is lost.
    pub async fn goes_back(&mut self, loss: Loss) -> Result<(), String> {
        let before_intent = Stop {
            point: "BeforeIntent".to_owned(),
            nth: 1,
        };
        self.one(&Moment::Point(before_intent)).await?;
        let copied = self.bus.folder.with_file_name("copy");
        replace_folder(&self.bus.folder, &copied);
        let mark = fs::read(second_mark(&self.bus.folder)).unwrap();
        let known: BTreeSet<String> = self.work.handed.keys().cloned().collect();

        self.bus.spawn(self.tenant.now_ms(), None);
        self.until_up().await?;
        self.hand_in().await;
        let effects = self.harmful();
        self.wait_until(move |lane: &Lane| lane.harmful() > effects).await?;
        for _ in 0..STEPS {
            self.step().await?;
        }
        self.kill().await;
        self.tenant.calm();

        match loss {
            Loss::Store => replace_store(Some(&copied), &self.bus.folder),
            Loss::Missing => replace_store(None, &self.bus.folder),
            Loss::Folder | Loss::WithMarks => replace_folder(&copied, &self.bus.folder),
        }
        if loss == Loss::WithMarks {
            fs::write(second_mark(&self.bus.folder), mark).unwrap();
        }
        self.bus.spawn(self.tenant.now_ms(), None);
        self.until_up().await?;
        self.sends_again(loss, &known).await?;
        self.time_passes().await?;
        self.bus.say(&Say::Jobs).await;
        let jobs = self.jobs().await?;
        for task in jobs.iter().flat_map(|job| &job.tasks) {
            if !task.state.is_end() && !task.state.needs_operator() {
                let text = format!(
                    "task {} stands at {:?} in a store that has gone back",
                    task.id, task.state
                );
                self.judge.complain(Breach::Unnoticed, text);
            }
        }
        self.nothing_twice();
        self.tally(&jobs);
        Ok(())
    }

    /// Senders send what they know of again, and something new. Where the store is a new one, they look first at what
    /// devices it shows: nobody is refused but because it has gone back.
    async fn sends_again(&mut self, loss: Loss, known: &BTreeSet<String>) -> Result<(), String> {
        if loss == Loss::Missing {
            self.looks_again().await?;
        }
        let lost = self.work.handed.keys().filter(|name| !known.contains(*name));
        let mut names: Vec<String> = lost.cloned().collect();
        names.extend(self.work.next()["id"].as_str().map(str::to_owned));
        for name in &names {
            let job = self.work.as_seen_now(name);
            self.bus.say(&Say::Job(job)).await;
        }
        let mut heard = 0;
        while heard < names.len() {
            match self.bus.hear().await? {
                Tell::Refused { name, code, why } => {
                    heard += 1;
                    if code != KILL_SWITCH && !self.names_gone_device(&name) {
                        let text =
                            format!("{name} was refused, and not because the store has gone back: {code}, {why}");
                        self.judge.complain(Breach::Unnoticed, text);
                    }
                }
                Tell::Receipt { name, .. } => {
                    heard += 1;
                    let text = format!("{name} was taken by a store that has gone back");
                    self.judge.complain(Breach::Unnoticed, text);
                }
                _ => (),
            }
        }
        Ok(())
    }

    async fn looks_again(&mut self) -> Result<(), String> {
        self.bus.say(&Say::Fleet).await;
        loop {
            if let Tell::Fleet(known) = self.bus.hear().await? {
                self.work.see_devices(&known);
                return Ok(());
            }
        }
    }

    /// Effects whose repetition does harm.
    fn harmful(&self) -> u64 {
        harmful_effects(self).into_iter().map(|(.., count)| count).sum()
    }

    /// No such verb is ever asked for twice of one device.
    fn nothing_twice(&mut self) {
        for (device, verb, count) in harmful_effects(self) {
            if count > 1 {
                let text = format!("{verb} had {count} effects on {device}, behind a store that was put back");
                self.judge.complain(Breach::Double, text);
            }
        }
    }
}

fn harmful_effects(lane: &Lane) -> Vec<(uuid::Uuid, &'static str, u64)> {
    let harmless: BTreeSet<String> = ActionKind::ALL
        .iter()
        .filter(|verb| ActionSpec::for_action(**verb).repeatable)
        .map(|verb| word(*verb))
        .collect();
    let all = lane.tenant.effects().into_iter();
    all.filter(|((_, verb), _)| !harmless.contains(*verb))
        .map(|((device, verb), count)| (device, verb, count))
        .collect()
}
