//! What an action does on a device, in the language of the page. The API says it in English, in clauses with `; ` between
//! them; a page of another language shows it in its own words where there is a text for every clause, and in English
//! otherwise: of what an action destroys nothing is left out.

use std::collections::BTreeMap;

use crate::page::PageContext;
use crate::pages::device::fitting::write_sentence;
use crate::pages::jobs::words::ShownSentence;
use crate::render::Markup;
use crate::texts::Language;

/// Between the clauses of an effect.
const BETWEEN: &str = "; ";

/// Texts whose English is a clause of the API, word for word.
const CLAUSES: &[&str] = &[
    "effect-erased",
    "effect-erased-files",
    "effect-erased-personal",
    "effect-erased-mac",
    "effect-erased-apple-lock",
    "effect-company-data-removed",
    "effect-zebra",
    "effect-samsung",
    "effect-leaves-intune",
    "effect-stays-in-intune",
    "effect-windows-reset-kept",
    "effect-windows-reset-erased",
    "effect-protected-wipe",
    "effect-esim",
    "effect-unlock-code",
    "effect-obliteration",
    "effect-retire-windows",
    "effect-bitlocker-suspended",
    "effect-leaves-entra",
    "effect-maybe-leaves-entra",
    "effect-work-profile-removed",
    "effect-android-settings-removed",
    "effect-management-profile-removed",
    "effect-managed-apps-removed",
    "effect-not-said",
    "effect-settings-may-stay",
    "effect-record-leaves",
    "effect-never-reported",
    "effect-fresh-start-kept",
    "effect-pc-stays",
    "effect-fresh-start-erased",
    "effect-activation-lock-lost",
    "effect-lock-not-restored",
    "effect-quick-scan",
    "effect-nothing-interrupted",
    "effect-full-scan",
    "effect-pc-slow",
    "effect-signatures",
    "effect-lost-mode-off",
    "effect-category",
    "effect-device-unchanged",
    "effect-name-in-intune",
    "effect-notes",
    "effect-owner-company",
    "effect-owner-personal",
    "effect-lost-mode-on",
    "effect-lost-mode-shows",
    "effect-position-windows",
    "effect-position-lost-mode",
    "effect-position",
    "effect-user-notified",
    "effect-kept-a-day",
    "effect-user-logged-out",
    "effect-work-lost",
    "effect-message",
    "effect-seen-not-reported",
    "effect-sound",
    "effect-restart-windows",
    "effect-restart-kiosk",
    "effect-restart",
    "effect-lock-mac",
    "effect-lock-mac-pin",
    "effect-lock-dedicated",
    "effect-lock-dedicated-open",
    "effect-lock",
    "effect-lock-open",
    "effect-shared-user-erased",
    "effect-renamed-windows",
    "effect-renamed-record",
    "effect-renamed",
    "effect-checks-in",
    "effect-script",
    "effect-passcode-removed",
    "effect-passcode-new",
    "effect-passcode-profile",
    "effect-passcode-shown",
    "effect-old-one",
    "effect-bitlocker-keys",
    "effect-old-keys",
    "effect-filevault-key",
    "effect-local-administrator",
    "effect-shut-down",
    "effect-switched-on-by-hand",
];

/// What stands before an effect that is that of another action.
const PREFIXES: [&str; 2] = ["effect-is-wiped", "effect-is-retired"];

/// Platforms as they are kept with a job.
const PLATFORMS: [&str; 14] = [
    "platform-windows",
    "platform-iosipados",
    "platform-macos",
    "platform-tvos",
    "platform-visionos",
    "platform-androidadministrator",
    "platform-androidbyod",
    "platform-androidcope",
    "platform-androidcobo",
    "platform-androidcosu",
    "platform-androidaosp",
    "platform-chromeos",
    "platform-linux",
    "platform-unknown",
];

/// The words of one page: English to its own. Empty on an English page.
pub(crate) struct EffectWords {
    clauses: BTreeMap<String, String>,
    prefixes: BTreeMap<String, String>,
    platforms: BTreeMap<String, String>,
}

impl EffectWords {
    pub(crate) fn read(ctx: &PageContext) -> EffectWords {
        let english = |key: &str| ctx.console().texts().format(Language::English, key, None);
        let pairs = |keys: &[&str]| -> BTreeMap<String, String> {
            let wanted = keys.iter().filter(|_| ctx.language() != Language::English);
            wanted.map(|key| (english(key), ctx.t(key))).collect()
        };
        EffectWords {
            clauses: pairs(CLAUSES),
            prefixes: pairs(&PREFIXES),
            platforms: pairs(&PLATFORMS),
        }
    }

    /// An effect as the page shows it.
    pub(crate) fn show_effect(&self, ctx: &PageContext, effect: &str) -> Markup {
        let shown = match self.translate(effect) {
            Some(own) => ShownSentence::own(write_sentence(&own)),
            None => ShownSentence::from_api(ctx, effect),
        };
        shown.to_markup()
    }

    /// The same where something is pending on the device: the API names that first, and the page beside it.
    pub(crate) fn show_effect_behind_pending(&self, ctx: &PageContext, effect: &str) -> Markup {
        let behind = effect.split_once(BETWEEN).map_or(effect, |(_, behind)| behind);
        self.show_effect(ctx, behind)
    }

    /// `None` where a clause has no text.
    fn translate(&self, effect: &str) -> Option<String> {
        let clauses: Option<Vec<String>> = effect
            .split(BETWEEN)
            .map(|clause| self.translate_clause(clause))
            .collect();
        clauses.map(|clauses| clauses.join(BETWEEN))
    }

    fn translate_clause(&self, clause: &str) -> Option<String> {
        if let Some(own) = self.clauses.get(clause) {
            return Some(own.clone());
        }
        let (prefix, rest) = clause.split_once(": ")?;
        Some(format!("{}: {}", self.prefixes.get(prefix)?, self.clauses.get(rest)?))
    }

    /// A platform as it is kept with a job, or by its name.
    pub(crate) fn show_platform(&self, ctx: &PageContext, platform: &str) -> String {
        match self.platforms.get(platform) {
            Some(own) => own.clone(),
            None => ctx.plain(ctx.word("platform-", platform)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::texts::Texts;

    fn words(clauses: &[(&str, &str)], prefixes: &[(&str, &str)]) -> EffectWords {
        let own = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(english, own)| ((*english).to_owned(), (*own).to_owned()));
            pairs.collect()
        };
        EffectWords {
            clauses: own(clauses),
            prefixes: own(prefixes),
            platforms: BTreeMap::new(),
        }
    }

    #[test]
    fn an_effect_is_told_in_other_words_only_as_a_whole() {
        let words = words(
            &[
                ("everything is erased", "alles wird gelöscht"),
                ("it leaves Intune", "es verlässt Intune"),
            ],
            &[("is WIPED", "wird GELÖSCHT")],
        );
        assert_eq!(
            words.translate("everything is erased; it leaves Intune").as_deref(),
            Some("alles wird gelöscht; es verlässt Intune")
        );
        assert_eq!(
            words
                .translate("is WIPED: everything is erased; it leaves Intune")
                .as_deref(),
            Some("wird GELÖSCHT: alles wird gelöscht; es verlässt Intune")
        );
        for other in [
            "everything is erased; and more",
            "is SOLD: everything is erased",
            "everything",
        ] {
            assert_eq!(words.translate(other), None, "{other}");
        }
    }

    /// All text of the specifications of actions, with strings that go over several lines put together.
    fn read_specifications() -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/actions/specs");
        let mut all = String::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "rs") {
                all.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
        let mut joined = String::new();
        for (place, part) in all.split("\\\n").enumerate() {
            joined.push_str(if place == 0 { part } else { part.trim_start() });
        }
        joined
    }

    #[test]
    fn every_clause_is_one_that_the_actions_say() {
        let (texts, said) = (Texts::default(), read_specifications());
        let keys = CLAUSES.iter().chain(&PREFIXES);
        let unsaid: Vec<String> = keys
            .map(|key| texts.format(Language::English, key, None))
            .filter(|clause| !said.contains(clause.as_str()))
            .collect();
        assert!(unsaid.is_empty(), "{unsaid:#?}");
    }
}
