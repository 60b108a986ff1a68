//! The part of an address behind `?`, with single values replaced: what a link of a list changes, and what it leaves.

/// A query as pairs, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LinkQuery {
    pairs: Vec<(String, String)>,
}

impl LinkQuery {
    pub(crate) fn parse(query: &str) -> LinkQuery {
        LinkQuery {
            pairs: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        }
    }

    /// The first value of this name that is not empty.
    pub(crate) fn find_value(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// All values of this name.
    pub(crate) fn list_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.pairs.iter().filter(move |(key, _)| key == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The same with one value in the place of all of this name; an empty one takes them away.
    #[must_use]
    pub(crate) fn with_value(&self, name: &str, value: &str) -> LinkQuery {
        let mut pairs: Vec<(String, String)> = self.pairs.iter().filter(|(key, _)| key != name).cloned().collect();
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        LinkQuery { pairs }
    }

    /// Everything but these names, as pairs.
    pub(crate) fn list_others<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let others = self.pairs.iter().filter(|(key, _)| !names.contains(&key.as_str()));
        others.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// `?a=b&c=d`; empty where there is nothing.
    pub(crate) fn to_text(&self) -> String {
        if self.pairs.is_empty() {
            return String::new();
        }
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&self.pairs);
        format!("?{}", text.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_replaced_and_the_others_stay() {
        let query = LinkQuery::parse("sort=name&q=a%26b&column=x&column=y");
        assert_eq!(query.find_value("q"), Some("a&b"));
        assert_eq!(query.list_values("column").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(
            query.with_value("sort", "user").to_text(),
            "?q=a%26b&column=x&column=y&sort=user"
        );
        assert_eq!(LinkQuery::parse("a=1").with_value("a", "").to_text(), "");
    }
}
