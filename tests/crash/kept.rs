//! What a management server has worked in, what it has on its own disk, and the copy of that disk.

use simulated_tenant::world::Dice;

use super::judge::Restarts;
use super::view::View;

/// What is counted of it.
pub const OWN_BACKUP: &str = "a server's own backup is put back";
/// In a thousand: how often what is kept is copied, and how often a crash puts the copy back.
const BACKUPS: usize = 60;
const PUT_BACK: usize = 50;
/// How often it comes back from a crash by the cursor that it kept.
const BY_PLACE: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Everything right: keeps its cursor with its view, and has backups.
    Right,
    /// Keeps no cursor, and has no backups.
    Plain,
    /// A control: acknowledges before it has kept.
    AcknowledgesFirst,
    /// A control: goes on without a cursor when its backup was put back.
    ForgetsPlace,
}

/// A cursor, and under what it was told.
#[derive(Debug, Clone)]
pub struct KeptPlace {
    pub cursor: String,
    /// Of the bus: which start, and how often its folder had been put back.
    pub start: u64,
    pub life: u64,
    /// How often somebody had told the server to start over.
    pub restarts: u64,
    /// How often the server had come back with a place that did not fit any more.
    pub offers: u64,
    /// It was refused once, and so it may be for ever.
    pub refused: bool,
}

impl KeptPlace {
    /// Without the cursor, for whoever reads of it.
    pub fn facts(&self) -> String {
        let Self {
            start,
            life,
            restarts,
            offers,
            ..
        } = self;
        format!("start {start}, life {life}, restarts {restarts}, offers {offers}")
    }

    pub fn at(self, cursor: String) -> KeptPlace {
        KeptPlace { cursor, ..self }
    }
}

/// A view, and the place behind it; they are kept together.
#[derive(Debug, Clone, Default)]
struct KeptView {
    view: View,
    place: Option<KeptPlace>,
}

pub struct ServerMemory {
    habit: Habit,
    pub view: View,
    /// Behind what the view holds; `None`: it reads without a cursor.
    pub place: Option<KeptPlace>,
    kept: KeptView,
    /// The copy of its disk.
    backup: Option<KeptView>,
    /// It may hold less than it has acknowledged: it goes on by its cursor and not without one.
    by_place: bool,
    /// How often the folder of the bus was put back, as far as it knows.
    life: u64,
    /// The life in which its cursor was refused last.
    refused_in: u64,
    /// How often it came back with a place that may not fit any more. The bus then tells it everything anew, and places
    /// from before do not fit, whether or not it lived to answer.
    pub offers: u64,
}

impl ServerMemory {
    pub fn new(habit: Habit) -> ServerMemory {
        ServerMemory {
            habit,
            view: View::default(),
            place: None,
            kept: KeptView::default(),
            backup: None,
            by_place: false,
            life: 0,
            refused_in: 0,
            offers: 0,
        }
    }

    pub fn has_backup(&self) -> bool {
        self.backup.is_some()
    }

    pub fn keep(&mut self, dice: &mut Dice) {
        self.kept = KeptView {
            view: self.view.clone(),
            place: self.place.clone(),
        };
        let again = self.habit == Habit::Right && dice.per_mille(BACKUPS);
        if self.place.is_some() && (again || self.backup.is_none()) {
            self.backup = Some(self.kept.clone());
        }
    }

    /// What was only worked in is lost. True where its disk is not what it was, either.
    pub fn crash(&mut self, dice: &mut Dice) -> bool {
        let is_right = self.habit == Habit::Right;
        if is_right && self.has_backup() && dice.per_mille(PUT_BACK) {
            self.put_backup_back();
            return true;
        }
        let by_place = self.by_place || (is_right && dice.per_mille(BY_PLACE));
        self.goes_on(by_place);
        false
    }

    /// What it has is what it had when the backup was made, on its disk and in its memory.
    pub fn put_backup_back(&mut self) {
        if let Some(backup) = self.backup.clone() {
            self.kept = backup;
            self.by_place = self.habit == Habit::Right;
        }
        self.goes_on(self.by_place);
    }

    fn goes_on(&mut self, by_place: bool) {
        self.view = self.kept.view.clone();
        self.place = self.kept.place.clone().filter(|_| by_place);
    }

    /// True where the folder of the bus was put back since: what it told is not what it knows. A cursor shows it.
    pub fn meets(&mut self, life: u64) -> bool {
        if life == self.life {
            return false;
        }
        self.life = life;
        if self.habit == Habit::Right {
            self.by_place = true;
            self.place = self.place.take().or_else(|| self.kept.place.clone());
        }
        true
    }

    /// It is about to come back with its place.
    pub fn offers_place(&mut self, restarts: Restarts) {
        let outdated = self
            .place
            .as_ref()
            .is_some_and(|place| self.is_outdated(place, restarts));
        self.offers += u64::from(outdated);
    }

    /// Whether it is in order that its place is refused. A read without one waits behind the place that the bus begins
    /// with, so what happens meanwhile refuses that one: `next` bears when the request was made.
    pub fn may_be_refused(&self, restarts: Restarts, next: &KeptPlace) -> bool {
        self.is_outdated(self.place.as_ref().unwrap_or(next), restarts)
    }

    fn is_outdated(&self, place: &KeptPlace, restarts: Restarts) -> bool {
        let was_told = place.refused || self.offers > place.offers;
        let is_told = restarts.under_way || restarts.count > place.restarts;
        was_told || is_told || self.life > place.life.min(self.refused_in)
    }

    /// It does as the 410 advises: what it holds stays, and it reads without a cursor.
    pub fn is_refused(&mut self) {
        self.refused_in = self.life;
        let refused = |place: KeptPlace| KeptPlace { refused: true, ..place };
        self.kept = KeptView {
            view: self.view.clone(),
            place: self.place.take().map(refused),
        };
        self.by_place = false;
    }
}
