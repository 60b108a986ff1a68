//! Installations that exist, changed by the same wizard: all of it, or the sign-in alone. Never to another tenant.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::body::{ChangeBody, Given, LangConfirm};
use super::carry::{judged, number_of};
use super::form::with_proofs;
use super::view::{InstallationView, refused};
use super::{faulty, offer};
use crate::bus::Language;
use crate::bus::answers::Answers;
use crate::bus::install::Offer;
use crate::bus::wizard::{Mode, Wizard, present};
use crate::model::{Confirmation, InstanceName};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{Asked, Body, Named};
use crate::sics::problem::Problem;
use crate::store::InstallationState;

/// An installation as a wizard finds it.
pub struct Standing {
    pub number: i64,
    offer: Arc<Offer>,
    present: Answers,
}

pub async fn standing(sics: &Sics, name: &InstanceName) -> Result<Standing, Problem> {
    let number = number_of(sics, name).await?;
    let row = sics.store().installation(number).await?;
    if row.state != InstallationState::Installed {
        let detail = format!("{name} is {:?}", row.state).to_lowercase();
        return Err(Problem::conflict(
            "notInstalled",
            detail,
            "Look at the list of installations.",
        ));
    }
    let installing = sics.installing();
    // The version that is installed, where the catalogue still has it.
    let own = installing.offers.version(&row.product, &row.version).map_err(faulty)?;
    let offer = match own {
        Some(own) => own,
        None => offer(sics, &row.product)?,
    };
    let mut settings: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for member in sics.store().members(Some(number)).await? {
        settings.insert(member.part, member.settings);
    }
    if let Some(first) = offer.members.first()
        && let Ok(own) = installing.installer.host().settings(number).await
    {
        settings.entry(first.name.clone()).or_default().extend(own);
    }
    let present = present(&offer.template, &row.profile, &settings);
    Ok(Standing { number, offer, present })
}

impl Standing {
    /// The answers that stand with those given over them; `null` takes one away.
    pub fn wizard(&self, given: &Given, mode: Mode, language: Language) -> Result<Wizard, Problem> {
        let (new, findings) = Answers::from_json(&self.offer.template, &given.0);
        if !findings.is_empty() {
            return Err(refused(&findings, language));
        }
        let wizard = Wizard::over(self.offer.template.clone(), mode, self.present.clone());
        let mut answers = self.present.clone();
        for (name, value) in &given.0 {
            match new.get(name) {
                Some(answer) => answers.put(name, answer.clone()),
                None if value.is_null() || value == "" => drop(answers.take(name)),
                None => (),
            }
        }
        Ok(wizard.with_answers(answers))
    }
}

/// What was answered, without secrets: for changing it, or for another one like it.
pub async fn answers(State(sics): State<Sics>, Named(name): Named<InstanceName>) -> Result<Json<Value>, Problem> {
    let standing = standing(&sics, &name).await?;
    let texts = standing
        .present
        .names()
        .filter_map(|name| Some((name, standing.present.text(name)?)));
    let answers: Map<String, Value> = texts.map(|(name, text)| (name.to_owned(), text.into())).collect();
    Ok(Json(json!({"product": standing.offer.id(), "answers": answers})))
}

pub async fn change(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
    Asked(asked): Asked<LangConfirm>,
    Body(body): Body<ChangeBody>,
) -> Result<Json<InstallationView>, Problem> {
    let standing = standing(&sics, &name).await?;
    let mode = match body.sign_in {
        true => Mode::SignIn,
        false => Mode::Change,
    };
    let wizard = standing.wizard(&body.answers, mode, asked.lang)?;
    let wizard = with_proofs(sics.installing(), wizard, caller.operator.id, sics.now());
    let wizard = judged(wizard, &body.anyway, asked.lang)?;
    let mut wanted = wizard.wanted();
    wanted.product = standing.offer.id();
    wanted.by = Some(caller.loosening()?.id());
    let number = standing.number;
    let host = sics.installing().installer.host().clone();
    let findings = host.check(&wanted, Some(number)).await;
    if !findings.is_empty() {
        return Err(refused(&findings, asked.lang));
    }
    let confirmed = asked.confirm.as_ref().map(Confirmation::count);
    let intent = sics.intend(&caller, "installation.changed", &name).await?;
    host.change(number, &wanted, asked.confirm).await?;
    let installer = &sics.installing().installer;
    let of_members = standing.offer.members.iter().map(|member| {
        let settings = installer.open_settings(&standing.offer, &wanted, member);
        (member.name.clone(), settings)
    });
    let profile = Some(wanted.profile.clone());
    sics.store()
        .describe_installation(number, profile, of_members.collect())
        .await?;
    let given: Vec<&String> = body.answers.0.keys().collect();
    let detail = json!({"answered": given, "anyway": wizard.anyway(), "confirmed": confirmed, "signIn": body.sign_in});
    intent.done(&name, detail).await;
    Ok(Json(InstallationView::read(&sics, number).await?))
}
