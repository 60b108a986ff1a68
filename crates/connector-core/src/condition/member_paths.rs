//! Which members a condition asks of the values that it names.

use std::collections::BTreeSet;

use cel::common::ast::Expr;

use super::{ParsedCondition, list_parts};

/// Each name with the member that is asked of it, as in `found.count`. Left out is what the condition also asks whether it is
/// there (`has`), and what a loop gives a name of its own.
pub(super) fn list_member_paths(parsed: &ParsedCondition) -> Vec<[String; 2]> {
    let (mut found, mut doubted) = (Vec::new(), Vec::new());
    for pattern in &parsed.patterns {
        if let [name, member, ..] = pattern.path.as_slice() {
            found.push([name.clone(), member.clone()]);
        }
    }
    let mut made = BTreeSet::new();
    let mut pending = vec![&parsed.expression];
    while let Some(next) = pending.pop() {
        match &next.expr {
            Expr::Select(select) => {
                if let Expr::Ident(name) = &select.operand.expr {
                    let list = if select.test { &mut doubted } else { &mut found };
                    list.push([name.clone(), select.field.clone()]);
                }
            }
            Expr::Comprehension(each) => {
                made.insert(each.iter_var.as_str());
                made.extend(each.iter_var2.as_deref());
            }
            _ => {}
        }
        pending.extend(list_parts(next));
    }
    found.retain(|path| !made.contains(path[0].as_str()) && !doubted.contains(path));
    found
}
