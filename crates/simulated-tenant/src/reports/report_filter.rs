//! The filter of reports: comparisons of columns, joined by `and` or by `or`, never by both.

/// A filter that was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportFilter {
    terms: Vec<Term>,
    any: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    column: String,
    how: Comparison,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Microsoft's limit of the whole text.
const MAX_LENGTH: usize = 2000;

impl ReportFilter {
    /// The error says what was not understood.
    pub fn parse(text: &str) -> Result<ReportFilter, String> {
        if text.len() > MAX_LENGTH {
            return Err(format!("the filter has more than {MAX_LENGTH} characters"));
        }
        let words = words(text)?;
        let mut rest = words.as_slice();
        let mut filter = ReportFilter::default();
        let mut joints = Vec::new();
        while !rest.is_empty() {
            let [column, how, value, behind @ ..] = rest else {
                return Err(format!("'{}' is no comparison", rest.join(" ")));
            };
            let how = comparison(how).ok_or_else(|| format!("operator '{how}' is not supported"))?;
            filter.terms.push(Term {
                column: column.clone(),
                how,
                value: value.clone(),
            });
            rest = behind;
            if let [joint, behind @ ..] = rest {
                joints.push(joint.to_lowercase());
                rest = behind;
                if rest.is_empty() {
                    return Err("it ends too early".to_owned());
                }
            }
        }
        filter.any = joints.iter().all(|joint| joint == "or") && !joints.is_empty();
        if filter.any || joints.iter().all(|joint| joint == "and") {
            Ok(filter)
        } else {
            Err("only one of and, or joins a filter".to_owned())
        }
    }

    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(|term| term.column.as_str())
    }

    /// The one value that this column must have.
    pub fn only(&self, column: &str) -> Option<&str> {
        let mut terms = self.terms.iter();
        let found = terms.find(|term| term.column == column && term.how == Comparison::Eq);
        found.filter(|_| !self.any).map(|term| term.value.as_str())
    }

    pub(super) fn fits(&self, value_of: impl Fn(&str) -> Option<String>) -> bool {
        let mut fitting = self.terms.iter().map(|term| {
            let value = value_of(&term.column).unwrap_or_default();
            let wanted = term.value.as_str();
            match term.how {
                Comparison::Eq => value.eq_ignore_ascii_case(wanted),
                Comparison::Ne => !value.eq_ignore_ascii_case(wanted),
                Comparison::Lt => value.as_str() < wanted,
                Comparison::Le => value.as_str() <= wanted,
                Comparison::Gt => value.as_str() > wanted,
                Comparison::Ge => value.as_str() >= wanted,
            }
        });
        if self.any {
            fitting.any(|fits| fits)
        } else {
            fitting.all(|fits| fits)
        }
    }
}

fn comparison(word: &str) -> Option<Comparison> {
    Some(match word.to_lowercase().as_str() {
        "eq" => Comparison::Eq,
        "ne" => Comparison::Ne,
        "lt" => Comparison::Lt,
        "le" => Comparison::Le,
        "gt" => Comparison::Gt,
        "ge" => Comparison::Ge,
        _ => return None,
    })
}

/// Words and texts in quotes; brackets only group.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match letters.next() {
                        None => return Err("a text without its closing quote".to_owned()),
                        Some('\'') if letters.next_if_eq(&'\'').is_some() => quoted.push('\''),
                        Some('\'') => break,
                        Some(other) => quoted.push(other),
                    }
                }
                words.push(quoted);
            }
            ' ' | '(' | ')' => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            other => word.push(other),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_send_is_understood() {
        let filter = ReportFilter::parse("(ApplicationId eq 'a-1') and (DeviceName eq 'O''Brien')").unwrap();
        assert_eq!(filter.only("ApplicationId"), Some("a-1"));
        assert_eq!(filter.only("DeviceName"), Some("O'Brien"));
        let fits =
            |name: &str| filter.fits(|column| Some(if column == "DeviceName" { name } else { "A-1" }.to_owned()));
        assert!(fits("o'brien") && !fits("x"));
        let any = ReportFilter::parse("(OwnerType eq '1' or OwnerType eq '2')").unwrap();
        assert_eq!(any.only("OwnerType"), None);
        let since = ReportFilter::parse("(LastContact gt 2026-11-19T00:00:00Z)").unwrap();
        assert!(since.fits(|_| Some("2026-11-20T00:00:00Z".to_owned())));
        assert_eq!(ReportFilter::parse("").unwrap(), ReportFilter::default());
        for wrong in [
            "ApplicationId",
            "A like 'x'",
            "A eq 'x",
            "A eq 'x' and",
            "A eq '1' and B eq '2' or C eq '3'",
        ] {
            assert!(ReportFilter::parse(wrong).is_err(), "{wrong}");
        }
    }
}
