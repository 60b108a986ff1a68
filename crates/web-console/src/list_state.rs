//! The state of a list, which stands in its address alone: search, filters, sort, page, columns. So a list can be linked,
//! saved as a view, and reloaded.

use crate::link_query::LinkQuery;

/// Rows of a page where the address does not say.
pub(crate) const ROWS_DEFAULT: usize = 50;
/// Most rows of a page.
const ROWS_MAX: usize = 150;

/// What the address says of a list.
#[derive(Debug, Clone)]
pub(crate) struct ListState {
    path: String,
    query: LinkQuery,
}

impl ListState {
    /// `path`: of the page, with the base path; `query`: what stands behind `?`.
    pub(crate) fn new(path: impl Into<String>, query: &str) -> ListState {
        ListState {
            path: path.into(),
            query: LinkQuery::parse(query),
        }
    }

    /// Path of the list, for forms.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The value of a filter; empty: none.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.query.find_value(name).unwrap_or_default()
    }

    /// The same, where the API takes none for a filter that is not set.
    pub(crate) fn filter(&self, name: &str) -> Option<String> {
        self.query.find_value(name).map(str::to_owned)
    }

    /// Page number from 1.
    pub(crate) fn page(&self) -> usize {
        self.value("page").parse().unwrap_or(1).max(1)
    }

    /// Rows of a page.
    pub(crate) fn rows(&self) -> usize {
        self.value("rows").parse().unwrap_or(ROWS_DEFAULT).clamp(1, ROWS_MAX)
    }

    /// How many rows lie before this page.
    pub(crate) fn offset(&self) -> usize {
        (self.page() - 1).saturating_mul(self.rows())
    }

    /// The column by which it is sorted; empty: the list's own order.
    pub(crate) fn sort(&self) -> &str {
        self.value("sort")
    }

    pub(crate) fn is_descending(&self) -> bool {
        self.value("order") == "desc"
    }

    /// `aria-sort` of a column.
    pub(crate) fn aria_sort(&self, column: &str) -> &'static str {
        if self.sort() != column {
            "none"
        } else if self.is_descending() {
            "descending"
        } else {
            "ascending"
        }
    }

    /// The address that sorts by this column, the other way round where it is sorted by it already.
    pub(crate) fn sort_link(&self, column: &str) -> String {
        let turned = self.sort() == column && !self.is_descending();
        let query = self.query.with_value("sort", column).with_value("page", "");
        let query = query.with_value("order", if turned { "desc" } else { "" });
        format!("{}{}", self.path, query.to_text())
    }

    /// The address with one value replaced, from the first page on.
    pub(crate) fn link_with(&self, name: &str, value: &str) -> String {
        let query = self.query.with_value(name, value);
        let query = if name == "page" {
            query
        } else {
            query.with_value("page", "")
        };
        format!("{}{}", self.path, query.to_text())
    }

    /// The address of another page.
    pub(crate) fn page_link(&self, page: usize) -> String {
        self.link_with("page", &if page <= 1 { String::new() } else { page.to_string() })
    }

    /// How many pages this many rows have.
    pub(crate) fn page_count(&self, rows: u64) -> usize {
        usize::try_from(rows).unwrap_or(usize::MAX).div_ceil(self.rows()).max(1)
    }

    /// Names and values that a form has to carry along besides these of its own.
    pub(crate) fn carry_besides<'a>(&'a self, names: &'a [&'a str]) -> Vec<(&'a str, &'a str)> {
        self.query
            .list_others(names)
            .filter(|(name, _)| *name != "page")
            .collect()
    }

    /// What stands behind `?`, without the page number: what a saved view keeps.
    pub(crate) fn view_query(&self) -> String {
        self.query
            .with_value("page", "")
            .to_text()
            .trim_start_matches('?')
            .to_owned()
    }

    /// The whole query as it is, with its `?`.
    pub(crate) fn query_text(&self) -> String {
        self.query.to_text()
    }

    pub(crate) fn query(&self) -> &LinkQuery {
        &self.query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_turns_round_and_begins_at_the_first_page() {
        let list = ListState::new("/devices", "q=x&sort=name&page=3");
        assert_eq!(list.sort_link("name"), "/devices?q=x&sort=name&order=desc");
        assert_eq!(list.sort_link("user"), "/devices?q=x&sort=user");
        assert_eq!((list.aria_sort("name"), list.aria_sort("user")), ("ascending", "none"));
        assert_eq!(list.offset(), 100);
        assert_eq!(list.page_link(1), "/devices?q=x&sort=name");
        assert_eq!(list.view_query(), "q=x&sort=name");
        assert_eq!(
            (list.page_count(0), list.page_count(50), list.page_count(51)),
            (1, 1, 2)
        );
    }

    #[test]
    fn nonsense_in_an_address_is_the_default() {
        let list = ListState::new("/devices", "page=-1&rows=1000000&columns=,,");
        assert_eq!((list.page(), list.rows()), (1, ROWS_MAX));
    }
}
