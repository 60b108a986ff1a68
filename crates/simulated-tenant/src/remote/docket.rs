//! The tasks of a tenant and what is due when. Tasks outlive their devices, because audits do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use uuid::Uuid;

use super::task::Task;
use crate::world::Ticks;

/// Tasks kept; the oldest are forgotten.
const MAX_TASKS: usize = 100_000;

/// What happens to a task by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The device takes it up.
    Answer,
    /// The device has finished.
    End,
    /// It begins to leave traces.
    Show,
    /// What it found is no longer shown.
    Forget,
}

#[derive(Debug, Default)]
pub struct Docket {
    tasks: BTreeMap<u64, Task>,
    of_device: HashMap<Uuid, Vec<u64>>,
    agenda: BTreeSet<(Ticks, u64, Step)>,
    next: u64,
    /// Accepted today, by verb.
    today: (i64, BTreeMap<&'static str, u32>),
    /// Tasks that show late.
    hidden: usize,
}

impl Docket {
    pub fn next_number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn add(&mut self, task: Task) {
        self.of_device.entry(task.device_id).or_default().push(task.number);
        self.hidden += usize::from(task.hidden.is_some());
        self.tasks.insert(task.number, task);
        if self.tasks.len() > MAX_TASKS
            && let Some((number, oldest)) = self.tasks.pop_first()
        {
            self.hidden -= usize::from(oldest.hidden.is_some());
            let of_device = self.of_device.entry(oldest.device_id);
            of_device.and_modify(|numbers| numbers.retain(|other| *other != number));
        }
    }

    pub fn get(&self, number: u64) -> Option<&Task> {
        self.tasks.get(&number)
    }

    pub fn get_mut(&mut self, number: u64) -> Option<&mut Task> {
        self.tasks.get_mut(&number)
    }

    /// Newest first.
    pub fn all(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values().rev()
    }

    /// Oldest first.
    pub fn of_device(&self, id: Uuid) -> impl DoubleEndedIterator<Item = &Task> {
        let numbers = self.of_device.get(&id).map_or(&[][..], Vec::as_slice);
        numbers.iter().filter_map(|number| self.tasks.get(number))
    }

    pub fn open_of(&self, id: Uuid) -> Vec<u64> {
        self.of_device(id)
            .filter(|task| task.is_open())
            .map(|task| task.number)
            .collect()
    }

    pub fn plan(&mut self, at: Ticks, number: u64, step: Step) {
        self.agenda.insert((at, number, step));
    }

    pub fn is_due(&self, now: Ticks) -> bool {
        self.agenda.first().is_some_and(|(at, ..)| *at <= now)
    }

    pub fn pop_due(&mut self, now: Ticks) -> Option<(Ticks, u64, Step)> {
        if self.is_due(now) {
            self.agenda.pop_first()
        } else {
            None
        }
    }

    /// Whether anybody waits for somebody to look.
    pub fn hides_any(&self) -> bool {
        self.hidden > 0
    }

    /// Tasks of one device (or all) were looked for. Those that now begin to show.
    pub fn looked_for(&mut self, device: Option<Uuid>, now: Ticks) -> Vec<u64> {
        let numbers: Vec<u64> = match device {
            Some(id) => self.of_device.get(&id).cloned().unwrap_or_default(),
            None => self.tasks.keys().copied().collect(),
        };
        let mut shown = Vec::new();
        for number in numbers {
            let Some((until, reads)) = self.tasks.get_mut(&number).and_then(|task| task.hidden.as_mut()) else {
                continue;
            };
            if *reads == 0 && *until <= now {
                shown.push(number);
            }
            *reads = reads.saturating_sub(1);
        }
        shown
    }

    pub fn unhide(&mut self, number: u64) {
        if let Some(task) = self.tasks.get_mut(&number)
            && task.hidden.take().is_some()
        {
            self.hidden = self.hidden.saturating_sub(1);
        }
    }

    /// How many of this verb were accepted on the day of `now`, this one not counted.
    pub fn counted_today(&mut self, verb: &'static str, now: Ticks) -> u32 {
        let day = now.to_utc().timestamp().div_euclid(86_400);
        if self.today.0 != day {
            self.today = (day, BTreeMap::new());
        }
        self.today.1.get(verb).copied().unwrap_or_default()
    }

    /// How many of this verb were accepted after `since`.
    pub fn counted_since(&self, verb: &str, since: Ticks) -> u32 {
        let lately = self.all().take_while(|task| task.started > since);
        u32::try_from(lately.filter(|task| task.verb.name == verb).count()).unwrap_or(u32::MAX)
    }

    pub fn count_today(&mut self, verb: &'static str) {
        *self.today.1.entry(verb).or_default() += 1;
    }
}
