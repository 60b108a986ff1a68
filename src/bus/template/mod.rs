//! The template of a product's installation: pages with fields, what they mean for settings, and what is installed. It
//! is an XML document that comes with the product, so it is untrusted: it is read by the hardened reader, and
//! every mistake is reported with line and column, all at once ([`WizardTemplate::read`]).
//!
//! From the one model come the form of the console ([`json_model`]), the prompts of the command line, the answers file and
//! a JSON Schema ([`schema`]). Nothing in it runs: conditions are bounded expressions over answers, actions are names
//! that the host knows.
//!
//! The form of the document is described in `templates/README.md`.

mod condition;
mod field;
mod field_value;
pub mod json_model;
mod name_rules;
mod page;
mod reader;
pub mod schema;
#[cfg(test)]
mod tests;
mod text_format;

use crate::bus::LocalizedText;
use crate::xml::XmlFinding;

pub use condition::TemplateCondition;
pub use field::{ChoiceOption, FieldKind, TemplateField};
pub use field_value::AnswerProblem;
pub use page::{PageAction, PageCheck, PageKind, PagePoint, TemplatePage, TemplatePart};
pub use text_format::TextFormat;

/// Pages at most.
pub const PAGES_MAX: usize = 40;
/// Fields at most, on all pages together.
pub const FIELDS_MAX: usize = 200;
/// Choices of one field at most.
pub const CHOICES_MAX: usize = 100;
/// Longest text for people, characters.
pub const WORDS_MAX: usize = 4_000;

/// What a template asks, and what comes of it.
#[derive(Debug, Clone)]
pub struct WizardTemplate {
    pub title: LocalizedText,
    pub pages: Vec<TemplatePage>,
    /// What is installed, in this order; the names are the manifest's.
    pub parts: Vec<TemplatePart>,
    /// The document, for use elsewhere.
    source: String,
}

impl WizardTemplate {
    /// Reads a document; every finding of it, in the order in which they stand.
    pub fn read(bytes: &[u8]) -> Result<WizardTemplate, Vec<XmlFinding>> {
        reader::read_template(bytes)
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn fields(&self) -> impl Iterator<Item = &TemplateField> {
        self.pages.iter().flat_map(|page| &page.fields)
    }

    pub fn find_field(&self, name: &str) -> Option<&TemplateField> {
        self.fields().find(|field| field.name == name)
    }

    pub fn page_index_of(&self, field: &str) -> Option<usize> {
        self.pages
            .iter()
            .position(|page| page.fields.iter().any(|known| known.name == field))
    }

    /// The page of an action; of one that looks at an answer alone, the page of its field.
    pub fn page_index_of_action(&self, action: &str) -> Option<usize> {
        let has_action = |page: &TemplatePage| page.actions.iter().any(|known| known.name == action);
        let has_look = |page: &TemplatePage| {
            let mut looks = page.fields.iter().filter_map(|field| field.check_action.as_deref());
            looks.any(|look| look == action)
        };
        let mut pages = self.pages.iter();
        let own = pages.position(has_action);
        own.or_else(|| self.pages.iter().position(has_look))
    }

    pub fn actions(&self) -> impl Iterator<Item = &PageAction> {
        self.pages.iter().flat_map(|page| &page.actions)
    }

    /// The part that gets the settings of a field.
    pub fn settings_part<'a>(&'a self, field: &'a TemplateField) -> &'a str {
        match &field.part {
            Some(part) => part,
            None => self.parts.first().map_or("", |part| &part.name),
        }
    }
}
