//! What is asked and what is wrong, page by page, as it follows from the answers.

use serde_json::{Map, Value};

use crate::bus::FieldFinding;

/// The current state of the whole wizard.
#[derive(Debug, Clone)]
pub struct WizardState {
    pub pages: Vec<PageState>,
    /// What conditions see: fields that are asked, secrets left out.
    pub values: Map<String, Value>,
}

#[derive(Debug, Clone, Default)]
pub struct PageState {
    pub is_shown: bool,
    /// The action that has to pass before anything can be answered here.
    pub locked_by: Option<String>,
    /// Names of the fields that are asked.
    pub asked_fields: Vec<String>,
    /// Actions that have to pass, or be gone on without, before the page can be left.
    pub required: Vec<String>,
    /// Actions that are offered.
    pub actions: Vec<String>,
    pub findings: Vec<FieldFinding>,
    /// Of an installation that is changed: what was wrong before and was not touched. It is told, and holds nobody up.
    pub warnings: Vec<FieldFinding>,
}

impl PageState {
    pub fn asks_field(&self, field: &str) -> bool {
        self.asked_fields.iter().any(|asked| asked == field)
    }
}

impl WizardState {
    /// The next page that is shown.
    pub fn next_page(&self, page: usize) -> Option<usize> {
        (page + 1..self.pages.len()).find(|at| self.pages[*at].is_shown)
    }

    pub fn previous_page(&self, page: usize) -> Option<usize> {
        (0..page).rev().find(|at| self.pages[*at].is_shown)
    }

    pub fn asks_field(&self, field: &str) -> bool {
        self.pages.iter().any(|page| page.asks_field(field))
    }

    pub fn all_findings(&self) -> impl Iterator<Item = &FieldFinding> {
        self.pages.iter().flat_map(|page| &page.findings)
    }

    pub fn all_warnings(&self) -> impl Iterator<Item = &FieldFinding> {
        self.pages.iter().flat_map(|page| &page.warnings)
    }
}
