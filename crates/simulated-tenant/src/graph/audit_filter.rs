//! `$filter` of audits: comparisons joined by `and`, of the properties that tools are known to ask for.

use uuid::Uuid;

use super::audits::Audit;
use super::device::plain_guid;
use crate::world::Ticks;

#[derive(Debug, Default, PartialEq)]
pub(super) struct AuditFilter(Vec<Term>);

#[derive(Debug, PartialEq)]
enum Term {
    Device(Uuid),
    Action(String),
    State(String),
    Requested(Compare, Ticks),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Compare {
    Eq,
    Lt,
    Le,
    Gt,
    Ge,
}

impl AuditFilter {
    pub(super) fn parse(text: &str) -> Result<AuditFilter, String> {
        let terms = text.split(" and ").map(|term| {
            let mut words = term.trim().trim_matches(['(', ')']).splitn(3, ' ');
            let (Some(name), Some(how), Some(value)) = (words.next(), words.next(), words.next()) else {
                return Err(format!("Invalid filter clause: {term}"));
            };
            read_term(name, how, value.trim()).ok_or_else(|| format!("Invalid filter clause: {term}"))
        });
        terms.collect::<Result<_, _>>().map(AuditFilter)
    }

    /// The one device it asks for.
    pub(super) fn device(&self) -> Option<Uuid> {
        self.0.iter().find_map(|term| match term {
            Term::Device(id) => Some(*id),
            _ => None,
        })
    }

    pub(super) fn fits(&self, audit: &Audit<'_>) -> bool {
        self.0.iter().all(|term| match term {
            Term::Device(id) => audit.task.device_id == *id,
            Term::Action(action) => audit.action.eq_ignore_ascii_case(action),
            Term::State(state) => audit.task.state.name().eq_ignore_ascii_case(state),
            Term::Requested(how, at) => match how {
                Compare::Eq => audit.task.started == *at,
                Compare::Lt => audit.task.started < *at,
                Compare::Le => audit.task.started <= *at,
                Compare::Gt => audit.task.started > *at,
                Compare::Ge => audit.task.started >= *at,
            },
        })
    }
}

fn read_term(name: &str, how: &str, value: &str) -> Option<Term> {
    let how = match how {
        "eq" => Compare::Eq,
        "lt" => Compare::Lt,
        "le" => Compare::Le,
        "gt" => Compare::Gt,
        "ge" => Compare::Ge,
        _ => return None,
    };
    if name == "requestDateTime" {
        return Some(Term::Requested(how, Ticks::parse(value)?));
    }
    let text = value.strip_prefix('\'')?.strip_suffix('\'')?.to_owned();
    match name {
        _ if how != Compare::Eq => None,
        "managedDeviceId" => Some(Term::Device(plain_guid(&text)?)),
        "action" => Some(Term::Action(text)),
        "actionState" => Some(Term::State(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_ask_is_understood_and_the_rest_refused() {
        let filter = AuditFilter::parse(
            "managedDeviceId eq '5515d4ef-2551-456f-a975-e772ffefe6a0' and action eq 'factoryReset' and \
             requestDateTime ge 2026-11-20T10:00:00Z",
        )
        .unwrap();
        assert_eq!(filter.0.len(), 3);
        assert!(filter.device().is_some());
        for wrong in [
            "",
            "action",
            "action gt 'x'",
            "action eq x",
            "requestDateTime gt 'x'",
            "userName eq 'x'",
        ] {
            assert!(AuditFilter::parse(wrong).is_err(), "{wrong}");
        }
    }
}
