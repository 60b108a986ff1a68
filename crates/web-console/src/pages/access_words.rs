//! Rights and scopes in words, and the boxes of a form in which rights are ticked.

use connector_core::model::{ActionDanger, ActionKind, RIGHTS, Right, RightScope};
use http::StatusCode;

use crate::failure::PageFailure;
use crate::form::FormFields;
use crate::page::PageContext;

/// Every right there is, and every one to come.
pub(crate) const EVERYTHING: &str = "*";

/// Where rights hold, as part of a sentence.
pub(crate) fn describe_scope(ctx: &PageContext, scope: &RightScope) -> String {
    let mut parts = Vec::new();
    if let Some(instances) = &scope.instances {
        let names: Vec<&str> = instances.iter().map(|name| name.as_str()).collect();
        parts.push(ctx.t1("roles-scope-instances", "names", join_names(ctx, &names)));
    }
    if let Some(servers) = &scope.servers {
        let names: Vec<&str> = servers.iter().map(|id| id.as_str()).collect();
        parts.push(ctx.t1("roles-scope-servers", "names", join_names(ctx, &names)));
    }
    if parts.is_empty() {
        ctx.t("roles-scope-everywhere")
    } else {
        parts.join("; ")
    }
}

fn join_names(ctx: &PageContext, names: &[&str]) -> String {
    if names.is_empty() {
        ctx.t("none")
    } else {
        names.join(", ")
    }
}

/// What a right allows.
pub(crate) fn describe_right(ctx: &PageContext, right: &str) -> String {
    if right == EVERYTHING {
        return ctx.t("roles-right-everything");
    }
    match right.strip_suffix("_*") {
        Some(main) => ctx.t1("roles-right-all-of", "group", group_name(ctx, main)),
        None => ctx.word("right-", right),
    }
}

pub(crate) fn group_name(ctx: &PageContext, main: &str) -> String {
    ctx.word("right-group-", main)
}

/// Whether it includes an action by which data or access is lost.
pub(crate) fn is_destructive_right(right: &Right) -> bool {
    let mut destructive = ActionKind::ALL
        .iter()
        .filter(|action| action.danger() == ActionDanger::Destructive);
    destructive.any(|action| right.covers(action.required_right()))
}

/// A right with what it allows.
pub(crate) struct RightText {
    /// As granted: `Actions_*`.
    pub(crate) right: String,
    pub(crate) text: String,
    pub(crate) destructive: bool,
}

pub(crate) fn describe_rights(ctx: &PageContext, rights: &[Right]) -> Vec<RightText> {
    let describe = |right: &Right| RightText {
        right: right.to_string(),
        text: describe_right(ctx, right.as_str()),
        destructive: is_destructive_right(right),
    };
    rights.iter().map(describe).collect()
}

/// The boxes of all rights.
pub(crate) struct RightBoxes {
    pub(crate) everything: RightBox,
    pub(crate) groups: Vec<RightGroup>,
}

/// Those of one main right.
pub(crate) struct RightGroup {
    /// As rights begin: `Devices`.
    pub(crate) main: &'static str,
    pub(crate) name: String,
    /// Everything of the group.
    pub(crate) all: RightBox,
    pub(crate) rights: Vec<RightBox>,
}

impl RightGroup {
    /// How many of its rights are granted.
    pub(crate) fn ticked(&self) -> usize {
        if self.all.ticked {
            self.rights.len()
        } else {
            self.rights.iter().filter(|right| right.ticked).count()
        }
    }
}

pub(crate) struct RightBox {
    pub(crate) right: String,
    pub(crate) text: String,
    pub(crate) ticked: bool,
    pub(crate) destructive: bool,
}

impl RightBoxes {
    /// With these ticked.
    pub(crate) fn new(ctx: &PageContext, ticked: &[String]) -> RightBoxes {
        let make_box = |right: &str| RightBox {
            right: right.to_owned(),
            text: describe_right(ctx, right),
            ticked: ticked.iter().any(|one| one == right),
            destructive: right.parse().is_ok_and(|right| is_destructive_right(&right)),
        };
        let mut groups: Vec<RightGroup> = Vec::new();
        for main in list_main_rights() {
            let of_group = RIGHTS
                .iter()
                .map(|(name, _)| *name)
                .filter(|name| main_right(name) == main);
            groups.push(RightGroup {
                main,
                name: group_name(ctx, main),
                all: make_box(&format!("{main}_*")),
                rights: of_group.map(make_box).collect(),
            });
        }
        RightBoxes {
            everything: make_box(EVERYTHING),
            groups,
        }
    }
}

fn main_right(right: &str) -> &str {
    right.split('_').next().unwrap_or(right)
}

/// In the order of the list of rights, each once.
fn list_main_rights() -> Vec<&'static str> {
    let mut mains: Vec<&str> = Vec::new();
    for (name, _) in RIGHTS {
        let main = main_right(name);
        if !mains.contains(&main) {
            mains.push(main);
        }
    }
    mains
}

/// The rights that are ticked; those that another one includes are left out.
pub(crate) fn read_rights(form: &FormFields) -> Result<Vec<Right>, PageFailure> {
    let parsed: Result<Vec<Right>, _> = form.values("right").iter().map(|name| name.parse()).collect();
    let rights = parsed.map_err(|_| PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "roles-right-unknown"))?;
    Ok(drop_included(rights))
}

fn drop_included(rights: Vec<Right>) -> Vec<Right> {
    let is_included = |right: &Right| {
        rights
            .iter()
            .any(|other| other != right && other.covers(right.as_str()))
    };
    rights.iter().filter(|right| !is_included(right)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(names: &[&str]) -> Vec<Right> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn what_another_right_includes_is_not_sent() {
        for (ticked, sent) in [
            (
                vec!["Actions_*", "Actions_Wipe", "Jobs_Read"],
                vec!["Actions_*", "Jobs_Read"],
            ),
            (vec!["*", "Actions_*", "Jobs_Read"], vec!["*"]),
            (vec!["Jobs_Read"], vec!["Jobs_Read"]),
            (vec![], vec![]),
        ] {
            assert_eq!(drop_included(rights(&ticked)), rights(&sent), "{ticked:?}");
        }
    }

    #[test]
    fn rights_by_which_data_is_lost_are_told_apart() {
        for (right, destructive) in [
            ("*", true),
            ("Actions_*", true),
            ("Actions_Wipe", true),
            ("Actions_Sync", false),
            ("Jobs_*", false),
        ] {
            assert_eq!(is_destructive_right(&right.parse().unwrap()), destructive, "{right}");
        }
    }

    #[test]
    fn every_right_stands_in_one_group() {
        let mains = list_main_rights();
        assert!(mains.len() > 10);
        for main in &mains {
            assert_eq!(mains.iter().filter(|other| *other == main).count(), 1, "{main}");
        }
    }

    /// Every right and every group has a text in both files (the comparison of the languages finds one that is in one only).
    #[test]
    fn every_right_has_words() {
        let texts = include_str!("../../locale/en/roles.ftl");
        let has = |key: &str| texts.lines().any(|line| line.starts_with(&format!("{key} = ")));
        for (name, _) in RIGHTS {
            let key = format!("right-{}", name.to_ascii_lowercase().replace('_', "-"));
            assert!(has(&key), "{key}");
        }
        for main in list_main_rights() {
            let key = format!("right-group-{}", main.to_ascii_lowercase());
            assert!(has(&key), "{key}");
        }
    }
}
