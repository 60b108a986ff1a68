//! The tree of a condition, looked at before it is used: size, depth, names, functions, patterns.
//!
//! The walk keeps its own stack, so that a deep tree is refused and not fallen over.

use std::collections::BTreeSet;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, operators};
use regex::RegexBuilder;

use super::bounds::{NESTING_MAX, NODES_MAX};
use super::dates::{NOW, date_field_name, rewrite_dates};
use super::error::ConditionError;
use super::unquoted::{check_prefix, find_text_places, mean_text};
use super::vocabulary::{ConditionVocabulary, NameLookup, PathPattern};
use super::written_values::check_written_value;
use crate::model::nearest_name;

/// Largest program of one pattern.
const PATTERN_MAX_BYTES: usize = 256 * 1024;

/// What a condition may call. Everything else would fail each time it is asked.
const FUNCTIONS: [&str; 24] = [
    "contains",
    "startsWith",
    "endsWith",
    "size",
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "timestamp",
    "duration",
    "type",
    "dyn",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfYear",
    "getDayOfWeek",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
    "bytes",
];

/// What other languages call them.
const FOREIGN_FUNCTIONS: [(&str, &str); 7] = [
    ("beginsWith", "startsWith"),
    ("hasPrefix", "startsWith"),
    ("hasSuffix", "endsWith"),
    ("includes", "contains"),
    ("len", "size"),
    ("length", "size"),
    ("regex", "matches"),
];

const OPERATORS: [&str; 18] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::SUBSTRACT,
    operators::ADD,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::GREATER_EQUALS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::LESS,
    operators::NEGATE,
    operators::INDEX,
    operators::NOT_STRICTLY_FALSE,
];

/// Names of types, which `type(x) == string` compares with.
const TYPES: [&str; 8] = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string"];

pub(super) struct CheckedReferences {
    /// The names that are known and that it asks for.
    pub names: BTreeSet<String>,
    pub uses_now: bool,
    pub patterns: Vec<PathPattern>,
}

/// Refuses brackets that go too deep before the parser follows them. Text in quotes does not count.
pub(super) fn check_bracket_depth(source: &str) -> Result<(), ConditionError> {
    let mut depth = 0usize;
    let mut quote = None;
    let mut is_escaped = false;
    for c in source.chars() {
        match (quote, c) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), '\\') => is_escaped = true,
            (Some(end), _) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        if depth > NESTING_MAX {
            return Err(ConditionError::TooDeep);
        }
    }
    Ok(())
}

/// A node still to be looked at.
struct PendingNode<'e> {
    expression: &'e mut IdedExpr,
    depth: usize,
    /// Names that the loop around it makes; at most one loop.
    scope: Vec<String>,
    /// Whether a text may be meant that lacks its quotes.
    is_value: bool,
}

pub(super) fn check_expression(
    expression: &mut IdedExpr,
    words: &ConditionVocabulary<'_>,
) -> Result<CheckedReferences, ConditionError> {
    let mut found = CheckedReferences {
        names: BTreeSet::new(),
        uses_now: false,
        patterns: Vec::new(),
    };
    let mut nodes = 0;
    let mut todo = vec![PendingNode {
        expression,
        depth: 1,
        scope: Vec::new(),
        is_value: false,
    }];
    while let Some(PendingNode {
        expression,
        depth,
        scope,
        is_value,
    }) = todo.pop()
    {
        nodes += 1;
        if nodes > NODES_MAX {
            return Err(ConditionError::TooManyNodes);
        }
        if depth > NESTING_MAX {
            return Err(ConditionError::TooDeep);
        }
        if let Expr::Call(call) = &expression.expr
            && call.func_name == "matches"
        {
            let pattern = extract_pattern(call, &scope)?;
            if let [prefix, member, ..] = pattern.path.as_slice() {
                check_prefix(prefix, member, words.lookup_name)?;
            }
            found.names.insert(name(&pattern.path[0], words.lookup_name)?);
            expression.expr = Expr::Ident(pattern_variable(found.patterns.len()));
            found.patterns.push(pattern);
            continue;
        }
        let mut children = ChildQueue {
            depth: depth + 1,
            pending: &mut todo,
            names: &mut found.names,
            uses_now: &mut found.uses_now,
            vocabulary: words,
        };
        children.push_children(&mut expression.expr, scope, is_value)?;
    }
    Ok(found)
}

/// The variable that stands for the answer of a pattern; no condition can spell it.
pub fn pattern_variable(number: usize) -> String {
    format!("@matches{number}")
}

/// Where the parts of a node go.
struct ChildQueue<'t, 'e> {
    depth: usize,
    pending: &'t mut Vec<PendingNode<'e>>,
    names: &'t mut BTreeSet<String>,
    uses_now: &'t mut bool,
    vocabulary: &'t ConditionVocabulary<'t>,
}

impl<'e> ChildQueue<'_, 'e> {
    fn push(&mut self, expression: &'e mut IdedExpr, scope: &[String]) {
        self.push_part(expression, scope, false);
    }

    fn push_part(&mut self, expression: &'e mut IdedExpr, scope: &[String], is_value: bool) {
        self.pending.push(PendingNode {
            expression,
            depth: self.depth,
            scope: scope.to_vec(),
            is_value,
        });
    }

    fn push_children(
        &mut self,
        expression: &'e mut Expr,
        scope: Vec<String>,
        is_value: bool,
    ) -> Result<(), ConditionError> {
        match expression {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(found) if found == "now" && !scope.contains(found) => match self.vocabulary.allows_now {
                Some(true) => {
                    *self.uses_now = true;
                    *found = NOW.to_owned();
                }
                Some(false) => return Err(ConditionError::NowMoves),
                None => _ = self.names.insert(name(found, self.vocabulary.lookup_name)?),
            },
            Expr::Ident(found) => {
                let found = date_field_name(found).unwrap_or(found);
                if !scope.iter().any(|made| made == found) && !TYPES.contains(&found) {
                    let looked_up = name(found, self.vocabulary.lookup_name);
                    self.names
                        .insert(looked_up.map_err(|error| if is_value { mean_text(error) } else { error })?);
                }
            }
            Expr::Call(call) => {
                check_function(call)?;
                check_written_value(call)?;
                let text_places = find_text_places(call, is_value);
                rewrite_dates(call, self.vocabulary)?;
                call.target.iter_mut().for_each(|target| self.push(target, &scope));
                for (argument, is_value) in call.args.iter_mut().zip(text_places) {
                    self.push_part(argument, &scope, is_value);
                }
            }
            Expr::Select(select) => {
                if let Expr::Ident(prefix) = &select.operand.expr
                    && !scope.contains(prefix)
                {
                    check_prefix(prefix, &select.field, self.vocabulary.lookup_name)?;
                }
                self.push_part(&mut select.operand, &scope, is_value);
            }
            Expr::List(list) => {
                for element in &mut list.elements {
                    self.push_part(element, &scope, is_value);
                }
            }
            Expr::Map(map) => {
                for entry in &mut map.entries {
                    if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                        self.push(&mut entry.key, &scope);
                        self.push(&mut entry.value, &scope);
                    }
                }
            }
            Expr::Struct(_) => return Err(ConditionError::ObjectLiteral),
            Expr::Comprehension(_) if !scope.is_empty() => return Err(ConditionError::NestedLoop),
            Expr::Comprehension(each) => {
                let mut inner = vec![each.iter_var.clone(), each.accu_var.clone()];
                inner.extend(each.iter_var2.clone());
                self.push(&mut each.iter_range, &scope);
                self.push(&mut each.accu_init, &inner);
                self.push(&mut each.loop_cond, &inner);
                self.push(&mut each.loop_step, &inner);
                self.push(&mut each.result, &inner);
            }
        }
        Ok(())
    }
}

fn check_function(call: &CallExpr) -> Result<(), ConditionError> {
    let name = call.func_name.as_str();
    if FUNCTIONS.contains(&name) || OPERATORS.contains(&name) || name == operators::IN {
        Ok(())
    } else {
        Err(ConditionError::UnknownFunction {
            line: 1,
            column: 1,
            given: name.chars().take(80).collect(),
            nearest: nearest_function(name).map(str::to_owned),
        })
    }
}

/// What is meant by a word of another language, or by one that is nearly one of these.
fn nearest_function(name: &str) -> Option<&'static str> {
    let same = FOREIGN_FUNCTIONS
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(name));
    match same {
        Some((_, ours)) => Some(*ours),
        None => nearest_name(name, FUNCTIONS.into_iter().chain(["matches"])),
    }
}

fn name(name: &str, known: &NameLookup<'_>) -> Result<String, ConditionError> {
    match known(name) {
        Ok(()) => Ok(name.to_owned()),
        Err(nearest) => Err(ConditionError::UnknownName {
            given: name.chars().take(80).collect(),
            nearest,
        }),
    }
}

/// `field.matches("…")` or `matches(field, "…")`.
fn extract_pattern(call: &CallExpr, scope: &[String]) -> Result<PathPattern, ConditionError> {
    let (field, text) = match (&call.target, call.args.as_slice()) {
        (Some(field), [text]) => (&**field, text),
        (None, [field, text]) => (field, text),
        _ => return Err(ConditionError::PatternForm),
    };
    let Expr::Literal(LiteralValue::String(text)) = &text.expr else {
        return Err(ConditionError::PatternForm);
    };
    let path = member_path(field).ok_or(ConditionError::PatternForm)?;
    if scope.contains(&path[0]) {
        return Err(ConditionError::PatternForm);
    }
    let regex = RegexBuilder::new(text.inner())
        .size_limit(PATTERN_MAX_BYTES)
        .dfa_size_limit(PATTERN_MAX_BYTES)
        .nest_limit(NESTING_MAX as u32)
        .build()
        .map_err(|error| ConditionError::Pattern {
            what: error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect(),
        })?;
    Ok(PathPattern { path, regex })
}

/// `a.b.c` as its names; a walk of its own, since this is asked before the depth is known.
fn member_path(mut expression: &IdedExpr) -> Option<Vec<String>> {
    let mut names = Vec::new();
    loop {
        match &expression.expr {
            Expr::Ident(name) => names.push(name.clone()),
            Expr::Select(select) if !select.test && names.len() < NESTING_MAX => {
                names.push(select.field.clone());
                expression = &select.operand;
                continue;
            }
            _ => return None,
        }
        names.reverse();
        return Some(names);
    }
}
