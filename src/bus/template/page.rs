//! Pages, and what they contain beside fields.

use super::{TemplateCondition, TemplateField};
use crate::bus::LocalizedText;
use crate::xml::XmlPosition;

/// What a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageKind {
    /// Fields, points and actions.
    Questions,
    /// All answers once more.
    Summary,
    /// Before the installation: a first run that keeps nothing.
    Preview,
    /// The installation, item by item.
    Installation,
    Finish,
}

impl PageKind {
    pub const ALL: [(&'static str, PageKind); 5] = [
        ("questions", PageKind::Questions),
        ("summary", PageKind::Summary),
        ("preview", PageKind::Preview),
        ("installation", PageKind::Installation),
        ("finish", PageKind::Finish),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }
}

#[derive(Debug, Clone)]
pub struct TemplatePage {
    pub name: String,
    pub kind: PageKind,
    pub title: LocalizedText,
    pub text: Option<LocalizedText>,
    /// The prerequisites, point by point.
    pub points: Vec<PagePoint>,
    pub when: Option<TemplateCondition>,
    /// The action that must have passed, or nothing on this page can be answered.
    pub needs: Option<String>,
    pub fields: Vec<TemplateField>,
    pub actions: Vec<PageAction>,
    pub checks: Vec<PageCheck>,
    pub at: XmlPosition,
}

#[derive(Debug, Clone)]
pub struct PagePoint {
    pub text: LocalizedText,
}

/// Something that the host does while the page is open.
#[derive(Debug, Clone)]
pub struct PageAction {
    pub name: String,
    pub label: LocalizedText,
    pub help: Option<LocalizedText>,
    /// The page can be left only when it has passed, or when somebody says that they go on anyway.
    pub is_required: bool,
    pub when: Option<TemplateCondition>,
    pub at: XmlPosition,
}

/// Something that must hold among the answers of a page.
#[derive(Debug, Clone)]
pub struct PageCheck {
    pub condition: TemplateCondition,
    /// Where a finding is shown.
    pub field: String,
    pub problem: LocalizedText,
    pub advice: LocalizedText,
}

/// One thing that is installed.
#[derive(Debug, Clone)]
pub struct TemplatePart {
    /// As in the manifest.
    pub name: String,
    pub label: LocalizedText,
    pub at: XmlPosition,
}
