//! Where reading the list of all assets stands: pure. Snipe-IT shows its assets in three lists that exclude each other:
//! those in use, the archived ones, those in the trash. Each is read by id, in pages that it cuts itself.
//!
//! A page begins with the last asset of the page before. Where that one is not at its place any more, assets before it have
//! left the list meanwhile, and something would be missed: then the page is asked for from further ahead.

use std::fmt;
use std::str::FromStr;

/// How far ahead a page is asked for when assets have left the list; doubled until it is enough.
const STEP_BACK: u64 = 50;

/// One of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AssetList {
    InUse,
    Archived,
    Trash,
}

impl AssetList {
    pub(super) const ALL: [AssetList; 3] = [AssetList::InUse, AssetList::Archived, AssetList::Trash];

    /// Its `status` in a query; the list of those in use has none.
    pub(super) fn status(self) -> Option<&'static str> {
        match self {
            AssetList::InUse => None,
            AssetList::Archived => Some("Archived"),
            AssetList::Trash => Some("Deleted"),
        }
    }

    fn following(self) -> Option<AssetList> {
        match self {
            AssetList::InUse => Some(AssetList::Archived),
            AssetList::Archived => Some(AssetList::Trash),
            AssetList::Trash => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            AssetList::InUse => "in-use",
            AssetList::Archived => "archived",
            AssetList::Trash => "trash",
        }
    }
}

/// Where the next page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListPlace {
    pub list: AssetList,
    /// Rows of this list that were read.
    pub read: u64,
    /// Id of the last of them; 0: none was read.
    pub last_id: u64,
}

/// What a page that was read means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ListStep {
    /// Its rows with a higher id than [`ListPlace::last_id`] are new; then it goes on here, or was the last.
    GoOn(Option<ListPlace>),
    /// Ask again from this offset.
    StepBack(u64),
}

impl ListPlace {
    pub(super) const START: ListPlace = ListPlace {
        list: AssetList::InUse,
        read: 0,
        last_id: 0,
    };

    /// From where the page is asked for, at first.
    pub(super) fn first_offset(self) -> u64 {
        self.read.saturating_sub(1)
    }

    /// `ids`: of the rows of the page that was asked for from `offset`. `total`: how many rows the list says it has.
    pub(super) fn judge_page(self, offset: u64, ids: &[u64], total: u64) -> ListStep {
        let is_joined = offset == 0 || ids.first().is_some_and(|first| *first <= self.last_id);
        if !is_joined {
            let ahead = self.first_offset() - offset.min(self.first_offset());
            let step = STEP_BACK.max(ahead.saturating_mul(2));
            return ListStep::StepBack(self.first_offset().saturating_sub(step));
        }
        let read = offset + ids.len() as u64;
        let is_last = ids.is_empty() || read >= total;
        if is_last {
            let next = self.list.following().map(|list| ListPlace {
                list,
                read: 0,
                last_id: 0,
            });
            return ListStep::GoOn(next);
        }
        ListStep::GoOn(Some(ListPlace {
            list: self.list,
            read,
            last_id: ids.iter().copied().max().unwrap_or(0).max(self.last_id),
        }))
    }
}

/// As it goes through the hands of whoever reads page by page.
impl fmt::Display for ListPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.list.word(), self.read, self.last_id)
    }
}

impl FromStr for ListPlace {
    type Err = ();

    fn from_str(text: &str) -> Result<ListPlace, ()> {
        let mut parts = text.split(':');
        let word = parts.next().ok_or(())?;
        let list = AssetList::ALL.into_iter().find(|list| list.word() == word).ok_or(())?;
        let mut number = || parts.next().and_then(|part| part.parse().ok()).ok_or(());
        Ok(ListPlace {
            list,
            read: number()?,
            last_id: number()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a list whose rows may change between two pages; `change` gets the number of pages that were read.
    fn read_list(mut ids: Vec<u64>, page: usize, change: impl Fn(usize, &mut Vec<u64>)) -> Vec<u64> {
        let (mut place, mut seen, mut pages) = (ListPlace::START, Vec::new(), 0);
        loop {
            let mut offset = place.first_offset();
            let next = loop {
                assert!(pages < 1_000, "it does not end");
                let from = (offset as usize).min(ids.len());
                let rows = &ids[from..(from + page).min(ids.len())];
                match place.judge_page(offset, rows, ids.len() as u64) {
                    ListStep::StepBack(earlier) => {
                        assert!(earlier < offset, "no step back from {offset} to {earlier}");
                        offset = earlier;
                        pages += 1;
                    }
                    ListStep::GoOn(next) => {
                        seen.extend(rows.iter().copied().filter(|id| *id > place.last_id));
                        break next;
                    }
                }
            };
            pages += 1;
            change(pages, &mut ids);
            match next {
                Some(next) if next.list == place.list => place = next,
                _ => return seen,
            }
        }
    }

    #[test]
    fn every_asset_is_read_once() {
        for count in [0, 1, 9, 10, 11, 19, 20, 37] {
            let ids: Vec<u64> = (1..=count).collect();
            assert_eq!(read_list(ids.clone(), 10, |_, _| ()), ids, "{count}");
        }
    }

    #[test]
    fn assets_that_leave_the_list_meanwhile_hide_no_other() {
        let ids: Vec<u64> = (1..=400).collect();
        let seen = read_list(ids.clone(), 10, |pages, ids| {
            if pages == 20 {
                ids.retain(|id| *id > 120);
            }
        });
        assert_eq!(seen, ids);
        let seen = read_list(ids, 10, |pages, ids| {
            if pages == 3 {
                ids.retain(|id| *id > 25);
            }
        });
        assert!((26..=400).all(|id| seen.contains(&id)));
    }

    #[test]
    fn assets_that_come_back_meanwhile_double_no_other() {
        let ids: Vec<u64> = (1..=100).filter(|id| id % 2 == 0).collect();
        let seen = read_list(ids.clone(), 10, |pages, ids| {
            if pages == 2 {
                *ids = (1..=100).filter(|id| id % 2 == 0 || *id < 10).collect();
            }
        });
        assert_eq!(seen, ids);
    }

    #[test]
    fn the_lists_follow_each_other() {
        let mut place = Some(ListPlace::START);
        let mut lists = Vec::new();
        while let Some(now) = place {
            lists.push(now.list.status());
            let ListStep::GoOn(next) = now.judge_page(0, &[], 0) else {
                panic!("an empty list is read at once");
            };
            place = next;
        }
        assert_eq!(lists, [None, Some("Archived"), Some("Deleted")]);
    }

    #[test]
    fn a_place_is_kept_as_text() {
        let place = ListPlace {
            list: AssetList::Archived,
            read: 500,
            last_id: 731,
        };
        assert_eq!(place.to_string().parse::<ListPlace>(), Ok(place));
        for bad in ["", "archived", "archived:x:1", "sold:1:2"] {
            assert_eq!(bad.parse::<ListPlace>(), Err(()), "{bad}");
        }
    }
}
