//! Names of apps, as people write them in settings and as devices report them.
//!
//! Windows puts version, architecture and language into the name: `TeamViewer 15.2 (64-bit)`, `Mozilla Firefox (x64 de)`. So a
//! name fits the app of that name and the same with such an addition; a name with `*` is a pattern over the whole name and
//! fits whatever it says. Upper and lower case, kinds of blanks and signs such as ® make no difference. What is forbidden is
//! read more widely than what is required, so that a doubt keeps a device out: behind a version, a bracket or a dash anything
//! may follow.

/// A name of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppName {
    fragments: Vec<String>,
}

/// What a name is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppListKind {
    Forbidden,
    Required,
}

/// Words that stand behind a name and make no other app of it, besides versions and languages.
const ADDITIONS: &[&str] = &[
    "x64",
    "x86",
    "x86-64",
    "x86_64",
    "amd64",
    "arm64",
    "aarch64",
    "arm",
    "ia64",
    "i386",
    "i686",
    "win32",
    "win64",
    "32-bit",
    "64-bit",
    "32bit",
    "64bit",
    "32",
    "64",
    "bit",
    "version",
    "ver",
    "ver.",
    "release",
    "build",
    "edition",
    "update",
    "rev",
    "multilingual",
    "mui",
    "user",
    "machine-wide",
    "all",
    "users",
];

/// Languages by name, as installers write them; codes such as `de` and `pt-BR` are known by their form.
const LANGUAGES: &[&str] = &[
    "english",
    "deutsch",
    "german",
    "français",
    "francais",
    "french",
    "español",
    "espanol",
    "spanish",
    "italiano",
    "italian",
    "nederlands",
    "dutch",
    "polski",
    "polish",
    "português",
    "portugues",
    "portuguese",
    "čeština",
    "czech",
    "русский",
    "russian",
    "日本語",
    "japanese",
    "中文",
    "chinese",
    "한국어",
    "korean",
    "türkçe",
    "turkish",
    "svenska",
    "swedish",
    "dansk",
    "danish",
    "norsk",
    "norwegian",
    "suomi",
    "finnish",
    "magyar",
    "hungarian",
    "ελληνικά",
    "greek",
    "українська",
    "ukrainian",
];

impl AppName {
    pub fn new(written: &str) -> AppName {
        let name = normalise_name(written);
        AppName {
            fragments: name.split('*').map(str::to_owned).collect(),
        }
    }

    /// Whether it has a `*`; else it fits one name, with or without version, architecture and language.
    pub fn is_pattern(&self) -> bool {
        self.fragments.len() > 1
    }

    /// `app`: as [`normalise_name`] gives it.
    pub fn matches_app(&self, app: &str, sense: AppListKind) -> bool {
        match self.fragments.as_slice() {
            [name] => app
                .strip_prefix(name.as_str())
                .is_some_and(|behind| is_name_addition(behind, sense)),
            pieces => matches_pattern(pieces, app),
        }
    }
}

/// Small letters, one blank between words and none at the ends, nothing that can't be seen, no marks of ownership.
pub(crate) fn normalise_name(name: &str) -> String {
    let seen = name.chars().filter(|c| {
        !matches!(c, '®' | '™' | '©' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
            && (!c.is_control() || c.is_whitespace())
    });
    let lowered: String = seen.flat_map(char::to_lowercase).collect();
    lowered.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether what stands behind a name is nothing, or an addition to it.
fn is_name_addition(behind: &str, sense: AppListKind) -> bool {
    let Some(first) = behind.chars().next() else {
        return true;
    };
    if !matches!(first, ' ' | '(' | '[' | '-' | ',' | '_') {
        return false;
    }
    let mut words = behind
        .split([' ', '(', ')', '[', ']', ',', ';', '_', '–', '—'])
        .filter(|word| !word.is_empty() && *word != "-")
        .map(|word| word.trim_matches('-'))
        .filter(|word| !word.is_empty());
    match sense {
        AppListKind::Required => words.all(|word| is_version(word) || is_known_addition(word)),
        // `TeamViewer - Host`, `TeamViewer (Quick Support)`, `TeamViewer 15 Host`.
        AppListKind::Forbidden => {
            let begins_apart = behind.trim_start().starts_with(['(', '[', '-', '–', '—', ',']);
            begins_apart
                || words
                    .next()
                    .is_none_or(|word| is_version(word) || is_known_addition(word))
        }
    }
}

/// `15`, `15.2.1`, `v15`, `23.01-beta2`, `8u361`, `2015-2022`
fn is_version(word: &str) -> bool {
    let word = word.strip_prefix('v').unwrap_or(word);
    word.starts_with(|c: char| c.is_ascii_digit())
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
        && word.chars().filter(char::is_ascii_alphabetic).count() <= 6
}

fn is_known_addition(word: &str) -> bool {
    ADDITIONS.contains(&word) || LANGUAGES.contains(&word) || is_language_code(word)
}

/// `de`, `pt-br`, `zh-hans`, `en-us`
fn is_language_code(word: &str) -> bool {
    let mut parts = word.split('-');
    let letters =
        |part: &str, lengths: &[usize]| lengths.contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphabetic());
    let language = parts.next().is_some_and(|part| letters(part, &[2]));
    language && parts.all(|part| letters(part, &[2, 4]))
}

/// Every piece in its order: the first at the beginning, the last at the end.
fn matches_pattern(pieces: &[String], app: &str) -> bool {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return false;
    };
    let Some(mut rest) = app.strip_prefix(first.as_str()) else {
        return false;
    };
    for piece in &pieces[1..pieces.len() - 1] {
        match rest.find(piece.as_str()) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

/// What to know about names of the settings that are no patterns, a sentence; `None` where there are none.
pub fn app_name_warning(names: &[String]) -> Option<String> {
    let plain: Vec<&str> = names
        .iter()
        .filter(|name| !AppName::new(name).is_pattern())
        .map(String::as_str)
        .collect();
    let first = plain.first()?;
    Some(format!(
        "{} in forbidden_apps or required_apps: a name without * matches only the app of that name, with or without a \
         trailing version, architecture and language; write {first}* to match all apps whose name begins with it",
        plain.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(written: &str, app: &str) -> (bool, bool) {
        let name = AppName::new(written);
        let app = normalise_name(app);
        (
            name.matches_app(&app, AppListKind::Forbidden),
            name.matches_app(&app, AppListKind::Required),
        )
    }

    #[test]
    fn st_5_a_name_fits_with_version_architecture_and_language() {
        for (written, app) in [
            ("TeamViewer", "TeamViewer"),
            ("TeamViewer", "TeamViewer 15"),
            ("TeamViewer", "TeamViewer 15.2 (64-bit)"),
            ("Mozilla Firefox", "Mozilla Firefox (x64 de)"),
            ("Mozilla Firefox", "Mozilla Firefox 128.0 (x64 en-US)"),
            ("7-Zip", "7-Zip 23.01 (x64)"),
            ("7-Zip", "7-Zip 23.01 (x64 edition)"),
            ("Notepad++", "Notepad++ (64-bit x64)"),
            ("Python", "Python 3.12.1 (64-bit)"),
            ("Java", "Java 8 Update 361 (64-bit)"),
            ("Git", "Git version 2.43.0"),
            ("WinRAR", "WinRAR 6.21 (64-Bit)"),
            ("Adobe Acrobat Reader DC", "Adobe Acrobat Reader DC - Deutsch"),
            ("Microsoft 365", "Microsoft 365 - pt-br"),
            (
                "Microsoft Visual C++",
                "Microsoft Visual C++ 2015-2022 (x64) - 14.38.33130",
            ),
            ("teamviewer", "TEAMVIEWER"),
            ("Team  Viewer", "Team\u{a0}Viewer\u{202f}15"),
            (" TeamViewer ", "\u{feff}TeamViewer\u{200b} "),
            ("Intel Driver", "Intel® Driver™"),
            ("ÜBUNG", "übung 2"),
            ("App", "App v2.1-beta2"),
        ] {
            assert_eq!(fits(written, app), (true, true), "{written} | {app}");
        }
    }

    #[test]
    fn st_5_a_name_is_no_part_of_another_one() {
        for (written, app) in [
            ("TeamViewer", "TeamViewers"),
            ("TeamViewer", "My TeamViewer"),
            ("TeamViewer", "TeamViewer Host"),
            ("Zoom", "ZoomIt"),
            ("Zoom", "Zoom Outlook Plugin"),
            ("Java", "JavaScript Runtime 3"),
            ("Java", "Java2"),
            ("7-Zip", "7-Zippy"),
            ("C", "C++"),
            ("TeamViewer", ""),
        ] {
            assert_eq!(fits(written, app), (false, false), "{written} | {app}");
        }
    }

    /// What is forbidden is read more widely: a doubt keeps out, and never lets in.
    #[test]
    fn st_5_in_doubt_an_app_is_forbidden_and_does_not_count_as_the_required_one() {
        for (written, app) in [
            ("TeamViewer", "TeamViewer 15 Host"),
            ("TeamViewer", "TeamViewer (Quick Support)"),
            ("TeamViewer", "TeamViewer - Host"),
            ("Mozilla Firefox", "Mozilla Firefox (stub installer)"),
            ("Defender Agent", "Defender Agent 4 Uninstaller"),
        ] {
            assert_eq!(fits(written, app), (true, false), "{written} | {app}");
        }
    }

    #[test]
    fn st_5_a_star_stands_for_anything() {
        for (written, app, wanted) in [
            ("TeamViewer*", "TeamViewer", true),
            ("TeamViewer*", "TeamViewer Host 15", true),
            ("teamviewer*", "TEAMVIEWER\u{a0}15", true),
            ("TeamViewer*", "My TeamViewer", false),
            ("*TeamViewer*", "My TeamViewer 3", true),
            ("*viewer", "TeamViewer", true),
            ("*viewer", "TeamViewer 15", false),
            ("Team*er", "Teamer", true),
            ("Team*mer", "Teamer", false),
            ("Team*View*15", "TeamViewer Host 15", true),
            ("Team*Host*15", "TeamViewer 15 Host", false),
            ("a*b*c", "abc", true),
            ("a*b*b", "ab", false),
            ("*a*a*", "a", false),
            ("Mozilla * (x64 *)", "Mozilla Firefox (x64 de)", true),
            ("Mozilla * (x64 *)", "Mozilla Firefox (x86 de)", false),
        ] {
            assert!(AppName::new(written).is_pattern(), "{written}");
            assert_eq!(fits(written, app), (wanted, wanted), "{written} | {app}");
        }
        assert!(!AppName::new("TeamViewer").is_pattern());
    }
}
