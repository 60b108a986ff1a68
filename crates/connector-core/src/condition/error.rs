//! What is wrong with a condition, in words for whoever wrote it.

use super::bounds::{CHARACTERS_MAX, NESTING_MAX, NODES_MAX};

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
pub(super) fn find_own_word(given: &str) -> Option<&'static str> {
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
