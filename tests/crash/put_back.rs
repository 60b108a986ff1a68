//! What lies on the disk is put back to an older copy while the bus is dead, or taken away.
//!
//! What a start wrote that the copy does not know is *lost*. A server that comes back with a cursor of such a start
//! proves it, and has to be refused; where a mark was left that has moved since the copy, the bus has to notice by itself.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::bus::{Bus, second_mark};
use super::control::Sabotage;
use super::disk_copy::{replace_folder, replace_store};
use super::judge::Judge;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutBack {
    /// The database alone, its marks stay.
    Database,
    /// The whole folder; the mark outside of it stays.
    Folder,
    /// The folder and the mark outside of it: nothing that stays on the machine shows it.
    Machine,
    /// The database is not there any more, its marks are.
    Missing,
}

impl PutBack {
    pub const ALL: [PutBack; 4] = [PutBack::Database, PutBack::Folder, PutBack::Machine, PutBack::Missing];

    pub fn name(self) -> &'static str {
        match self {
            PutBack::Database => "the database alone is put back",
            PutBack::Folder => "the folder is put back",
            PutBack::Machine => "folder and second mark are put back",
            PutBack::Missing => "the database is taken away",
        }
    }
}

/// What was copied, and when.
pub struct FolderCopy {
    /// The last start before it.
    start: u64,
    mark: Vec<u8>,
}

impl Bus {
    fn beside(&self, name: &str) -> PathBuf {
        self.folder.with_file_name(name)
    }

    /// Copies everything; nothing runs.
    pub fn copy(&mut self) {
        replace_folder(&self.folder, &self.beside("copy"));
        self.copy = Some(FolderCopy {
            start: self.start,
            mark: fs::read(second_mark(&self.folder)).unwrap(),
        });
    }

    /// Puts back what was copied; nothing runs. The judge learns which starts are lost.
    pub fn put_back(&mut self, what: PutBack, judge: &Judge) {
        let copied = self.copy.as_ref().expect("a copy comes first");
        let mark = second_mark(&self.folder);
        let has_moved = fs::read(&mark).unwrap() != copied.mark;
        if what == PutBack::Machine {
            fs::write(&mark, &copied.mark).unwrap();
        }
        let (copy, lost) = (self.beside("copy"), self.beside("lost"));
        let known = if what == PutBack::Missing { 0 } else { copied.start };
        replace_folder(&self.folder, &lost);
        match what {
            PutBack::Database => replace_store(Some(&copy), &self.folder),
            PutBack::Missing => replace_store(None, &self.folder),
            PutBack::Folder | PutBack::Machine => replace_folder(&copy, &self.folder),
        }
        if self.sabotage == Some(Sabotage::HidesLoss) {
            hide_loss(&lost, &self.folder);
        }
        judge.lost(known, self.start);
        self.life += 1;
        // Once by itself or by the first server, and once more where that was killed before it could write its mark.
        self.notices += 2;
        let shows = what == PutBack::Missing || (has_moved && what != PutBack::Machine);
        self.owes_notice = shows.then(|| fs::metadata(self.log()).unwrap().len() as usize);
    }
}

/// The control's mistake: a store that was put back and takes what it has lost for its own.
fn hide_loss(lost: &Path, folder: &Path) {
    let store = Connection::open(folder.join("bus.db")).unwrap();
    store
        .execute("ATTACH ?1 AS lost", [lost.join("bus.db").to_str().unwrap()])
        .unwrap();
    store
        .execute_batch(
            "INSERT OR REPLACE INTO store_start SELECT * FROM lost.store_start;
             UPDATE meta SET value = (SELECT value FROM lost.meta WHERE key = 'head') WHERE key = 'head';",
        )
        .unwrap();
}
