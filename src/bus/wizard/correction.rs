//! Where an answer that was found wrong is given anew.

use super::Wizard;
use super::page_state::WizardState;

/// A page, and the fields on it that are to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectionPlace {
    pub page: usize,
    pub fields: Vec<String>,
}

impl Wizard {
    /// The page of the field; where the field is hidden, the fields whose answers would show it. `None`: nothing leads
    /// to it.
    pub fn find_correction(&self, field: &str) -> Option<CorrectionPlace> {
        let state = self.current_state();
        let mut seen = Vec::new();
        let names = self.fields_that_show(&state, field, &mut seen);
        let page = names
            .iter()
            .filter_map(|name| self.template.page_index_of(name))
            .min()?;
        let fields = self.template.pages[page].fields.iter();
        let fields: Vec<String> = fields
            .map(|field| field.name.clone())
            .filter(|name| names.contains(name))
            .collect();
        Some(CorrectionPlace { page, fields })
    }

    /// Itself where it is asked, else what its condition asks for, as far back as it takes.
    fn fields_that_show(&self, state: &WizardState, field: &str, seen: &mut Vec<String>) -> Vec<String> {
        if seen.iter().any(|known| known == field) {
            return Vec::new();
        }
        seen.push(field.to_owned());
        if state.asks_field(field) {
            return vec![field.to_owned()];
        }
        let when = self.template.find_field(field).and_then(|field| field.when.as_ref());
        let names: Vec<&str> = when.map_or_else(Vec::new, |when| when.field_names().collect());
        let hidden: Vec<&str> = names.iter().copied().filter(|name| !state.asks_field(name)).collect();
        // What is hidden itself has to be shown first.
        let next = if hidden.is_empty() { names } else { hidden };
        next.into_iter()
            .flat_map(|name| self.fields_that_show(state, name, seen))
            .collect()
    }
}
