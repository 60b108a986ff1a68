//! What attackers tried. A test bears the name of its finding (`sec_c1_…`) or of its promise (`a9_…`).

mod accounts;
mod broken_glass;
mod content;
mod entrance;
mod floods;
mod glass;
mod histories;
mod judged;
mod paths;
mod recorded;
mod refused;
mod sealed;
mod texts;
