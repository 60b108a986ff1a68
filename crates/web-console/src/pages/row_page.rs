//! Lists that the API answers as a whole: sorted and cut into pages here.

use std::cmp::Ordering;

use crate::list_state::ListState;

/// One page of a list.
pub(crate) struct RowPage<T> {
    pub(crate) rows: Vec<T>,
    /// How many passed the filter.
    pub(crate) matching: u64,
}

/// The page that the address asks for.
pub(crate) fn cut_page<T>(rows: Vec<T>, list: &ListState) -> RowPage<T> {
    let matching = rows.len() as u64;
    let rows = rows.into_iter().skip(list.offset()).take(list.rows());
    RowPage {
        rows: rows.collect(),
        matching,
    }
}

/// In the order that the address asks for; rows that are equal there stay as they are. Without a column the list keeps
/// its own order.
pub(crate) fn sort_rows<T>(rows: &mut [T], list: &ListState, compare: impl Fn(&str, &T, &T) -> Ordering) {
    if list.sort().is_empty() {
        return;
    }
    rows.sort_by(|one, other| {
        let order = compare(list.sort(), one, other);
        if list.is_descending() { order.reverse() } else { order }
    });
}

/// Whether a name has this text in it, whatever its letters' case; an empty text is in all.
pub(crate) fn contains_text(name: &str, text: &str) -> bool {
    name.to_lowercase().contains(&text.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_sorted_filtered_and_cut() {
        let list = ListState::new("/x", "sort=name&order=desc&rows=2&page=2");
        let mut rows = vec![1, 5, 3, 2];
        sort_rows(&mut rows, &list, |_, one, other| one.cmp(other));
        let page = cut_page(rows, &list);
        assert_eq!((page.rows, page.matching), (vec![2, 1], 4));
        let mut unsorted = vec![2, 1];
        sort_rows(&mut unsorted, &ListState::new("/x", ""), |_, one, other| one.cmp(other));
        assert_eq!(unsorted, [2, 1]);
        assert!(contains_text("Anna", " nn ") && contains_text("Anna", "") && contains_text("ANNA", "anna"));
        assert!(!contains_text("Anna", "otto"));
    }
}
