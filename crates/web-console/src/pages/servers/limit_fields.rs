//! The limits of a management server as they are typed, and what of them is another than before.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sics_client::contract::{LimitsBody, ServerView};

use crate::form::FormFields;

/// What the form shows and gives back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TypedLimits {
    /// One range a line.
    pub(super) ranges: String,
    pub(super) all_fields: bool,
    pub(super) fields: BTreeSet<String>,
    pub(super) filter: String,
    pub(super) sends_jobs: bool,
}

impl TypedLimits {
    pub(super) fn from_view(view: &ServerView) -> TypedLimits {
        TypedLimits {
            ranges: view.ranges.join("\n"),
            all_fields: view.fields.is_none(),
            fields: view.fields.iter().flatten().cloned().collect(),
            filter: view.filter.clone().unwrap_or_default(),
            sends_jobs: view.sends_jobs,
        }
    }

    pub(super) fn from_form(form: &FormFields) -> TypedLimits {
        TypedLimits {
            ranges: form.text("ranges").to_owned(),
            all_fields: form.text("fields") != "some",
            fields: form.values("field").iter().cloned().collect(),
            filter: form.text("filter").to_owned(),
            sends_jobs: form.is_ticked("jobs"),
        }
    }

    /// The ranges, or the first line that is none.
    fn list_ranges(&self) -> Result<Vec<&str>, String> {
        let lines = self.ranges.split(['\n', ',']).map(str::trim);
        let ranges: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
        let is_range = |range: &str| serde_json::from_value::<LimitsBody>(json!({"ranges": [range]})).is_ok();
        match ranges.iter().find(|range| !is_range(range)) {
            Some(wrong) => Err((*wrong).to_owned()),
            None => Ok(ranges),
        }
    }

    /// What the API has to change; what is as before is left out, so that nobody is asked to confirm it.
    pub(super) fn changes(&self, view: &ServerView) -> Result<LimitsBody, WrongLimit> {
        let ranges = self.list_ranges().map_err(WrongLimit::Range)?;
        if !self.all_fields && self.fields.is_empty() {
            return Err(WrongLimit::NoField);
        }
        let before = TypedLimits::from_view(view);
        let mut changes = Map::new();
        if ranges != view.ranges.iter().map(String::as_str).collect::<Vec<_>>() {
            changes.insert("ranges".to_owned(), json!(ranges));
        }
        if self.all_fields != before.all_fields || (!self.all_fields && self.fields != before.fields) {
            let fields = (!self.all_fields).then_some(&self.fields);
            changes.insert("fields".to_owned(), json!(fields));
        }
        if self.filter != before.filter {
            let filter = Some(&self.filter).filter(|filter| !filter.is_empty());
            changes.insert("filter".to_owned(), json!(filter));
        }
        if self.sends_jobs != before.sends_jobs {
            changes.insert("sendsJobs".to_owned(), json!(self.sends_jobs));
        }
        serde_json::from_value(Value::Object(changes)).map_err(|_| WrongLimit::NoField)
    }
}

/// What is wrong with what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WrongLimit {
    /// This is no address range.
    Range(String),
    /// Only some fields, and none of them.
    NoField,
}

/// Whether nothing would change.
pub(super) fn is_unchanged(body: &LimitsBody) -> bool {
    body.ranges.is_none() && body.fields.is_none() && body.filter.is_none() && body.sends_jobs.is_none()
}

#[cfg(test)]
mod tests {
    use super::super::lag::tests::server;
    use super::*;

    fn limited() -> ServerView {
        ServerView {
            ranges: vec!["192.0.2.0/24".to_owned()],
            fields: Some(vec!["deviceName".to_owned(), "osVersion".to_owned()]),
            filter: Some("true".to_owned()),
            ..server(0)
        }
    }

    fn changes(typed: &TypedLimits, view: &ServerView) -> Value {
        serde_json::to_value(typed.changes(view).unwrap()).unwrap()
    }

    #[test]
    fn what_is_as_before_is_left_out() {
        for view in [server(0), limited()] {
            let body = TypedLimits::from_view(&view).changes(&view).unwrap();
            assert!(is_unchanged(&body), "{body:?}");
        }
    }

    #[test]
    fn limits_are_set_and_taken_away_one_by_one() {
        let view = limited();
        let typed = TypedLimits {
            all_fields: true,
            filter: String::new(),
            ..TypedLimits::from_view(&view)
        };
        assert_eq!(changes(&typed, &view), json!({"fields": null, "filter": null}));
        let view = server(0);
        let typed = TypedLimits {
            ranges: "192.0.2.0/24\n\n2001:db8::/32, 203.0.113.7/32".to_owned(),
            sends_jobs: true,
            ..TypedLimits::from_view(&view)
        };
        let expected = json!({"ranges": ["192.0.2.0/24", "2001:db8::/32", "203.0.113.7/32"], "sendsJobs": true});
        assert_eq!(changes(&typed, &view), expected);
    }

    #[test]
    fn what_is_no_range_is_named_and_no_field_at_all_is_refused() {
        let view = server(0);
        let typed = TypedLimits {
            ranges: "192.0.2.0/24\nthe office".to_owned(),
            ..TypedLimits::from_view(&view)
        };
        assert_eq!(
            typed.changes(&view).unwrap_err(),
            WrongLimit::Range("the office".to_owned())
        );
        let typed = TypedLimits {
            all_fields: false,
            ..TypedLimits::from_view(&view)
        };
        assert_eq!(typed.changes(&view).unwrap_err(), WrongLimit::NoField);
    }
}
