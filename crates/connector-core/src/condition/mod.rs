//! Conditions in CEL, bounded before they are used.
//!
//! *Bounds.* The `cel` crate sets none of its own, and anybody who may write a condition may write a hostile one.
//! Refused when compiled: more than [`CHARACTERS_MAX`] characters, [`NODES_MAX`] nodes (after macros are expanded),
//! [`NESTING_MAX`] levels; loops within loops; names and functions that do not exist; patterns that are no literal,
//! since `matches` is compiled once, here, and not each time it is asked.
//!
//! *Stack.* Compiling runs on a thread of its own with [`COMPILE_STACK_BYTES`], because the parser goes deep before it
//! can be stopped. Asking a compiled condition needs less than [`EVALUATION_STACK_BYTES`] (a test proves it for the
//! deepest that is accepted), so it may be done on any thread.
//!
//! *Users.* [`JsonCondition`] is asked over JSON values by name; [`JsonExpression`] gives a value of them. The inventory
//! has a form of its own over the bytes of a device, which copies nothing; it stands on [`parse_condition`] and
//! [`evaluate_expression`]. Messages name types and functions, never values.

mod bounds;
mod check;
mod dates;
mod error;
mod evaluate;
mod expression_parts;
mod json_condition;
mod json_expression;
mod json_values;
mod member_paths;
mod syntax;
mod unquoted;
mod vocabulary;
mod written_values;

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::parser::Parser;

pub use bounds::{CHARACTERS_MAX, NESTING_MAX, NODES_MAX};
pub use check::pattern_variable;
pub use dates::{NOW, date_field_name};
pub use error::ConditionError;
pub use evaluate::evaluate_expression;
pub use expression_parts::list_parts;
pub use json_condition::JsonCondition;
pub use json_expression::JsonExpression;
pub use vocabulary::{ConditionVocabulary, NameLookup, PathPattern};

/// Stack of the thread that compiles.
const COMPILE_STACK_BYTES: usize = 32 * 1024 * 1024;
/// What asking a condition needs at most, in a build without optimisation.
pub const EVALUATION_STACK_BYTES: usize = 512 * 1024;

/// A condition within the bounds.
#[derive(Debug)]
pub struct ParsedCondition {
    pub expression: IdedExpr,
    /// The names it asks for.
    pub names: BTreeSet<String>,
    /// Whether it asks for `now`.
    pub uses_now: bool,
    /// Asked for as the variables [`pattern_variable`] by their place here.
    pub patterns: Vec<PathPattern>,
}

/// Takes a condition apart, on a thread that is large enough for it.
pub fn parse_condition(source: &str, vocabulary: &ConditionVocabulary<'_>) -> Result<ParsedCondition, ConditionError> {
    if source.chars().count() > CHARACTERS_MAX {
        return Err(ConditionError::TooLong);
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("compile-condition".to_owned())
            .stack_size(COMPILE_STACK_BYTES)
            .spawn_scoped(scope, || parse_and_check(source, vocabulary))
            .map_err(|_| ConditionError::NoThread)?
            .join()
            .unwrap_or(Err(ConditionError::TooDeep))
    })
}

fn parse_and_check(source: &str, vocabulary: &ConditionVocabulary<'_>) -> Result<ParsedCondition, ConditionError> {
    check::check_bracket_depth(source)?;
    let mut expression = Parser::new()
        .max_recursion_depth(4 * NESTING_MAX as u16)
        .parse(source)
        .map_err(|errors| syntax_error(source, &errors))?;
    let found = check::check_expression(&mut expression, vocabulary)
        .map_err(|error| unquoted::widen_text(source, syntax::place_function(source, error)))?;
    Ok(ParsedCondition {
        expression,
        names: found.names,
        uses_now: found.uses_now,
        patterns: found.patterns,
    })
}

/// The first complaint of the parser. Its place is the parser's; its words are ours.
fn syntax_error(source: &str, errors: &cel::ParseErrors) -> ConditionError {
    let Some(first) = errors.errors.first() else {
        return ConditionError::from_evaluation("not a condition");
    };
    if first.msg.contains("recursion") {
        return ConditionError::TooDeep;
    }
    // Both from 1; 0 where the parser knows no place.
    let (line, column) = (first.pos.0.max(1), first.pos.1.max(1));
    ConditionError::Syntax {
        line,
        column,
        what: syntax::explain_syntax(source, line, column),
    }
}
