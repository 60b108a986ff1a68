//! What is asked of the devices, understood: in which instances, by which filters, in which order. Wrong values are refused
//! with those that are possible.

use crate::contract::DevicesQuery;
use crate::inventory::device_index::{BodyPart, BodyQuestion, DeviceColumn, DeviceFilter};
use crate::inventory::field_reference::find_field;
use crate::inventory::{DeviceCondition, FILTER_ADVICE, UnjudgedDevices};
use crate::model::{InstanceId, InstanceName};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::list_filters::{parse_named_period, parse_text, parse_words};
use crate::sics::problem::ApiProblem;
use crate::store::{DeviceMatcher, InstanceRow};

/// What devices are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeviceSort {
    Column(DeviceColumn),
    /// Row of the table of properties.
    Field(usize),
}

pub(super) struct DeviceQuestion {
    pub instances: Vec<InstanceRow>,
    pub filter: DeviceFilter,
    pub matcher: Option<DeviceMatcher>,
    /// Text that may stand anywhere in a body.
    pub anywhere: Option<BodyPart>,
    pub sort: DeviceSort,
    pub descending: bool,
}

impl DeviceQuestion {
    pub(super) async fn parse(
        sics: &Sics,
        caller: &Caller,
        asked: &DevicesQuery,
        unjudged: &UnjudgedDevices,
    ) -> Result<DeviceQuestion, ApiProblem> {
        let instances = requested_instances(sics, caller, asked.instance.as_deref()).await?;
        let sort = parse_sort(asked.sort.as_deref())?;
        let descending = is_descending(asked)?;
        let matcher = asked.filter.as_deref();
        let matcher = matcher.map(|text| compile_filter(sics, text, unjudged)).transpose()?;
        let ids = instances.iter().map(|row| row.id).collect();
        let mut filter = parse_filter(asked, ids, sics.limits().text_chars)?;
        let is_anywhere = asked.search_all.unwrap_or(false);
        let anywhere = filter.search.take_if(|_| is_anywhere);
        Ok(DeviceQuestion {
            instances,
            filter,
            matcher,
            anywhere: anywhere.map(|text| BodyPart::new(&text)),
            sort,
            descending,
        })
    }

    /// Whether nothing but a condition tells its devices, and their order is that of the store.
    pub(super) fn is_plain(&self) -> bool {
        self.sort == DeviceSort::Column(DeviceColumn::Row) && self.filter.is_open() && self.anywhere.is_none()
    }

    /// What has to be asked of bodies; `None`: the index knows enough.
    pub(super) fn body_question(&self) -> Option<BodyQuestion> {
        let sort_field = match self.sort {
            DeviceSort::Column(_) => None,
            DeviceSort::Field(field) => Some(field),
        };
        let is_needed = sort_field.is_some() || self.matcher.is_some() || self.anywhere.is_some();
        is_needed.then(|| BodyQuestion {
            part: self.anywhere.clone(),
            matcher: self.matcher.clone(),
            sort_field,
        })
    }
}

async fn requested_instances(
    sics: &Sics,
    caller: &Caller,
    names: Option<&str>,
) -> Result<Vec<InstanceRow>, ApiProblem> {
    let Some(names) = names else {
        return sics.reachable_instances(caller).await;
    };
    let mut rows = Vec::new();
    for name in names.split(',') {
        let name: InstanceName = name
            .trim()
            .parse()
            .map_err(|error| ApiProblem::bad_request("wrongQuery", format!("invalid {error}"), "Check instance=."))?;
        rows.push(sics.find_instance(caller, &name).await?);
    }
    Ok(rows)
}

fn parse_sort(name: Option<&str>) -> Result<DeviceSort, ApiProblem> {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Ok(DeviceSort::Column(DeviceColumn::Row));
    };
    if let Some(column) = DeviceColumn::from_field(name) {
        return Ok(DeviceSort::Column(column));
    }
    find_field(name).map(DeviceSort::Field).map_err(|nearest| {
        let nearest = nearest.map(|name| format!(" Did you mean {name}?"));
        let advice = format!(
            "Possible values: deviceName, lastSyncDateTime, changedAt and every other field; list them: intune-connector \
             devices fields (GET /sics/v1/fields).{}",
            nearest.unwrap_or_default()
        );
        ApiProblem::bad_request("wrongSort", "cannot sort devices by this field", advice)
    })
}

pub(super) fn is_descending(asked: &DevicesQuery) -> Result<bool, ApiProblem> {
    match asked.order.as_deref() {
        None | Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(_) => Err(ApiProblem::bad_request(
            "wrongOrder",
            "order must be asc or desc",
            "Leave it out for asc.",
        )),
    }
}

/// A device on which the filter fails is left out of the response, and reported.
fn compile_filter(sics: &Sics, text: &str, unjudged: &UnjudgedDevices) -> Result<DeviceMatcher, ApiProblem> {
    let wrong = |detail: String| ApiProblem::bad_request("wrongFilter", detail, FILTER_ADVICE);
    let most = sics.limits().text_chars;
    if text.chars().count() > most {
        return Err(ApiProblem::bad_request(
            "wrongFilter",
            format!("the filter is longer than {most} characters"),
            format!("Shorten it to {most} characters."),
        ));
    }
    let condition = DeviceCondition::compile_asked(text, sics.now()).map_err(|error| wrong(error.to_string()))?;
    Ok(condition.into_matcher(unjudged))
}

/// `text_chars`: longest text.
fn parse_filter(
    asked: &DevicesQuery,
    instances: Vec<InstanceId>,
    text_chars: usize,
) -> Result<DeviceFilter, ApiProblem> {
    let text = |name, text: &Option<String>| parse_text(name, text.as_deref(), text_chars);
    let (checked_in_after, checked_in_before) = parse_named_period(
        ("checkedInAfter", asked.checked_in_after.as_deref()),
        ("checkedInBefore", asked.checked_in_before.as_deref()),
        "Give a begin (checkedInAfter, --checked-in-after) before the end (checkedInBefore, --checked-in-before).",
    )?;
    Ok(DeviceFilter {
        instances,
        name: text("name", &asked.name)?,
        serial: text("serial", &asked.serial)?,
        user: text("user", &asked.user)?,
        search: text("search", &asked.search)?,
        platforms: parse_words(text("platform", &asked.platform)?),
        compliance: parse_words(text("compliance", &asked.compliance)?),
        ownership: parse_words(text("ownership", &asked.ownership)?),
        checked_in_before,
        checked_in_after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(asked: DevicesQuery) -> Result<DeviceFilter, ApiProblem> {
        parse_filter(&asked, vec![InstanceId(1)], 10)
    }

    fn code(asked: DevicesQuery) -> String {
        filter(asked).expect_err("wrong").code().to_owned()
    }

    #[test]
    fn nothing_is_asked_for_by_nothing() {
        let empty = Some(String::new());
        let asked = DevicesQuery {
            name: empty.clone(),
            search: empty.clone(),
            platform: Some(" , ".to_owned()),
            checked_in_after: empty,
            ..DevicesQuery::default()
        };
        assert!(filter(asked).expect("nothing wrong").is_open());
    }

    #[test]
    fn words_and_times_are_taken_apart() {
        let asked = DevicesQuery {
            platform: Some("iOS, macOS".to_owned()),
            checked_in_before: Some("2026-11-28T12:00:00Z".to_owned()),
            ..DevicesQuery::default()
        };
        let filter = filter(asked).expect("nothing wrong");
        assert_eq!(filter.platforms, Some(vec!["iOS".to_owned(), "macOS".to_owned()]));
        assert!(filter.checked_in_before.is_some() && !filter.is_open());
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        let long = DevicesQuery {
            serial: Some("x".repeat(11)),
            ..DevicesQuery::default()
        };
        assert_eq!(code(long), "tooLong");
        let no_time = DevicesQuery {
            checked_in_after: Some("yesterday".to_owned()),
            ..DevicesQuery::default()
        };
        assert_eq!(code(no_time), "wrongTime");
        let no_period = DevicesQuery {
            checked_in_after: Some("2026-11-28T12:00:00Z".to_owned()),
            checked_in_before: Some("2026-11-01T12:00:00Z".to_owned()),
            ..DevicesQuery::default()
        };
        assert_eq!(code(no_period), "wrongPeriod");
        let Err(problem) = parse_sort(Some("devicename")) else {
            panic!("no such field")
        };
        assert_eq!(problem.code(), "wrongSort");
    }

    #[test]
    fn a_sort_is_one_of_the_index_or_any_field() {
        let sort = |name| parse_sort(name).ok();
        assert_eq!(sort(None), Some(DeviceSort::Column(DeviceColumn::Row)));
        assert_eq!(sort(Some("deviceName")), Some(DeviceSort::Column(DeviceColumn::Name)));
        assert_eq!(sort(Some("changedAt")), Some(DeviceSort::Column(DeviceColumn::Changed)));
        assert!(matches!(sort(Some("osVersion")), Some(DeviceSort::Field(_))));
        assert_eq!(sort(Some("activationLockBypassCode")), None, "never read");
    }
}
