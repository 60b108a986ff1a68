//! Limits and approvals as fields of a form: what holds, what was typed, what of it is sent.

use sics_client::contract::{GuardBody, GuardView};

use crate::form::FormFields;

/// Most that Intune accepts from a tenant in a day.
const DESTRUCTIVE_MAX: u64 = 500;
/// Most devices that a job can match.
const DISRUPTIVE_MAX: u64 = 500_000;

/// What a field is about; each group has a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitGroup {
    Destructive,
    Approval,
    Disruptive,
    Emergency,
}

impl LimitGroup {
    pub(super) const ALL: [LimitGroup; 4] = [
        LimitGroup::Destructive,
        LimitGroup::Approval,
        LimitGroup::Disruptive,
        LimitGroup::Emergency,
    ];

    /// End of the keys of its texts.
    pub(super) fn name(self) -> &'static str {
        match self {
            LimitGroup::Destructive => "destructive",
            LimitGroup::Approval => "approval",
            LimitGroup::Disruptive => "disruptive",
            LimitGroup::Emergency => "emergency",
        }
    }
}

/// Where a value stands in what is shown, and in what is sent.
pub(super) enum LimitAccess {
    Number {
        max: u64,
        read: fn(&GuardView) -> u64,
        slot: fn(&mut GuardBody) -> &mut Option<u64>,
    },
    Flag {
        read: fn(&GuardView) -> bool,
        slot: fn(&mut GuardBody) -> &mut Option<bool>,
    },
}

/// A limit, or a rule of approvals.
pub(super) struct LimitField {
    /// As the API names it in problems and in what waits: `limits.perJob`.
    pub(super) name: &'static str,
    pub(super) group: LimitGroup,
    pub(super) access: LimitAccess,
}

macro_rules! limit_fields {
    ($($name:literal $group:ident $part:ident . $field:ident $kind:ident $(($max:expr))?;)*) => {
        pub(super) static FIELDS: &[LimitField] = &[$(LimitField {
            name: $name,
            group: LimitGroup::$group,
            access: LimitAccess::$kind {
                $(max: $max,)?
                read: |view| view.$part.$field,
                slot: |body| &mut body.$part.$field,
            },
        }),*];
    };
}

limit_fields! {
    "limits.perJob" Destructive limits.per_job Number(DESTRUCTIVE_MAX);
    "limits.perHour" Destructive limits.per_hour Number(DESTRUCTIVE_MAX);
    "limits.perDay" Destructive limits.per_day Number(DESTRUCTIVE_MAX);
    "limits.operatorPerHour" Destructive limits.operator_per_hour Number(DESTRUCTIVE_MAX);
    "limits.operatorPerDay" Destructive limits.operator_per_day Number(DESTRUCTIVE_MAX);
    "approval.needed" Approval approval.needed Flag;
    "approval.always" Approval approval.always Flag;
    "approval.above" Approval approval.above Number(DESTRUCTIVE_MAX);
    "approval.perHour" Approval approval.per_hour Number(DESTRUCTIVE_MAX);
    "approval.perDay" Approval approval.per_day Number(DESTRUCTIVE_MAX);
    "limits.disruptivePerJob" Disruptive limits.disruptive_per_job Number(DISRUPTIVE_MAX);
    "limits.disruptivePerHour" Disruptive limits.disruptive_per_hour Number(DISRUPTIVE_MAX);
    "approval.brokenGlass" Emergency approval.broken_glass Flag;
}

impl LimitField {
    /// `limits-perjob`: end of the keys of its texts.
    pub(super) fn text_key(&self) -> String {
        format!("settings-limit-{}", self.name.to_ascii_lowercase().replace('.', "-"))
    }

    /// What holds, as a form sends it.
    pub(super) fn shown_value(&self, view: &GuardView) -> String {
        match &self.access {
            LimitAccess::Number { read, .. } => read(view).to_string(),
            LimitAccess::Flag { read, .. } => write_flag(read(view)).to_owned(),
        }
    }

    /// Sets what was typed; whether it could be read.
    fn set_typed(&self, typed: &str, body: &mut GuardBody) -> bool {
        match &self.access {
            LimitAccess::Number { slot, .. } => {
                let number = typed.parse().ok();
                *slot(body) = number;
                number.is_some()
            }
            LimitAccess::Flag { slot, .. } => {
                let flag = read_flag(typed);
                *slot(body) = flag;
                flag.is_some()
            }
        }
    }

    /// Whether what was asked for holds; also where nothing was.
    fn holds(&self, body: &mut GuardBody, view: &GuardView) -> bool {
        match &self.access {
            LimitAccess::Number { slot, read, .. } => slot(body).is_none_or(|asked| asked == read(view)),
            LimitAccess::Flag { slot, read } => slot(body).is_none_or(|asked| asked == read(view)),
        }
    }
}

fn write_flag(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

fn read_flag(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// What of the form is another value than the one that was shown, so that nobody sets back what somebody else has changed
/// meanwhile; or the fields that cannot be read.
pub(super) fn read_changes(form: &FormFields) -> Result<GuardBody, Vec<&'static str>> {
    let mut body = GuardBody::default();
    let typed = FIELDS
        .iter()
        .filter(|field| form.text(field.name) != form.text(&format!("was.{}", field.name)));
    let wrong: Vec<&'static str> = typed
        .filter(|field| !field.set_typed(form.text(field.name), &mut body))
        .map(|field| field.name)
        .collect();
    if wrong.is_empty() { Ok(body) } else { Err(wrong) }
}

/// Fields above their bounds, where the API refuses one of them; else none.
pub(super) fn list_beyond_bounds(form: &FormFields, refused: &str) -> Vec<&'static str> {
    let is_beyond = |field: &&LimitField| match &field.access {
        LimitAccess::Number { max, .. } => form.text(field.name).parse::<u64>().is_ok_and(|typed| typed > *max),
        LimitAccess::Flag { .. } => false,
    };
    let beyond: Vec<&'static str> = FIELDS.iter().filter(is_beyond).map(|field| field.name).collect();
    if beyond.contains(&refused) { beyond } else { Vec::new() }
}

/// Whether everything that was asked for holds now; what does not waits for a second person.
pub(super) fn is_in_force(body: &GuardBody, view: &GuardView) -> bool {
    let mut body = body.clone();
    FIELDS.iter().all(|field| field.holds(&mut body, view))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::{FromRequest, Request};
    use http::header;
    use sics_client::contract::{ApprovalView, LimitsView};

    use super::*;
    use crate::texts::Texts;

    async fn form(text: &str) -> FormFields {
        let request = Request::builder()
            .method("POST")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(text.to_owned()))
            .unwrap();
        FormFields::from_request(request, &()).await.unwrap()
    }

    fn view() -> GuardView {
        GuardView {
            limits: LimitsView {
                per_job: 10,
                per_hour: 20,
                per_day: 50,
                operator_per_hour: 20,
                operator_per_day: 50,
                disruptive_per_job: 50,
                disruptive_per_hour: 200,
            },
            approval: ApprovalView {
                needed: true,
                always: false,
                above: 3,
                per_hour: 3,
                per_day: 10,
                broken_glass: true,
            },
            instances: Vec::new(),
            waiting: Vec::new(),
        }
    }

    #[tokio::test]
    async fn only_what_was_changed_is_sent() {
        let text = "limits.perJob=5&was.limits.perJob=10&limits.perHour=20&was.limits.perHour=20&approval.always=yes&was.approval.always=no";
        let body = read_changes(&form(text).await).unwrap();
        let sent = serde_json::to_value(&body).unwrap();
        assert_eq!(
            sent,
            serde_json::json!({"limits": {"perJob": 5}, "approval": {"always": true}})
        );
        assert_eq!(read_changes(&form("").await).unwrap(), GuardBody::default());
    }

    #[tokio::test]
    async fn what_is_no_number_is_named() {
        let text = "limits.perJob=many&was.limits.perJob=10&approval.needed=perhaps&was.approval.needed=yes";
        assert_eq!(
            read_changes(&form(text).await),
            Err(vec!["limits.perJob", "approval.needed"])
        );
    }

    #[tokio::test]
    async fn what_is_out_of_its_bounds_is_named_where_the_api_refuses_it() {
        let form = form("limits.perJob=501&limits.perHour=500&limits.disruptivePerJob=500001").await;
        assert_eq!(
            list_beyond_bounds(&form, "limits.perJob"),
            ["limits.perJob", "limits.disruptivePerJob"]
        );
        assert_eq!(
            list_beyond_bounds(&form, "limits.perHour"),
            [""; 0],
            "for another reason"
        );
    }

    #[test]
    fn what_does_not_hold_yet_waits() {
        let mut body = GuardBody::default();
        assert!(is_in_force(&body, &view()));
        body.limits.per_job = Some(10);
        body.approval.needed = Some(true);
        assert!(is_in_force(&body, &view()));
        body.limits.per_job = Some(11);
        assert!(!is_in_force(&body, &view()));
    }

    #[test]
    fn every_field_has_its_meaning() {
        let texts = Texts::default();
        for field in FIELDS {
            let key = field.text_key();
            assert!(texts.has(&key) && texts.has(&format!("{key}-help")), "{key}");
        }
        for group in LimitGroup::ALL {
            assert!(FIELDS.iter().any(|field| field.group == group));
            assert!(texts.has(&format!("settings-limits-{}", group.name())));
        }
    }
}
