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

mod check;
mod dates;
mod evaluate;
mod expression_parts;
mod json_condition;
mod json_expression;
mod json_values;
mod member_paths;
mod syntax;
mod unquoted;
mod written_values;

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::parser::Parser;
use regex::Regex;

pub use check::pattern_variable;
pub use dates::{NOW, date_field_name};
pub use evaluate::evaluate_expression;
pub use expression_parts::list_parts;
pub use json_condition::JsonCondition;
pub use json_expression::JsonExpression;

/// Longest condition, in characters.
pub const CHARACTERS_MAX: usize = 1000;
/// Most nodes of its tree.
pub const NODES_MAX: usize = 100;
/// Deepest tree.
pub const NESTING_MAX: usize = 20;
/// Stack of the thread that compiles.
const COMPILE_STACK_BYTES: usize = 32 * 1024 * 1024;
/// What asking a condition needs at most, in a build without optimisation.
pub const EVALUATION_STACK_BYTES: usize = 512 * 1024;

/// Why a condition was refused, or could not be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    #[error("longer than {CHARACTERS_MAX} characters")]
    TooLong,
    #[error("more than {NODES_MAX} parts")]
    TooManyNodes,
    #[error("nested deeper than {NESTING_MAX} levels")]
    TooDeep,
    #[error("line {line}, column {column}: {what}")]
    Syntax { line: isize, column: isize, what: String },
    #[error("unknown field {given:?}{}", name_hint(.given, .nearest.as_deref()))]
    UnknownName { given: String, nearest: Option<String> },
    /// A name that nobody knows, where a text may be meant that lacks its quotes.
    #[error("{}", describe_unquoted(.given, .nearest.as_deref()))]
    UnquotedText { given: String, nearest: Option<String> },
    /// `device.model`: a name that nobody knows before one that is known.
    #[error("{given} is not known here; write {name} alone")]
    NeedlessPrefix { given: String, name: String },
    #[error("{given:?} is not a date; write \"2026-11-28\" or \"2026-11-28T07:00:00Z\"")]
    NoDate { given: String },
    #[error("{given:?} is not a length; write hours, minutes or seconds: \"90m\", or \"720h\" for 30 days")]
    NoLength { given: String },
    /// Of a text that is written out: it becomes no number, whatever the device.
    #[error("{function} never accepts the text {given:?}")]
    NeverAccepted { function: String, given: String },
    #[error("{name} is never {given:?}; did you mean {nearest:?}?")]
    NoSuchWord {
        name: String,
        given: String,
        nearest: String,
    },
    #[error(
        "now cannot be used here, because this condition is checked only when a device changes; use it to search for \
         devices (devices --filter, jobs, workflows)"
    )]
    NowMoves,
    #[error("line {line}, column {column}: unknown function {given:?}{}", function_hint(.given, .nearest.as_deref()))]
    UnknownFunction {
        line: isize,
        column: isize,
        given: String,
        nearest: Option<String>,
    },
    #[error("matches needs a field and a pattern in quotes, as in model.matches(\"^Lat\")")]
    PatternForm,
    #[error("the pattern is not valid: {what}")]
    Pattern { what: String },
    #[error("nested loops are not allowed")]
    NestedLoop,
    #[error("a condition cannot create objects")]
    ObjectLiteral,
    #[error("returns a {given}, not true or false")]
    NotBoolean { given: String },
    #[error("returns {given}, not a text, a number, a date, or true or false")]
    NotScalar { given: String },
    #[error("failed to start a thread to compile the condition")]
    NoThread,
    /// An operator or a function, and kinds of values that it never takes: no other device makes it right.
    #[error("{what}")]
    WrongKinds { what: String },
    #[error("{what}")]
    Evaluation { what: String },
}

/// Words of other languages for true and false, and those that are written differently here.
const TRUTH_WORDS: [&str; 6] = ["yes", "no", "on", "off", "true", "false"];

/// The same for nothing.
const NULL_WORDS: [&str; 2] = ["null", "nil"];

/// Functions of other languages that change a text between upper and lower case.
const CASE_FUNCTIONS: [&str; 8] = [
    "lower",
    "upper",
    "toLower",
    "toUpper",
    "toLowerCase",
    "toUpperCase",
    "lowerAscii",
    "upperAscii",
];

/// How a word is written here that other languages have.
fn find_own_word(given: &str) -> Option<&'static str> {
    let is_among = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(given));
    if is_among(&TRUTH_WORDS) {
        Some("; write true or false")
    } else if is_among(&NULL_WORDS) {
        Some("; write null")
    } else {
        None
    }
}

fn name_hint(given: &str, nearest: Option<&str>) -> String {
    find_own_word(given).map_or_else(|| nearest_hint(nearest), str::to_owned)
}

fn describe_unquoted(given: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => {
            format!("{given} is not known here; did you mean {name:?}? If it is a text, write {given:?}")
        }
        None => format!("{given} is not known here; if it is a text, write {given:?}"),
    }
}

fn function_hint(given: &str, nearest: Option<&str>) -> String {
    if CASE_FUNCTIONS.iter().any(|word| word.eq_ignore_ascii_case(given)) {
        return "; to compare whatever the case, write matches(\"(?i)^text$\")".to_owned();
    }
    match nearest {
        Some(_) => nearest_hint(nearest),
        None => {
            "; there are contains, startsWith, endsWith, matches, size, int, double, string, timestamp and duration"
                .to_owned()
        }
    }
}

fn nearest_hint(nearest: Option<&str>) -> String {
    nearest.map_or(String::new(), |name| format!("; did you mean {name:?}?"))
}

impl ConditionError {
    pub fn from_evaluation(what: impl Into<String>) -> ConditionError {
        ConditionError::Evaluation { what: what.into() }
    }
}

/// Whether a name exists; the nearest one that does, where it does not.
pub type NameLookup<'a> = dyn Fn(&str) -> Result<(), Option<String>> + Sync + 'a;

/// What a condition may name.
pub struct ConditionVocabulary<'a> {
    pub lookup_name: &'a NameLookup<'a>,
    /// Fields that hold dates.
    pub is_date: &'a (dyn Fn(&str) -> bool + Sync),
    /// Whether it is asked at one moment, so that it may ask for `now`; `None`: there is no such word.
    pub allows_now: Option<bool>,
}

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

/// `a.b.matches("…")`, taken out of the tree and compiled once.
#[derive(Debug)]
pub struct PathPattern {
    /// At least one name.
    pub path: Vec<String>,
    pub regex: Regex,
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
    if let Some(error) = unquoted::find_bare_date(source) {
        return Err(error);
    }
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
