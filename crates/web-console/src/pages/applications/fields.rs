//! The fields of an application, as its form has them.

use http::StatusCode;
use sics_client::contract::{ApplicationBody, ApplicationView, OrderTargetKind, TenantAppView};

use crate::failure::PageFailure;
use crate::form::FormFields;
use crate::pages::orders::words::{find_word, one_line};

/// Characters of an id.
const ID_LENGTH_MAX: usize = 64;

/// What stands in the form.
#[derive(Debug, Clone, Default)]
pub(super) struct ApplicationFields {
    pub(super) id: String,
    pub(super) instance: String,
    /// Id of the app in Intune.
    pub(super) app: String,
    pub(super) app_name: String,
    pub(super) display_name: String,
    pub(super) comment: String,
    pub(super) cost: String,
    pub(super) currency: String,
    pub(super) mandatory: bool,
    pub(super) reshoppable: bool,
    pub(super) for_user: bool,
    pub(super) for_device: bool,
    /// Wire name of the mode of approval.
    pub(super) approval: String,
    /// Names of accounts, one a line.
    pub(super) approvers: String,
    pub(super) deputies: String,
    pub(super) licences: String,
    pub(super) cost_centre: String,
    pub(super) term_days: String,
    pub(super) reminder_days: String,
}

impl ApplicationFields {
    /// Of an app that is about to be linked.
    pub(super) fn of_app(instance: &str, app: &TenantAppView) -> ApplicationFields {
        ApplicationFields {
            id: suggest_id(&app.name),
            instance: instance.to_owned(),
            app: app.id.clone(),
            app_name: app.name.clone(),
            display_name: app.name.clone(),
            approval: "none".to_owned(),
            ..ApplicationFields::default()
        }
    }

    /// Of an application that is there.
    pub(super) fn of_view(view: &ApplicationView) -> ApplicationFields {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let number = |value: &Option<u32>| value.map(|number| number.to_string()).unwrap_or_default();
        ApplicationFields {
            id: view.id.clone(),
            instance: view.instance.to_string(),
            app: view.app.clone(),
            app_name: view.app_name.clone(),
            display_name: view.display_name.clone(),
            comment: text(&view.comment),
            cost: text(&view.cost),
            currency: text(&view.currency),
            mandatory: view.mandatory,
            reshoppable: view.reshoppable,
            for_user: view.targets.contains(&OrderTargetKind::User),
            for_device: view.targets.contains(&OrderTargetKind::Device),
            approval: view.approval.name().to_owned(),
            approvers: view.approvers.join("\n"),
            deputies: view.deputies.join("\n"),
            licences: number(&view.licences),
            cost_centre: text(&view.cost_centre),
            term_days: number(&view.term_days),
            reminder_days: number(&view.reminder_days),
        }
    }

    /// As they were typed.
    pub(super) fn typed(form: &FormFields) -> ApplicationFields {
        let text = |name: &str| form.text(name).to_owned();
        ApplicationFields {
            id: text("id"),
            instance: text("instance"),
            app: text("app"),
            app_name: text("app_name"),
            display_name: text("display_name"),
            comment: text("comment"),
            cost: text("cost"),
            currency: text("currency"),
            mandatory: form.is_ticked("mandatory"),
            reshoppable: form.is_ticked("reshoppable"),
            for_user: form.is_ticked("for_user"),
            for_device: form.is_ticked("for_device"),
            approval: text("approval"),
            approvers: text("approvers"),
            deputies: text("deputies"),
            licences: text("licences"),
            cost_centre: text("cost_centre"),
            term_days: text("term_days"),
            reminder_days: text("reminder_days"),
        }
    }

    /// What the API takes.
    pub(super) fn to_body(&self) -> Result<ApplicationBody, PageFailure> {
        let approval = match self.approval.as_str() {
            "" => None,
            name => Some(find_word(name).ok_or_else(|| unmet("failure-form"))?),
        };
        let user = self.for_user.then_some(OrderTargetKind::User);
        let device = self.for_device.then_some(OrderTargetKind::Device);
        Ok(ApplicationBody {
            instance: read_text(&self.instance),
            app: self.app.clone(),
            display_name: read_text(&self.display_name),
            comment: read_text(&one_line(&self.comment)),
            // With a comma, as people type it where a comma stands before the fraction.
            cost: read_text(&self.cost.replace(',', ".")),
            currency: read_text(&self.currency.to_uppercase()),
            mandatory: self.mandatory,
            reshoppable: self.reshoppable,
            targets: user.into_iter().chain(device).collect(),
            approval,
            approvers: split_names(&self.approvers),
            deputies: split_names(&self.deputies),
            licences: read_number("licences", &self.licences)?,
            cost_centre: read_text(&self.cost_centre),
            term_days: read_number("termDays", &self.term_days)?,
            reminder_days: read_number("reminderDays", &self.reminder_days)?,
        })
    }
}

fn unmet(code: &str) -> PageFailure {
    PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, code)
}

fn read_text(typed: &str) -> Option<String> {
    Some(typed.trim().to_owned()).filter(|text| !text.is_empty())
}

/// `key`: as the API names the field.
fn read_number(key: &str, typed: &str) -> Result<Option<u32>, PageFailure> {
    let number = read_text(typed).map(|text| text.parse::<u32>());
    number
        .transpose()
        .map_err(|_| unmet("applications-no-number").with_key(key))
}

/// One a line, or with commas between them.
fn split_names(typed: &str) -> Vec<String> {
    let names = typed.split(['\n', ',']).map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// An id that says what it is: `7-zip-24.08-x64`.
fn suggest_id(name: &str) -> String {
    let mut id = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_') {
            id.push(letter.to_ascii_lowercase());
        } else if !id.ends_with('-') && !id.is_empty() {
            id.push('-');
        }
    }
    id.truncate(ID_LENGTH_MAX);
    id.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use sics_client::contract::ApprovalMode;

    use super::*;
    use crate::pages::wizard::test_form::make_form;

    #[test]
    fn an_id_is_made_of_the_name_of_the_app() {
        for (name, id) in [
            ("7-Zip 24.08 (x64)", "7-zip-24.08-x64"),
            ("  VLC  ", "vlc"),
            ("Schlüssel & Söhne", "schl-ssel-s-hne"),
            ("..", ""),
            ("ソフト", ""),
        ] {
            assert_eq!(suggest_id(name), id, "{name}");
        }
        assert_eq!(suggest_id(&"a".repeat(200)).len(), ID_LENGTH_MAX);
    }

    #[test]
    fn what_is_typed_is_what_the_api_takes() {
        let form = make_form(&[
            ("id", "vlc"),
            ("app", "a-1"),
            ("display_name", "VLC"),
            ("cost", "12,50"),
            ("currency", "eur"),
            ("reshoppable", "1"),
            ("for_device", "1"),
            ("approval", "operator"),
            ("approvers", "anna\r\nben, carla\n"),
            ("licences", "10"),
        ]);
        let body = ApplicationFields::typed(&form).to_body().unwrap();
        assert_eq!((body.app.as_str(), body.instance), ("a-1", None));
        assert_eq!(
            (body.cost.as_deref(), body.currency.as_deref()),
            (Some("12.50"), Some("EUR"))
        );
        assert!(body.reshoppable && !body.mandatory);
        assert_eq!(body.targets, [OrderTargetKind::Device]);
        assert_eq!(body.approval, Some(ApprovalMode::Operator));
        assert_eq!(body.approvers, ["anna", "ben", "carla"]);
        assert_eq!((body.licences, body.term_days), (Some(10), None));
        let wrong = ApplicationFields::typed(&make_form(&[("app", "a-1"), ("licences", "ten")]));
        let failure = wrong.to_body().unwrap_err();
        assert_eq!(failure.code, "applications-no-number");
        assert!(failure.is_about("licences") && !failure.is_about("termDays"));
    }
}
