//! Dates compare as dates, whichever way they are written: a field that holds one, `now`, `timestamp("…")`, and plain text
//! (`"2026-11"` is its first moment) may stand on either side. Done once, in the tree: a field that is compared with a
//! moment becomes a variable that is one, and text beside it becomes a moment. Elsewhere a field stays the text that it is,
//! so `startsWith` and `matches` go on.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use super::error::ConditionError;
use super::vocabulary::ConditionVocabulary;
use crate::model::parse_time;

/// Before the name of a field that is asked for as a moment; no condition can spell it.
const AS_MOMENT: &str = "@date:";
/// What `now` becomes.
pub const NOW: &str = "@now";

pub(super) const COMPARED: [&str; 6] = [
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::GREATER,
    operators::LESS_EQUALS,
    operators::LESS,
];

/// The field that is asked for as a moment by this variable.
pub fn date_field_name(variable: &str) -> Option<&str> {
    variable.strip_prefix(AS_MOMENT)
}

/// Looks at one call, before its parts are looked at.
pub(super) fn rewrite_dates(call: &mut CallExpr, vocabulary: &ConditionVocabulary<'_>) -> Result<(), ConditionError> {
    if let Some(target) = &mut call.target
        && call.func_name.starts_with("get")
        && is_date_field(target, vocabulary)
    {
        mark_as_date(target);
    }
    let name = call.func_name.clone();
    let [left, right] = call.args.as_mut_slice() else {
        return Ok(());
    };
    let is_compared = COMPARED.contains(&name.as_str());
    if !is_compared && name != operators::SUBSTRACT && name != operators::ADD {
        return Ok(());
    }
    convert_operand(left, right, is_compared, vocabulary)?;
    convert_operand(right, left, is_compared, vocabulary)
}

/// One side, as the other one asks for.
fn convert_operand(
    one: &mut IdedExpr,
    other: &mut IdedExpr,
    is_compared: bool,
    vocabulary: &ConditionVocabulary<'_>,
) -> Result<(), ConditionError> {
    let is_date = is_date_field(one, vocabulary) || is_date_variable(one) || is_date_expression(one, vocabulary);
    if is_date
        && is_compared
        && let Expr::Literal(LiteralValue::String(text)) = &other.expr
    {
        let moment = expand_date(text.inner())?;
        other.expr = Expr::Call(CallExpr {
            func_name: "timestamp".to_owned(),
            target: None,
            args: vec![IdedExpr {
                id: other.id,
                expr: Expr::Literal(LiteralValue::String(moment.into())),
            }],
        });
    }
    let compared_with_text = matches!(other.expr, Expr::Literal(LiteralValue::String(_)));
    let meets_moment =
        is_date_expression(other, vocabulary) || is_date_field(other, vocabulary) || is_date_variable(other);
    let lifted = if is_compared { meets_moment } else { !compared_with_text };
    if is_date_field(one, vocabulary) && lifted {
        mark_as_date(one);
    }
    Ok(())
}

fn mark_as_date(field: &mut IdedExpr) {
    if let Expr::Ident(name) = &mut field.expr {
        *name = format!("{AS_MOMENT}{name}");
    }
}

fn is_date_field(expression: &IdedExpr, vocabulary: &ConditionVocabulary<'_>) -> bool {
    matches!(&expression.expr, Expr::Ident(name) if (vocabulary.is_date)(name))
}

fn is_date_variable(expression: &IdedExpr) -> bool {
    matches!(&expression.expr, Expr::Ident(name) if date_field_name(name).is_some())
}

/// `now`, `timestamp(…)`, and either with a duration added or taken off.
fn is_date_expression(expression: &IdedExpr, vocabulary: &ConditionVocabulary<'_>) -> bool {
    // Down one side: sums stand to the left.
    let mut at = expression;
    loop {
        match &at.expr {
            Expr::Ident(name) => return name == "now" || name == NOW,
            Expr::Call(call) if call.func_name == "timestamp" => return true,
            Expr::Call(call) if [operators::ADD, operators::SUBSTRACT].contains(&call.func_name.as_str()) => {
                match call.args.as_slice() {
                    [left, _] if is_date_field(left, vocabulary) || is_date_variable(left) => return true,
                    [left, _] => at = left,
                    _ => return false,
                }
            }
            _ => return false,
        }
    }
}

/// The first moment of what is written: a year, a month, a day, a minute, or all of it.
pub(super) fn expand_date(text: &str) -> Result<String, ConditionError> {
    const REST: &str = "0000-01-01T00:00:00Z";
    let whole = match REST.get(text.len()..) {
        Some(rest) if matches!(text.len(), 4 | 7 | 10 | 16 | 19) => format!("{text}{rest}"),
        _ => text.to_owned(),
    };
    match parse_time(&whole) {
        Some(time) => Ok(time.to_rfc3339()),
        None => Err(ConditionError::NoDate {
            given: text.chars().take(80).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::expand_date;

    #[test]
    fn mi_5_text_is_the_first_moment_that_it_names() {
        for (text, at) in [
            ("2026", "2026-01-01T00:00:00+00:00"),
            ("2026-11", "2026-11-01T00:00:00+00:00"),
            ("2026-11-28", "2026-11-28T00:00:00+00:00"),
            ("2026-11-28T07:05", "2026-11-28T07:05:00+00:00"),
            ("2026-11-28T07:05:09", "2026-11-28T07:05:09+00:00"),
            ("2026-11-28T07:05:09Z", "2026-11-28T07:05:09+00:00"),
            ("2026-11-28T07:05:09+02:00", "2026-11-28T05:05:09+00:00"),
        ] {
            assert_eq!(expand_date(text).as_deref(), Ok(at), "{text}");
        }
        for bad in ["", "soon", "2026-13", "2026-02-30", "28.11.2026", "2026-11-28 07"] {
            assert!(expand_date(bad).is_err(), "{bad}");
        }
    }
}
