//! The template of a product's installation: pages with fields, what they mean for settings, and what is installed. It
//! is an XML document that comes with the product, so it may be a stranger's: it is read by the hardened reader, and
//! whatever is wrong with it is told with line and column, all at once ([`Template::read`]).
//!
//! From the one model come the form of the console ([`model`]), the prompts of the command line, the answers file and
//! a JSON Schema ([`schema`]). Nothing in it runs: conditions are bounded expressions over answers, actions are names
//! that the host knows.
//!
//! The form of the document is described in `templates/README.md`.

mod field;
mod forms;
pub mod model;
mod names;
mod page;
mod read;
pub mod schema;
#[cfg(test)]
mod tests;
mod value;
mod when;

use crate::bus::Words;
use crate::xml::Finding;

pub use field::{Choice, Field, FieldKind};
pub use forms::Form;
pub use page::{Action, Check, Page, PageKind, Part, Point};
pub use value::Wrong;
pub use when::When;

/// Pages at most; a wizard with more is none.
pub const PAGES_MAX: usize = 40;
/// Fields at most, on all pages together.
pub const FIELDS_MAX: usize = 200;
/// Choices of one field at most.
pub const CHOICES_MAX: usize = 100;
/// Longest text for people, characters.
pub const WORDS_MAX: usize = 4_000;

/// What a template asks, and what comes of it.
#[derive(Debug, Clone)]
pub struct Template {
    pub title: Words,
    pub pages: Vec<Page>,
    /// What is installed, in this order; the names are the manifest's.
    pub parts: Vec<Part>,
    /// The document, for whoever wants to work with it elsewhere.
    source: String,
}

impl Template {
    /// Reads a document; every finding of it, in the order in which they stand.
    pub fn read(bytes: &[u8]) -> Result<Template, Vec<Finding>> {
        read::template(bytes)
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.pages.iter().flat_map(|page| &page.fields)
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().find(|field| field.name == name)
    }

    pub fn page_of(&self, field: &str) -> Option<usize> {
        self.pages
            .iter()
            .position(|page| page.fields.iter().any(|known| known.name == field))
    }

    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.pages.iter().flat_map(|page| &page.actions)
    }

    /// The part that gets the settings of a field.
    pub fn part_of<'a>(&'a self, field: &'a Field) -> &'a str {
        match &field.part {
            Some(part) => part,
            None => self.parts.first().map_or("", |part| &part.name),
        }
    }
}
