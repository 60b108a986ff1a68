//! The wizard in a terminal: page by page, field by field, checks as they run.

use serde_json::{Value, json};

use super::field::{self, Heard};
use super::person::Person;
use super::say::Told;
use super::target::Target;
use super::{Done, WizardArgs, say};
use crate::bus::template::{Action, Field, Page, PageKind};
use crate::bus::wizard::{Event, Mode, Refused, Wizard};
use crate::bus::{FieldFinding, Words};
use crate::cli::failure::Failure;
use crate::cli::out;

pub async fn walk(target: &Target<'_>, wizard: Wizard, with: &WizardArgs) -> Result<Done, Failure> {
    let mut walk = Walk {
        target,
        wizard,
        person: Person::new(with.lang),
        with,
        blamed: Vec::new(),
        installed: None,
    };
    out::say(walk.wizard.template().title.say(with.lang));
    out::say(Told::Back.say(with.lang));
    loop {
        let way = walk.page().await?;
        let event = match way {
            Way::Next => Event::Next,
            Way::Back => Event::Back,
            Way::Stop => break,
        };
        match walk.wizard.step(event) {
            Ok(()) => (),
            Err(Refused::Findings(findings)) => walk.complain(findings),
            Err(Refused::NotPassed(_)) => out::say(Told::NotPassed.say(with.lang)),
            Err(_) if way == Way::Back => (),
            Err(_) => break,
        }
    }
    let view = walk.installed.unwrap_or_default();
    Ok(Done {
        name: view["name"].as_str().unwrap_or_default().to_owned(),
        ok: view["state"] == "installed",
        view: json!({"installation": view}),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Next,
    Back,
    Stop,
}

struct Walk<'a> {
    target: &'a Target<'a>,
    wizard: Wizard,
    person: Person,
    with: &'a WizardArgs,
    /// Fields of this page that have to be answered anew; none: all are asked.
    blamed: Vec<String>,
    /// The installation, behind its page.
    installed: Option<Value>,
}

impl Walk<'_> {
    async fn page(&mut self) -> Result<Way, Failure> {
        let template = self.wizard.template().clone();
        let page = &template.pages[self.wizard.page_number()];
        if self.is_passed_over(page) {
            return Ok(Way::Next);
        }
        self.blamed
            .retain(|name| page.fields.iter().any(|field| field.name == *name));
        if self.blamed.is_empty() {
            self.head(page);
        }
        match page.kind {
            PageKind::Questions => self.questions(page).await,
            PageKind::Summary => {
                self.summary();
                Ok(Way::Next)
            }
            PageKind::Installation => self.install().await,
            PageKind::Preview => self.preview(page).await,
            PageKind::Finish => Ok(Way::Stop),
        }
    }

    /// Of an installation that exists, only what may be answered, and what proves it, is walked through.
    fn is_passed_over(&self, page: &Page) -> bool {
        let sign_in = page.fields.iter().any(|field| field.is_sign_in);
        let required = page.actions.iter().any(|action| action.is_required);
        match (self.wizard.mode(), page.kind) {
            (Mode::SignIn, PageKind::Questions) => !sign_in && !required,
            (Mode::Change, PageKind::Questions) => page.fields.is_empty() && !required,
            (Mode::SignIn | Mode::Change, PageKind::Preview) => true,
            _ => false,
        }
    }

    fn head(&self, page: &Page) {
        let lang = self.with.lang;
        let (at, of) = (self.wizard.page_number() + 1, self.wizard.template().pages.len());
        out::say(format!("\n== {} ({at}/{of}) ==", page.title.say(lang)));
        if let Some(text) = &page.text {
            out::say(text.say(lang));
        }
        for point in &page.points {
            out::say(format!("  - {}", point.words.say(lang)));
        }
    }

    async fn questions(&mut self, page: &Page) -> Result<Way, Failure> {
        let lang = self.with.lang;
        let at = self.wizard.page_number();
        if let Some(action) = &self.wizard.look().pages[at].locked_by {
            out::say(format!("{} {action}", Told::Locked.say(lang)));
            return Ok(Way::Next);
        }
        let blamed = std::mem::take(&mut self.blamed);
        // An answer may bring fields that were not there before.
        let settled = match blamed.is_empty() {
            true => Vec::new(),
            false => self.wizard.look().pages.swap_remove(at).asked,
        };
        for field in &page.fields {
            if settled.contains(&field.name) && !blamed.contains(&field.name) {
                continue;
            }
            let is_asked = self.wizard.look().pages[at].asks(&field.name);
            let is_other = self.wizard.mode() == Mode::SignIn && !field.is_sign_in;
            let is_fixed = self.wizard.mode() != Mode::Install && field.is_fixed;
            if !is_asked || is_other || is_fixed {
                continue;
            }
            loop {
                match field::ask(&self.person, self.target, &mut self.wizard, field, lang).await? {
                    Heard::Back => return Ok(Way::Back),
                    Heard::Answered if self.looks_well(field).await? => break,
                    Heard::Answered => (),
                }
            }
        }
        for action in &page.actions {
            if self.wizard.look().pages[at].actions.contains(&action.name) {
                let way = self.run(action).await?;
                if way != Way::Next {
                    return Ok(way);
                }
            }
        }
        self.judge(page).await?;
        Ok(Way::Next)
    }

    /// The look that a field asks for, over the answers so far; a finding at the field has it asked again.
    async fn looks_well(&mut self, field: &Field) -> Result<bool, Failure> {
        let Some(action) = &field.look else { return Ok(true) };
        let page = &self.wizard.template().pages[self.wizard.page_number()];
        let answered = |field: &Field| self.wizard.answers().get(&field.name).is_some();
        // A secret may be empty where its file needs none; anything else that is empty needs no look.
        let of_file = page
            .fields
            .iter()
            .any(|field| field.kind.is_secret() && answered(field));
        let may_be_empty = field.kind.is_secret() && of_file;
        if !answered(field) && !may_be_empty {
            return Ok(true);
        }
        let mut blamed = false;
        let looked = self
            .target
            .act(&self.wizard, action, |step| {
                say::step(step);
                blamed |= step["state"] == "failed" && step["field"] == field.name.as_str();
                Ok(())
            })
            .await;
        match looked {
            Ok(_) => Ok(!blamed),
            // What can't be looked at yet is judged with its page.
            Err(failure) => {
                out::say(format!("  {failure}"));
                Ok(true)
            }
        }
    }

    async fn run(&mut self, action: &Action) -> Result<Way, Failure> {
        let lang = self.with.lang;
        loop {
            out::say(format!("\n{}", action.label.say(lang)));
            let about = self.wizard.about(&action.name);
            let mut field = None;
            let ran = self
                .target
                .act(&self.wizard, &action.name, |step| {
                    say::step(step);
                    if step["state"] == "failed" && field.is_none() {
                        field = blamed(step);
                    }
                    Ok(())
                })
                .await;
            let passed = match ran {
                Ok(passed) => passed,
                Err(failure) => {
                    out::say(failure.to_string());
                    false
                }
            };
            if let Some(about) = about {
                let name = action.name.clone();
                // The template has this action.
                let _ = self.wizard.step(Event::Judged {
                    action: name,
                    about,
                    passed,
                });
            }
            if passed || !action.is_required {
                return Ok(Way::Next);
            }
            out::say(Told::NotPassed.say(lang));
            match self.person.ask(Told::Again.say(lang))?.to_lowercase().as_str() {
                "b" | "<" => {
                    // What was blamed is asked for, and what is wrong with it told until it changes.
                    if let Some(finding) = field {
                        field::complain(&finding, lang);
                        self.blamed = vec![finding.field.clone()];
                        let _ = self.wizard.step(Event::Told(vec![finding]));
                    }
                    return Ok(Way::Back);
                }
                "c" => {
                    let action = action.name.clone();
                    let _ = self.wizard.step(Event::Anyway { action });
                    return Ok(Way::Next);
                }
                "q" => return Ok(Way::Stop),
                _ => (),
            }
        }
    }

    /// What the bus finds wrong with the answers of this page.
    async fn judge(&mut self, page: &Page) -> Result<(), Failure> {
        if page.fields.is_empty() {
            return Ok(());
        }
        let found = self.target.validate(&self.wizard).await?;
        let of_page = |finding: &&Value| page.fields.iter().any(|field| finding["field"] == field.name.as_str());
        let told = found.iter().filter(of_page).filter_map(told);
        let _ = self.wizard.step(Event::Told(told.collect()));
        Ok(())
    }

    /// The same page comes next, with these fields only.
    fn complain(&mut self, findings: Vec<FieldFinding>) {
        for finding in &findings {
            field::complain(finding, self.with.lang);
        }
        let at = self.wizard.page_number();
        let asked = self.wizard.look().pages.swap_remove(at);
        let names = findings.into_iter().map(|finding| finding.field);
        self.blamed = names.filter(|name| asked.asks(name)).collect();
    }

    fn summary(&self) {
        let lang = self.with.lang;
        let look = self.wizard.look();
        for field in self.wizard.template().fields().filter(|field| look.asks(&field.name)) {
            let shown = match (self.wizard.answers().get(&field.name), &field.default) {
                (Some(answer), _) => answer.shown(field),
                (None, Some(default)) => default.clone(),
                (None, None) if field.kind.is_secret() && self.wizard.mode() == Mode::Change => {
                    Told::Kept.say(lang).to_owned()
                }
                (None, None) => continue,
            };
            let shown = shown.as_str();
            out::say(format!(
                "  {:<45}  {}",
                field.label.say(lang),
                out::printable(shown, 120)
            ));
        }
    }

    async fn install(&mut self) -> Result<Way, Failure> {
        let lang = self.with.lang;
        let question = if self.target.is_new() {
            Told::Install
        } else {
            Told::Change
        };
        if !self.person.agrees(question.say(lang), true)? {
            return Ok(Way::Stop);
        }
        let mut seen = Vec::new();
        let anyway = self.wizard.anyway();
        let ended = self
            .target
            .finish(&self.wizard, &anyway, |view| {
                say::progress(&mut seen, &view);
                Ok(())
            })
            .await?;
        let ok = ended["state"] == "installed";
        self.installed = Some(ended);
        Ok(if ok { Way::Next } else { Way::Stop })
    }

    async fn preview(&mut self, page: &Page) -> Result<Way, Failure> {
        let name = self
            .installed
            .as_ref()
            .and_then(|view| view["name"].as_str())
            .unwrap_or_default();
        for action in &page.actions {
            if self.person.agrees(Told::Preview.say(self.with.lang), true)? {
                let shown = |step: &Value| {
                    say::step(step);
                    Ok(())
                };
                if let Err(failure) = self.target.preview(name, &action.name, shown).await {
                    out::say(failure.to_string());
                }
            }
        }
        Ok(Way::Next)
    }
}

/// What a failed step says of a field.
fn blamed(step: &Value) -> Option<FieldFinding> {
    let text = |name: &str| step[name].as_str().unwrap_or_default();
    Some(FieldFinding {
        field: step["field"].as_str()?.to_owned(),
        code: text("cause").to_owned(),
        problem: Words::same(text("detail")),
        advice: Words::same(text("cure")),
    })
}

/// A finding of the bus, which is told in the language of the wizard already.
fn told(finding: &Value) -> Option<FieldFinding> {
    let text = |name: &str| finding[name].as_str().unwrap_or_default();
    // These two the wizard finds by itself.
    if matches!(text("code"), "missing" | "locked" | "notAsked" | "fixed" | "check") {
        return None;
    }
    Some(FieldFinding {
        field: text("field").to_owned(),
        code: text("code").to_owned(),
        problem: Words::same(text("problem")),
        advice: Words::same(text("advice")),
    })
}
