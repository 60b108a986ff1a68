//! Without a person: the wizard is answered at once, its checks are run, and what is wrong ends this installation. The
//! others of the same file go on.

use std::sync::Arc;

use serde_json::{Value, json};

use super::given::{self, Source};
use super::target::Target;
use super::{Done, WizardArgs, say};
use crate::bus::answers::Answers;
use crate::bus::template::{PageKind, Template};
use crate::bus::wizard::{Event, Wizard};
use crate::cli::failure::{Exit, Failure};
use crate::cli::out;

/// Every section of the file. Whatever can't be read ends all of it before anything is made.
pub async fn all(target: &Target<'_>, template: &Arc<Template>, with: &WizardArgs) -> Result<Vec<Done>, Failure> {
    let (sources, findings) = given::sections(template, with)?;
    if !findings.is_empty() {
        return Err(say::findings(&findings, with.lang, with.json));
    }
    let mut done = Vec::new();
    for source in sources {
        let wizard = Wizard::new(template.clone());
        done.push(walk(target, wizard, source, with).await?);
    }
    Ok(done)
}

/// One wizard, which may have answers already.
pub async fn one(target: &Target<'_>, wizard: Wizard, with: &WizardArgs) -> Result<Done, Failure> {
    let (mut sources, findings) = given::sections(wizard.template(), with)?;
    if !findings.is_empty() {
        return Err(say::findings(&findings, with.lang, with.json));
    }
    if sources.len() > 1 {
        return Err(Failure::usage(
            "the file answers for several installations",
            "give one with a single section",
        ));
    }
    let source = sources.pop().unwrap_or_default();
    walk(target, wizard, source, with).await
}

async fn walk(target: &Target<'_>, wizard: Wizard, source: Source, with: &WizardArgs) -> Result<Done, Failure> {
    let anyway = with.continue_anyway || source.anyway;
    let name = match source.name.is_empty() {
        true => "installation".to_owned(),
        false => source.name.clone(),
    };
    let mut wizard = over(wizard, source.answers);
    let mut report = json!({"section": source.name});
    let bad = |report: Value| Done {
        name: name.clone(),
        ok: false,
        view: report,
    };
    let findings = findings(target, &wizard).await?;
    if !findings.is_empty() {
        tell(&name, &findings, with);
        report["findings"] = findings.into();
        return Ok(bad(report));
    }
    if !checks(target, &mut wizard, anyway, with, &mut report).await? {
        return Ok(bad(report));
    }
    let mut seen = Vec::new();
    let ended = target
        .finish(&wizard, &wizard.anyway(), |view| {
            if !with.json {
                say::progress(&mut seen, &view);
            }
            Ok(())
        })
        .await;
    match ended {
        Ok(view) => {
            let ok = view["state"] == "installed";
            let installed = view["name"].as_str().unwrap_or_default().to_owned();
            report["installation"] = view;
            if ok && with.preview {
                report["preview"] = preview(target, &wizard, &installed, with).await?;
            }
            Ok(Done {
                name: installed,
                ok,
                view: report,
            })
        }
        Err(failure) if failure.exit == Exit::Unreachable => Err(failure),
        Err(failure) => {
            if !with.json {
                out::say(format!("{name}: {failure}"));
            }
            report["problem"] = json!({"code": failure.code, "problem": failure.what, "advice": failure.advice});
            match with.json {
                true => Ok(bad(report)),
                // The count to confirm, and the exit code, are the failure's own.
                false if !target.is_new() => Err(failure),
                false => Ok(bad(report)),
            }
        }
    }
}

/// Answers given over those that stand.
fn over(wizard: Wizard, given: Answers) -> Wizard {
    let mut answers = wizard.answers().clone();
    let names: Vec<String> = given.names().map(str::to_owned).collect();
    let mut given = given;
    for name in names {
        if let Some(answer) = given.take(&name) {
            answers.put(name, answer);
        }
    }
    wizard.with_answers(answers)
}

/// What is wrong before any check has run: pages that such a check opens are judged behind it.
async fn findings(target: &Target<'_>, wizard: &Wizard) -> Result<Vec<Value>, Failure> {
    let open = |finding: &Value| finding["code"] != "locked";
    let own = wizard.look();
    let own: Vec<Value> = own
        .findings()
        .map(|finding| {
            let (problem, advice) = (&finding.problem.en, &finding.advice.en);
            json!({"field": finding.field, "code": finding.code, "problem": problem, "advice": advice})
        })
        .filter(open)
        .collect();
    if target.is_new() {
        return Ok(target.validate(wizard).await?.into_iter().filter(open).collect());
    }
    Ok(own)
}

/// Runs the checks that pages require; whether one may go on.
async fn checks(
    target: &Target<'_>,
    wizard: &mut Wizard,
    anyway: bool,
    with: &WizardArgs,
    report: &mut Value,
) -> Result<bool, Failure> {
    let required: Vec<String> = wizard
        .look()
        .pages
        .iter()
        .flat_map(|page| page.required.clone())
        .collect();
    for action in required {
        let about = wizard.about(&action);
        let mut steps = Vec::new();
        let passed = target
            .act(wizard, &action, |step| {
                steps.push(step.clone());
                if !with.json {
                    say::step(step);
                }
                Ok(())
            })
            .await?;
        report[&action] = steps.into();
        if let Some(about) = about {
            let action = action.clone();
            // The template has this action.
            let _ = wizard.step(Event::Judged { action, about, passed });
        }
        if !passed && !anyway {
            return Ok(false);
        }
        if !passed {
            let _ = wizard.step(Event::Anyway { action });
        }
    }
    Ok(true)
}

async fn preview(target: &Target<'_>, wizard: &Wizard, name: &str, with: &WizardArgs) -> Result<Value, Failure> {
    let pages = &wizard.template().pages;
    let page = pages.iter().find(|page| page.kind == PageKind::Preview);
    let Some(action) = page.and_then(|page| page.actions.first()) else {
        return Ok(Value::Null);
    };
    let mut last = Value::Null;
    target
        .preview(name, &action.name, |step| {
            last = step.clone();
            if !with.json {
                say::step(step);
            }
            Ok(())
        })
        .await?;
    Ok(last)
}

fn tell(name: &str, findings: &[Value], with: &WizardArgs) {
    if with.json {
        return;
    }
    out::say(name);
    for finding in findings {
        out::say(say::finding(finding));
    }
}
