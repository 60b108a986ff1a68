//! Without a person: the wizard is answered at once, its checks are run, and what is wrong ends this installation. The
//! others of the same file go on.

use std::sync::Arc;

use super::answer_places::AnswerPlaces;
use super::installation_client::InstallationClient;
use super::preset_answers::{self, PresetAnswers};
use super::{InstallReport, InstallResult, WizardArgs, messages};
use crate::bus::answers::WizardAnswers;
use crate::bus::template::{PageKind, WizardTemplate};
use crate::bus::wizard::{Wizard, WizardEvent};
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::language::chosen_language;
use crate::cli::output;
use crate::contract::Diagnosis;

/// Every section of the file. Whatever can't be read ends all of it before anything is made.
pub(crate) fn read_valid_sections(
    template: &WizardTemplate,
    wizard_args: &WizardArgs,
) -> Result<Vec<PresetAnswers>, CommandFailure> {
    let (sources, findings) = preset_answers::read_sections(template, wizard_args)?;
    if findings.is_empty() {
        return Ok(sources);
    }
    Err(messages::findings_failure(
        &findings,
        wizard_args.lang,
        wizard_args.json,
    ))
}

pub(crate) async fn run_all_sections(
    target: &InstallationClient<'_>,
    template: &Arc<WizardTemplate>,
    sources: Vec<PresetAnswers>,
    wizard_args: &WizardArgs,
) -> Result<Vec<InstallResult>, CommandFailure> {
    let mut results = Vec::new();
    for source in sources {
        let wizard = Wizard::new(template.clone());
        results.push(run_wizard(target, wizard, source, wizard_args).await?);
    }
    Ok(results)
}

/// One wizard, which may have answers already.
pub(crate) async fn run_single(
    target: &InstallationClient<'_>,
    wizard: Wizard,
    wizard_args: &WizardArgs,
) -> Result<InstallResult, CommandFailure> {
    let mut sources = read_valid_sections(wizard.template(), wizard_args)?;
    if sources.len() > 1 {
        return Err(CommandFailure::usage_error(
            "the answers file has several installations",
            "use a file with a single section",
        ));
    }
    let source = sources.pop().unwrap_or_default();
    run_wizard(target, wizard, source, wizard_args).await
}

async fn run_wizard(
    target: &InstallationClient<'_>,
    wizard: Wizard,
    source: PresetAnswers,
    wizard_args: &WizardArgs,
) -> Result<InstallResult, CommandFailure> {
    let anyway = wizard_args.continue_anyway || source.continue_anyway;
    let name = if source.name.is_empty() {
        "installation".to_owned()
    } else {
        source.name.clone()
    };
    let places = source.places;
    let mut wizard = overlay_answers(wizard, source.answers);
    let mut report = InstallReport {
        section: Some(source.name),
        ..InstallReport::default()
    };
    let failed_result = |report: InstallReport| InstallResult {
        name: name.clone(),
        ok: false,
        report,
    };
    let findings = collect_findings(target, &wizard).await?;
    report.findings = findings
        .into_iter()
        .map(|finding| places.place_finding(finding))
        .collect();
    if !report.findings.is_empty() {
        print_findings(&name, &report.findings, &places, wizard_args);
        return Ok(failed_result(report));
    }
    let given = GivenSource {
        places: &places,
        continue_anyway: anyway,
        wizard_args,
    };
    if !run_required_checks(target, &mut wizard, &given, &mut report).await? {
        return Ok(failed_result(report));
    }
    // Before the installation: behind it, a running bus has scanned already.
    run_informing_actions(target, &wizard, wizard_args, &mut report).await?;
    submit_wizard(target, &wizard, &name, report, wizard_args).await
}

async fn submit_wizard(
    target: &InstallationClient<'_>,
    wizard: &Wizard,
    name: &str,
    mut report: InstallReport,
    wizard_args: &WizardArgs,
) -> Result<InstallResult, CommandFailure> {
    let mut printed_lines = Vec::new();
    let submitted = target
        .submit_answers(wizard, &wizard.skipped_actions(), |view| {
            if !wizard_args.json {
                messages::print_progress(&mut printed_lines, view);
            }
            Ok(())
        })
        .await;
    match submitted {
        Ok(view) => {
            if !wizard_args.json {
                messages::print_warnings(&view.warnings);
            }
            report.installation = Some(view);
            Ok(InstallResult::from_report(report))
        }
        Err(failure) if failure.exit == ExitReason::Unreachable => Err(failure),
        Err(failure) => {
            if !wizard_args.json {
                output::eprint_line(format!("{name}: {failure}"));
            }
            report.problem = Some(Diagnosis {
                code: failure.code.clone(),
                ..Diagnosis::new(failure.message.as_str(), failure.advice.as_str())
            });
            if !wizard_args.json && !target.is_new() {
                // The count to confirm, and the exit code, are the failure's own.
                return Err(failure);
            }
            Ok(InstallResult {
                name: name.to_owned(),
                ok: false,
                report,
            })
        }
    }
}

/// Answers given over those that stand.
pub(super) fn overlay_answers(wizard: Wizard, new_answers: WizardAnswers) -> Wizard {
    let mut answers = wizard.answers().clone();
    let names: Vec<String> = new_answers.field_names().map(str::to_owned).collect();
    let mut new_answers = new_answers;
    for name in names {
        if let Some(answer) = new_answers.remove_answer(&name) {
            answers.set_answer(name, answer);
        }
    }
    wizard.with_answers(answers)
}

/// What is wrong before any check has run: pages that such a check opens are judged behind it.
async fn collect_findings(target: &InstallationClient<'_>, wizard: &Wizard) -> Result<Vec<Diagnosis>, CommandFailure> {
    let mut findings: Vec<Diagnosis> = if target.is_new() {
        target.validate_answers(wizard).await?
    } else {
        let wizard_state = wizard.current_state();
        let local_findings = wizard_state.all_findings();
        local_findings
            .map(|finding| finding.in_language(chosen_language()))
            .collect()
    };
    findings.retain(|finding| !finding.has_code("locked"));
    Ok(findings)
}

/// The first one that has not been run.
fn next_required_check(wizard: &Wizard, report: &InstallReport) -> Option<String> {
    let pages = wizard.current_state().pages;
    let mut required = pages.into_iter().flat_map(|page| page.required);
    required.find(|action| !report.checks.contains_key(action))
}

/// How the answers were given, and what was said besides.
struct GivenSource<'a> {
    places: &'a AnswerPlaces,
    continue_anyway: bool,
    wizard_args: &'a WizardArgs,
}

/// Runs the checks that pages require; whether one may go on.
async fn run_required_checks(
    target: &InstallationClient<'_>,
    wizard: &mut Wizard,
    given: &GivenSource<'_>,
    report: &mut InstallReport,
) -> Result<bool, CommandFailure> {
    // One that has passed may open a page that requires another.
    while let Some(action) = next_required_check(wizard, report) {
        let about = wizard.action_digest(&action);
        let mut steps = Vec::new();
        let passed = target
            .run_action(wizard, &action, |step| {
                steps.push(step.clone());
                if !given.wizard_args.json {
                    messages::print_placed_step(step, given.places);
                }
                Ok(())
            })
            .await?;
        report.checks.insert(action.clone(), steps);
        if let Some(about) = about {
            let action = action.clone();
            // The template has this action.
            let _ = wizard.apply_event(WizardEvent::Judged { action, about, passed });
        }
        if !passed && !given.continue_anyway {
            return Ok(false);
        }
        if !passed {
            let _ = wizard.apply_event(WizardEvent::Anyway { action });
        }
    }
    Ok(true)
}

/// What is told before the installation and decides nothing: the actions of the summary, and the preview where it is
/// asked for.
async fn run_informing_actions(
    target: &InstallationClient<'_>,
    wizard: &Wizard,
    wizard_args: &WizardArgs,
    report: &mut InstallReport,
) -> Result<(), CommandFailure> {
    let is_meant = |kind: PageKind| match kind {
        PageKind::Summary => true,
        PageKind::Preview => wizard_args.preview && target.is_new(),
        _ => false,
    };
    let pages = wizard.template().pages.iter().filter(|page| is_meant(page.kind));
    for (kind, action) in pages.flat_map(|page| page.actions.iter().map(|action| (page.kind, action))) {
        let mut steps = Vec::new();
        let ran = target.run_action(wizard, &action.name, |step| {
            steps.push(step.clone());
            if !wizard_args.json {
                messages::print_step(step);
            }
            Ok(())
        });
        if let Err(failure) = ran.await
            && !wizard_args.json
        {
            output::eprint_line(failure.to_string());
        }
        if kind == PageKind::Preview {
            report.preview = steps.pop();
        } else {
            report.checks.insert(action.name.clone(), steps);
        }
    }
    Ok(())
}

fn print_findings(name: &str, findings: &[Diagnosis], places: &AnswerPlaces, wizard_args: &WizardArgs) {
    if wizard_args.json {
        return;
    }
    output::eprint_line(name);
    for finding in findings {
        output::eprint_line(messages::format_finding(finding, places));
    }
}
