//! The answers file: INI, for installing without a person. Lines above the first section hold for all of them; each
//! section is one installation, its name the profile's. Without sections the file is one installation.
//!
//! ```ini
//! servers = cmdb
//!
//! [Contoso]
//! tenant_id = …
//! secret_file = contoso.secret
//! ```
//!
//! It never contains a secret: `NAME_file` names a file beside it, `-` is standard input.

use crate::model::is_unprintable;

/// Longest file, bytes.
pub(crate) const BYTES_MAX: usize = 1024 * 1024;
/// Installations of one file at most.
pub(crate) const SECTIONS_MAX: usize = 500;
/// Lines with an answer at most, all sections together.
pub(crate) const LINES_MAX: usize = 20_000;

const NO_PAIR: &str = "the line is neither a comment nor key = value";

/// What is wrong with a line of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct AnswersFileFinding {
    pub line: u32,
    pub problem: String,
    pub advice: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerLine {
    pub line: u32,
    pub key: String,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswersSection {
    pub line: u32,
    /// Empty where the file has no sections.
    pub name: String,
    pub lines: Vec<AnswerLine>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnswersFile {
    /// Above the first section.
    pub common: Vec<AnswerLine>,
    pub sections: Vec<AnswersSection>,
}

impl AnswersFile {
    /// Every finding, in the order of the lines.
    pub fn read(text: &str) -> Result<AnswersFile, Vec<AnswersFileFinding>> {
        if text.len() > BYTES_MAX {
            return Err(vec![line_finding(
                1,
                format!("the file has {} bytes; at most {BYTES_MAX} are allowed", text.len()),
                "shorten or split the file",
            )]);
        }
        if let Some(what) = find_other_kind(text) {
            return Err(vec![line_finding(
                1,
                format!("this is {what}, no answers file"),
                "name a file with lines key = value; intune-connector install --print-answers writes one",
            )]);
        }
        let (mut file, mut findings) = (AnswersFile::default(), Vec::new());
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = 0;
        for (number, content) in (1u32..).zip(text.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with(['#', ';']) {
                continue;
            }
            lines += 1;
            if lines > LINES_MAX {
                findings.push(line_finding(
                    number,
                    format!("more than {LINES_MAX} lines"),
                    "split the file",
                ));
                break;
            }
            if let Err(finding) = file.add_line(number, content) {
                findings.push(finding);
                if file.sections.len() > SECTIONS_MAX {
                    break;
                }
            }
        }
        if findings.is_empty() {
            return Ok(file);
        }
        let has_nothing = file.common.is_empty() && file.sections.is_empty();
        if has_nothing && findings.len() > 1 && findings.iter().all(|found| found.problem == NO_PAIR) {
            findings.truncate(1);
            findings[0].problem = "no line is key = value: this is no answers file".to_owned();
        }
        Err(findings)
    }

    fn add_line(&mut self, number: u32, content: &str) -> Result<(), AnswersFileFinding> {
        if content.chars().any(|c| is_unprintable(c) && c != '\t') {
            return Err(line_finding(
                number,
                "the line contains control characters",
                "save the file as plain UTF-8 text",
            ));
        }
        if let Some(rest) = content.strip_prefix('[') {
            return self.begin_section(number, rest);
        }
        let Some((key, value)) = content.split_once('=') else {
            // Not repeated: it may be a secret that lost its key.
            return Err(line_finding(number, NO_PAIR, "write key = value"));
        };
        let (key, value) = (key.trim(), value.trim());
        if !is_key(key) {
            return Err(line_finding(
                number,
                "the text before = is not a field name",
                "use lowercase letters, digits and _",
            ));
        }
        let lines = match self.sections.last_mut() {
            Some(section) => &mut section.lines,
            None => &mut self.common,
        };
        if let Some(first) = lines.iter().find(|line| line.key == key) {
            let problem = format!("{key} appears twice, first in line {}", first.line);
            return Err(line_finding(number, problem, "keep one of the two lines"));
        }
        lines.push(AnswerLine {
            line: number,
            key: key.to_owned(),
            value: value.to_owned(),
        });
        Ok(())
    }

    fn begin_section(&mut self, number: u32, rest: &str) -> Result<(), AnswersFileFinding> {
        let name = rest.strip_suffix(']').map(str::trim);
        let name = name.filter(|name| !name.is_empty() && name.chars().count() <= 80 && !name.contains(['[', ']']));
        let Some(name) = name else {
            return Err(line_finding(
                number,
                "this is not a section header",
                "write it as [Contoso], alone on its line",
            ));
        };
        if let Some(first) = self.sections.iter().find(|known| known.name == name) {
            let problem = format!("section [{name}] appears twice, first in line {}", first.line);
            return Err(line_finding(number, problem, "give each installation its own name"));
        }
        self.sections.push(AnswersSection {
            line: number,
            name: name.to_owned(),
            lines: Vec::new(),
        });
        if self.sections.len() > SECTIONS_MAX {
            Err(line_finding(
                number,
                format!("more than {SECTIONS_MAX} sections"),
                "split the file",
            ))
        } else {
            Ok(())
        }
    }

    /// One for each installation: its own lines over those that hold for all.
    pub fn merged_sections(&self) -> Vec<AnswersSection> {
        if self.sections.is_empty() {
            return vec![AnswersSection {
                line: 1,
                name: String::new(),
                lines: self.common.clone(),
            }];
        }
        let with_common = |section: &AnswersSection| {
            let own = |key: &str| section.lines.iter().any(|line| line.key == key);
            let common = self.common.iter().filter(|line| !own(&line.key)).cloned();
            AnswersSection {
                lines: common.chain(section.lines.iter().cloned()).collect(),
                ..section.clone()
            }
        };
        self.sections.iter().map(with_common).collect()
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 80
        && key
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// A file of another kind, by its begin.
fn find_other_kind(text: &str) -> Option<&'static str> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let label = text.strip_prefix("-----BEGIN ")?;
    Some(if label.starts_with("CERTIFICATE-----") {
        "a certificate"
    } else if label.lines().next().is_some_and(|line| line.contains("PRIVATE KEY")) {
        "a private key"
    } else {
        "a file in PEM"
    })
}

fn line_finding(line: u32, problem: impl Into<String>, advice: impl Into<String>) -> AnswersFileFinding {
    AnswersFileFinding {
        line,
        problem: problem.into(),
        advice: advice.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_installations_over_what_holds_for_all() {
        let text = "\u{feff}servers = *\n# a comment\n[Contoso]\ntenant_id = a\n[ Fabrikam ]\r\ntenant_id=b\nservers = cmdb = x\n";
        let file = AnswersFile::read(text).expect("it is well-formed");
        let all = file.merged_sections();
        let told = all.iter().map(|section| {
            let lines = section
                .lines
                .iter()
                .map(|line| (line.key.as_str(), line.value.as_str(), line.line));
            (section.name.as_str(), lines.collect::<Vec<_>>())
        });
        let told: Vec<_> = told.collect();
        assert_eq!(
            told,
            [
                ("Contoso", vec![("servers", "*", 1), ("tenant_id", "a", 4)]),
                ("Fabrikam", vec![("tenant_id", "b", 6), ("servers", "cmdb = x", 7)]),
            ]
        );
    }

    #[test]
    fn a_file_without_sections_is_one_installation() {
        let file = AnswersFile::read("tenant_id = a\n").expect("it is well-formed");
        assert_eq!(file.merged_sections().len(), 1);
        assert_eq!(file.merged_sections()[0].name, "");
    }

    #[test]
    fn everything_wrong_is_told_with_its_line_and_without_repeating_what_may_be_a_secret() {
        let text = "a = 1\na = 2\nhunter2\n[open\n[]\nA B = c\n[x]\n[x]\nb = \u{7}\n";
        let findings = AnswersFile::read(text).expect_err("it is not");
        let lines: Vec<u32> = findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 8, 9]);
        assert!(!format!("{findings:?}").contains("hunter2"));
    }

    #[test]
    fn wn_43_a_file_of_another_kind_is_told_once() {
        for (text, problem) in [
            (
                "-----BEGIN CERTIFICATE-----\nMIIB\nAA==\n-----END CERTIFICATE-----\n",
                "this is a certificate, no answers file",
            ),
            (
                "-----BEGIN EC PRIVATE KEY-----\nMIIB\n",
                "this is a private key, no answers file",
            ),
            ("hello\nworld\n", "no line is key = value: this is no answers file"),
        ] {
            let findings = AnswersFile::read(text).expect_err(text);
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert_eq!(findings[0].problem, problem);
        }
        assert_eq!(AnswersFile::read("a = 1\nhello\nworld\n").expect_err("two").len(), 2);
    }

    #[test]
    fn files_without_end_are_refused() {
        assert_eq!(
            AnswersFile::read(&"x".repeat(BYTES_MAX + 1))
                .expect_err("too long")
                .len(),
            1
        );
        let sections: String = (0..=SECTIONS_MAX).map(|at| format!("[s{at}]\n")).collect();
        assert_eq!(AnswersFile::read(&sections).expect_err("too many")[0].line, 501);
    }
}
