//! The template of a product's wizard as the API tells it in one language. It is all that a wizard is drawn from: a second
//! product's wizard is another document, and no line of code.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What is asked, page by page, and what is installed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct WizardTemplate {
    pub(super) title: String,
    pub(super) pages: Vec<TemplatePage>,
    pub(super) parts: Vec<TemplatePart>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct TemplatePage {
    pub(super) name: String,
    /// `questions`, `summary`, `preview`, `installation` or `finish`.
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) points: Vec<String>,
    /// Under which answers it is shown.
    pub(super) when: Option<String>,
    /// The check that must have passed before anything on it can be answered.
    pub(super) needs: Option<String>,
    pub(super) fields: Vec<TemplateField>,
    pub(super) actions: Vec<PageAction>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TemplateField {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) example: String,
    pub(super) required: bool,
    pub(super) default: Option<String>,
    pub(super) when: Option<String>,
    pub(super) setting: Option<String>,
    /// Its answer is never shown again.
    pub(super) secret: bool,
    /// Cannot be changed in an installation that exists.
    pub(super) fixed: bool,
    /// Is asked again when the sign-in is renewed.
    pub(super) sign_in: bool,
    /// A check that looks at the answer at once.
    pub(super) look: Option<String>,
    /// What a text has to be: `guid`, `date`, `condition` …
    pub(super) form: String,
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
    pub(super) choices: Vec<TemplateChoice>,
    pub(super) many: bool,
    pub(super) max_bytes: Option<u64>,
    pub(super) certificates: bool,
    /// Of a schedule: whether `off` and `auto` may be answered, and the field with its time zone.
    pub(super) off: bool,
    pub(super) auto: bool,
    pub(super) zone: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct TemplateChoice {
    pub(super) value: String,
    pub(super) label: String,
    /// Settings that come with it.
    pub(super) sets: BTreeMap<String, String>,
}

/// A check of a page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageAction {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) help: String,
    /// The page can be left only when it has passed, or somebody goes on without it.
    pub(super) required: bool,
    pub(super) when: Option<String>,
}

/// One thing that is installed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct TemplatePart {
    pub(super) name: String,
    pub(super) label: String,
}

impl WizardTemplate {
    pub(super) fn fields(&self) -> impl Iterator<Item = &TemplateField> {
        self.pages.iter().flat_map(|page| &page.fields)
    }

    pub(super) fn find_field(&self, name: &str) -> Option<&TemplateField> {
        self.fields().find(|field| field.name == name)
    }

    /// The page that asks for a field.
    pub(super) fn page_of_field(&self, field: &str) -> Option<&TemplatePage> {
        let has_field = |page: &&TemplatePage| page.fields.iter().any(|known| known.name == field);
        self.pages.iter().find(has_field)
    }

    /// The page of a check; of one that looks at a single answer, the page of its field.
    pub(super) fn page_of_action(&self, action: &str) -> Option<&TemplatePage> {
        let has_action = |page: &&TemplatePage| page.actions.iter().any(|known| known.name == action);
        let has_look = |page: &&TemplatePage| page.fields.iter().any(|field| field.look.as_deref() == Some(action));
        let mut pages = self.pages.iter();
        pages.find(has_action).or_else(|| self.pages.iter().find(has_look))
    }

    /// The page of this kind: `installation`, `finish`.
    pub(super) fn page_of_kind(&self, kind: &str) -> Option<&TemplatePage> {
        self.pages.iter().find(|page| page.kind == kind)
    }
}

impl TemplatePage {
    /// Whether it stands in the form: the last page is shown when everything is installed.
    pub(super) fn is_in_form(&self) -> bool {
        self.kind != "finish"
    }
}

impl TemplateField {
    /// Several ticks, or one.
    pub(super) fn is_many(&self) -> bool {
        self.kind == "choice" && self.many
    }

    pub(super) fn is_checkbox(&self) -> bool {
        self.kind == "checkbox"
    }

    pub(super) fn is_file(&self) -> bool {
        self.kind == "file"
    }

    pub(super) fn is_registration(&self) -> bool {
        self.kind == "registration"
    }

    /// The label of a choice; the value itself where there is none.
    pub(super) fn choice_label<'a>(&'a self, value: &'a str) -> &'a str {
        let known = self.choices.iter().find(|choice| choice.value == value);
        known.map_or(value, |choice| choice.label.as_str())
    }
}
