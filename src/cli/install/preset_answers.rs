//! Answers that were given rather than asked for: from a file, from `--set`, from both (the latter stand above).

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::answer_places::{AnswerPlace, AnswerPlaces};
use super::wizard_args::WizardArgs;
use crate::bus::answers::{AnswerLine, AnswersFile, AnswersSection, FieldAnswer, WizardAnswers, unknown_field};
use crate::bus::template::{FieldKind, TemplateField, WizardTemplate};
use crate::bus::wizard::{PROFILE, Wizard};
use crate::bus::{FieldFinding, LocalizedText};
use crate::cli::failure::CommandFailure;
use crate::cli::secret_input;

/// Longest file of answers, bytes.
const FILE_MAX: u64 = 2 * 1024 * 1024;
/// A line by which a file says that a check which has not passed is gone on without.
const ANYWAY: &str = "continue_anyway";

/// The answers of one installation.
#[derive(Debug, Default)]
pub(crate) struct PresetAnswers {
    /// The section; empty where there is none.
    pub name: String,
    pub answers: WizardAnswers,
    pub places: AnswerPlaces,
    pub continue_anyway: bool,
}

/// A finding and where it stands: `answers.ini:12`, or `--set`.
#[derive(Debug)]
pub(crate) struct PlacedFinding {
    pub location: String,
    /// The name of the answer as it was written.
    pub key: String,
    pub finding: FieldFinding,
}

/// One source for each installation, and everything that can't be read.
pub(crate) fn read_sections(
    template: &WizardTemplate,
    wizard_args: &WizardArgs,
) -> Result<(Vec<PresetAnswers>, Vec<PlacedFinding>), CommandFailure> {
    let pairs = parse_pairs(&wizard_args.pairs)?;
    let mut reader = PresetReader {
        template,
        findings: Vec::new(),
        stdin_taken: wizard_args.answers.as_deref() == Some(Path::new("-")),
    };
    let mut sources = Vec::new();
    let here = PathBuf::new();
    match &wizard_args.answers {
        None if pairs.is_empty() => (),
        None => {
            let mut source = PresetAnswers::default();
            reader.read_lines(&mut source, &pairs, &|_| "--set".to_owned(), &here, true);
            sources.push(source);
        }
        Some(path) => {
            let base = path.parent().unwrap_or(Path::new("")).to_owned();
            for section in read_answers_file(path)? {
                let mut source = PresetAnswers {
                    name: section.name.clone(),
                    ..PresetAnswers::default()
                };
                let location = |line: u32| format!("{}:{line}", secret_input::display_name(path));
                reader.read_lines(&mut source, &section.lines, &location, &base, false);
                reader.read_lines(&mut source, &pairs, &|_| "--set".to_owned(), &here, true);
                reader.fill_profile(&mut source);
                sources.push(source);
            }
        }
    }
    Ok((sources, reader.findings))
}

/// A wizard that goes on with the one section of a file, where somebody sits at a terminal and something is missing that
/// they can be asked for: at least the secrets, which no file holds. `None`: nobody is asked.
pub(crate) fn resumable_wizard(
    template: &Arc<WizardTemplate>,
    wizard_args: &WizardArgs,
    sections: &[PresetAnswers],
) -> Option<Wizard> {
    let [section] = sections else {
        return None;
    };
    if wizard_args.answers.is_none() || wizard_args.json || !std::io::stdin().is_terminal() {
        return None;
    }
    let wizard = Wizard::new(template.clone()).with_answers(section.answers.clone());
    let is_missing = wizard
        .current_state()
        .all_findings()
        .any(|finding| finding.code == "missing");
    is_missing.then_some(wizard)
}

fn parse_pairs(pairs: &[String]) -> Result<Vec<AnswerLine>, CommandFailure> {
    let parse_pair = |pair: &String| {
        let split = pair.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
        let (key, value) = split.filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
            // Not repeated: it may be a secret that lost its name.
            CommandFailure::usage_error("a pair has no =", "use --set NAME=VALUE")
        })?;
        Ok(AnswerLine {
            line: 0,
            key: key.to_owned(),
            value: value.to_owned(),
        })
    };
    pairs.iter().map(parse_pair).collect()
}

fn read_answers_file(path: &Path) -> Result<Vec<AnswersSection>, CommandFailure> {
    let text = secret_input::read_text_input(path, FILE_MAX)?;
    let file = AnswersFile::read(&text).map_err(|findings| {
        let messages: Vec<String> = findings
            .iter()
            .map(|found| {
                format!(
                    "{}:{}: {}; {}",
                    secret_input::display_name(path),
                    found.line,
                    found.problem,
                    found.advice
                )
            })
            .collect();
        CommandFailure::usage_error(messages.join("\n"), "correct the file")
    })?;
    Ok(file.merged_sections())
}

struct PresetReader<'a> {
    template: &'a WizardTemplate,
    findings: Vec<PlacedFinding>,
    /// Standard input holds one secret.
    stdin_taken: bool,
}

impl PresetReader<'_> {
    fn read_lines(
        &mut self,
        source: &mut PresetAnswers,
        lines: &[AnswerLine],
        place: &dyn Fn(u32) -> String,
        base: &Path,
        is_argument: bool,
    ) {
        for line in lines {
            if line.key == ANYWAY && self.template.find_field(ANYWAY).is_none() {
                source.continue_anyway = line.value == "yes";
                continue;
            }
            match self.parse_answer(&line.key, &line.value, base, is_argument) {
                Ok((name, Some(answer))) => {
                    let answer_place = AnswerPlace {
                        key: line.key.clone(),
                        line: line.line,
                        location: place(line.line),
                    };
                    source.places.set_place(&name, Some(answer_place));
                    source.answers.set_answer(name, answer);
                }
                Ok((name, None)) => {
                    source.places.set_place(&name, None);
                    source.answers.remove_answer(&name);
                }
                Err(finding) => self.findings.push(PlacedFinding {
                    location: place(line.line),
                    key: line.key.chars().take(60).collect(),
                    finding: *finding,
                }),
            }
        }
    }

    /// The section's name is the profile's, unless it is given.
    fn fill_profile(&mut self, source: &mut PresetAnswers) {
        let Some(field) = self.template.find_field(PROFILE) else {
            return;
        };
        if source.name.is_empty() || source.answers.get(PROFILE).is_some() {
            return;
        }
        if let Ok(Some(answer)) = FieldAnswer::from_text(field, &source.name) {
            source.answers.set_answer(PROFILE, answer);
        }
    }

    fn parse_answer(
        &mut self,
        key: &str,
        value: &str,
        base: &Path,
        is_argument: bool,
    ) -> Result<(String, Option<FieldAnswer>), Box<FieldFinding>> {
        if let Some(field) = self.template.find_field(key) {
            if field.kind.is_secret() && !value.is_empty() {
                return Err(Box::new(clear_secret_finding(field, is_argument)));
            }
            return Ok((key.to_owned(), FieldAnswer::from_text(field, value)?));
        }
        let secret_field = key
            .strip_suffix("_file")
            .and_then(|name| self.template.find_field(name));
        match secret_field.filter(|field| field.kind.is_secret()) {
            Some(_) if value.is_empty() => Ok((key.trim_end_matches("_file").to_owned(), None)),
            Some(field) => {
                let answer = self.answer_from_file(field, value, base)?;
                Ok((field.name.clone(), answer))
            }
            None => {
                let names = self.template.fields().map(|field| field.name.as_str());
                Err(Box::new(unknown_field(key, names)))
            }
        }
    }

    fn answer_from_file(
        &mut self,
        field: &TemplateField,
        value: &str,
        base: &Path,
    ) -> Result<Option<FieldAnswer>, Box<FieldFinding>> {
        let path = match value {
            "-" if std::mem::replace(&mut self.stdin_taken, true) => {
                let problem = LocalizedText::new(
                    "standard input is already in use",
                    "die Standardeingabe wird bereits verwendet",
                );
                return Err(Box::new(unreadable_finding(field, problem)));
            }
            "-" => PathBuf::from("-"),
            path => base.join(path),
        };
        read_file_answer(field, &path)
    }
}

/// The content of a file for a secret, or for a field that is a file.
pub(crate) fn read_file_answer(field: &TemplateField, path: &Path) -> Result<Option<FieldAnswer>, Box<FieldFinding>> {
    if let FieldKind::File { max_bytes, .. } = field.kind {
        let bytes = read_content(path, max_bytes as u64 + 1);
        let bytes =
            bytes.map_err(|problem| Box::new(unreadable_finding(field, LocalizedText::from_english(problem))))?;
        return Ok(Some(FieldAnswer::from_file(field, bytes)?));
    }
    let text = secret_input::read_secret(Some(path), &field.name);
    let text =
        text.map_err(|failure| Box::new(unreadable_finding(field, LocalizedText::from_english(failure.message))))?;
    use secrecy::ExposeSecret;
    Ok(FieldAnswer::from_text(field, text.expose_secret())?)
}

fn read_content(path: &Path, max_bytes: u64) -> Result<Vec<u8>, String> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(max_bytes).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(max_bytes).read_to_end(&mut bytes))
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

fn clear_secret_finding(field: &TemplateField, is_argument: bool) -> FieldFinding {
    let problem = if is_argument {
        LocalizedText::new(
            "a secret must not be an argument: other users of the machine could read it",
            "ein Geheimnis darf kein Argument sein: andere Benutzer des Rechners könnten es lesen",
        )
    } else {
        LocalizedText::new(
            "a secret must not be in an answers file",
            "ein Geheimnis darf nicht in einer Antwortdatei stehen",
        )
    };
    FieldFinding {
        field: field.name.clone(),
        code: "inClear".to_owned(),
        problem,
        advice: LocalizedText::new(
            format!(
                "put it in its own file and write {0}_file = PATH, or {0}_file = - for standard input",
                field.name
            ),
            format!(
                "Legen Sie es in eine eigene Datei und schreiben Sie {0}_file = PFAD oder {0}_file = - für die Standardeingabe",
                field.name
            ),
        ),
    }
}

fn unreadable_finding(field: &TemplateField, problem: LocalizedText) -> FieldFinding {
    FieldFinding {
        field: field.name.clone(),
        code: "unreadable".to_owned(),
        problem,
        advice: LocalizedText::new(
            "check the path and the permissions of the file",
            "Prüfen Sie den Pfad und die Berechtigungen der Datei",
        ),
    }
}
