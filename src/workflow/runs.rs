//! The open runs of an engine in memory: each with its definition and its history, which are the store's, not more.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::activity::Who;
use super::history::{History, Place, Stage};
use super::model::Definition;
use super::next::{End, Next, Start, next};
use crate::model::Timestamp;

pub struct Open {
    pub definition: Arc<Definition>,
    pub history: History,
    pub who: Who,
    /// Calls that are under way in this process.
    pub under_way: BTreeSet<Place>,
    pub cancel: watch::Sender<bool>,
    /// Something changed since it was last looked at.
    pub stirred: bool,
}

/// What an open run wants.
pub struct Wanted {
    pub start: Vec<Start>,
    pub end: Option<End>,
}

impl Open {
    pub fn new(definition: Arc<Definition>, history: History, who: Who) -> Open {
        let cancel = watch::Sender::new(history.run.cancelled);
        Open {
            definition,
            history,
            who,
            under_way: BTreeSet::new(),
            cancel,
            stirred: true,
        }
    }

    /// Pauses whose time has come.
    pub fn rested(&self, now: Timestamp) -> Vec<Place> {
        let over = |(_, entry): &(&Place, &super::Entry)| entry.due_at.is_some_and(|due| due <= now);
        self.history
            .open()
            .filter(over)
            .map(|(place, _)| place.clone())
            .collect()
    }

    pub fn ended(&mut self, place: &Place, stage: Stage) {
        self.under_way.remove(place);
        if let Some(entry) = self.history.entries.get_mut(place) {
            entry.stage = stage;
        }
        self.stirred = true;
    }

    pub fn cancelled(&mut self) {
        if !self.history.run.cancelled {
            self.history.run.cancelled = true;
            self.cancel.send_replace(true);
            self.stirred = true;
        }
    }

    /// Without what is under way already, and with an end only where nothing is.
    pub fn wants(&self, places: usize, now: Timestamp) -> Wanted {
        let Next { start, end } = next(&self.definition, &self.history, now);
        let mut places = places;
        let mut wanted = Vec::new();
        for start in start {
            if let Start::Call { path, attempt, .. } = &start {
                if self.under_way.contains(&(path.clone(), *attempt)) || places == 0 {
                    continue;
                }
                places -= 1;
            }
            wanted.push(start);
        }
        Wanted {
            start: wanted,
            end: end.filter(|_| self.under_way.is_empty()),
        }
    }
}
