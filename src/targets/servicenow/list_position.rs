//! Where reading the list of all CIs stands: pure.
//!
//! A page is cut before rights are looked at, so one that is short, or empty, need not be the last: whether more follow is what
//! the `Link` header says, else the count of all, else a page that is not full. CIs come in the order of their ids; where the
//! list has become shorter meanwhile, the next page begins earlier by as much, and what was read already is passed over.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// Rows of one page.
pub(super) const PAGE_ROWS: u64 = 500;

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ListPosition {
    pub offset: u64,
    /// Id of the last CI that was read; empty: none was.
    pub last_id: String,
    /// How many rows the list had; 0: that was not told.
    pub total: u64,
}

/// What a page says of those behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct PageSigns {
    /// Of the `Link` header; `None`: there is no such header.
    pub link: Option<NextLink>,
    /// `X-Total-Count`.
    pub total: Option<u64>,
    /// Rows that came.
    pub rows: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NextLink {
    /// At this offset. Nothing else of the address is used: it would lead wherever it says.
    Offset(u64),
    Nothing,
}

/// What the header says of the page behind this one.
pub(super) fn read_link(header: &str) -> NextLink {
    let next = header.split('<').find(|part| {
        let behind = part.split_once('>').map_or("", |(_, behind)| behind);
        behind.contains("rel=\"next\"") || behind.contains("rel=next")
    });
    let address = next.and_then(|part| part.split('>').next());
    let offset = address.and_then(|address| {
        let url = Url::parse(address).ok()?;
        let mut pairs = url.query_pairs();
        let (_, offset) = pairs.find(|(name, _)| name == "sysparm_offset")?;
        offset.parse().ok()
    });
    offset.map_or(NextLink::Nothing, NextLink::Offset)
}

impl ListPosition {
    /// Where the page behind this one begins; `None`: this was the last. `last_id`: of the last row that came.
    pub(super) fn next_position(&self, signs: PageSigns, last_id: Option<&str>) -> Option<ListPosition> {
        let total = signs.total.unwrap_or(0);
        let shrunk = self.total.saturating_sub(total);
        let plain = self.offset + PAGE_ROWS;
        let next = match (signs.link, signs.total) {
            (Some(NextLink::Offset(offset)), _) if offset > self.offset => Some(offset),
            (Some(_), _) => None,
            (None, Some(total)) => (plain < total).then_some(plain),
            (None, None) => (signs.rows >= PAGE_ROWS).then_some(plain),
        }?;
        let is_known = self.total > 0 && signs.total.is_some();
        let back = if is_known { shrunk } else { 0 };
        Some(ListPosition {
            // Never further back than to where it goes on at all.
            offset: next.saturating_sub(back).max(self.offset + 1),
            last_id: last_id.unwrap_or(&self.last_id).to_owned(),
            total,
        })
    }
}

impl fmt::Display for ListPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.offset, self.total, self.last_id)
    }
}

impl FromStr for ListPosition {
    type Err = ();

    fn from_str(text: &str) -> Result<ListPosition, ()> {
        let mut parts = text.splitn(3, ':');
        let mut number = || parts.next().and_then(|part| part.parse::<u64>().ok()).ok_or(());
        let (offset, total) = (number()?, number()?);
        Ok(ListPosition {
            offset,
            total,
            last_id: parts.next().ok_or(())?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "<https://x.example/api/now/table/cmdb_ci?sysparm_fields=a,b&sysparm_offset=0>;rel=\"first\",\
        <https://evil.example/api?sysparm_offset=1000&sysparm_limit=500>;rel=\"next\",\
        <https://x.example/api/now/table/cmdb_ci?sysparm_offset=2500>;rel=\"last\"";

    fn position(offset: u64, total: u64) -> ListPosition {
        ListPosition {
            offset,
            last_id: "a".to_owned(),
            total,
        }
    }

    fn next(position: &ListPosition, link: Option<NextLink>, total: Option<u64>, rows: u64) -> Option<u64> {
        let signs = PageSigns { link, total, rows };
        position.next_position(signs, Some("b")).map(|position| position.offset)
    }

    #[test]
    fn only_the_offset_of_a_link_is_used() {
        assert_eq!(read_link(LINK), NextLink::Offset(1000));
        assert_eq!(
            read_link("<https://x.example/?sysparm_offset=0>;rel=\"first\""),
            NextLink::Nothing
        );
        assert_eq!(read_link("rubbish"), NextLink::Nothing);
    }

    #[test]
    fn an_empty_page_is_not_the_last_while_a_link_says_that_more_follows() {
        let first = ListPosition::default();
        assert_eq!(next(&first, Some(NextLink::Offset(500)), Some(900), 0), Some(500));
        assert_eq!(next(&first, Some(NextLink::Nothing), Some(900), 500), None);
        assert_eq!(next(&first, None, Some(900), 0), Some(500), "by the count");
        assert_eq!(next(&position(500, 900), None, Some(900), 400), None);
        assert_eq!(next(&first, None, None, 500), Some(500), "by a full page");
        assert_eq!(next(&first, None, None, 499), None);
    }

    #[test]
    fn a_list_that_becomes_shorter_hides_nothing_and_one_that_stands_still_ends() {
        assert_eq!(next(&position(500, 2_000), None, Some(1_990), 500), Some(990));
        assert_eq!(
            next(&position(500, 2_000), Some(NextLink::Offset(500)), Some(2_000), 0),
            None
        );
        assert_eq!(
            next(&position(500, 20_000), None, Some(1_990), 500),
            Some(501),
            "it goes on"
        );
    }

    #[test]
    fn a_place_is_kept_as_text() {
        let kept = position(500, 731);
        assert_eq!(kept.to_string().parse::<ListPosition>(), Ok(kept));
        for bad in ["", "5", "5:6", "x:1:a"] {
            assert_eq!(bad.parse::<ListPosition>(), Err(()), "{bad}");
        }
    }
}
