//! Deliberate mistakes, each in a short campaign of its own, and the same judge. Nothing of them is left to chance: the
//! kill meets the bus where its mistake shows, devices take their time, and no answer is lost but by the kill.

use std::fs;

use intune_connector::model::ActionKind;
use regex::bytes::Regex;
use simulated_tenant::Conduct;

use super::bus::Stop;
use super::child;
use super::judge::Breach;
use super::lane::{self, Outcome, Plan};
use super::mistake::Mistake;
use super::moment::Moment;
use super::point;
use super::put_back::Loss;

const KILLS: usize = 2;
const DEVICES: usize = 12;
/// No repetition of these is harmless, and none of them takes the device away.
const VERBS: &[ActionKind] = &[ActionKind::RemoteLock, ActionKind::Reboot];

pub fn title(mistake: Mistake) -> &'static str {
    match mistake {
        Mistake::NoReadBack => "control: retry without read-back",
        Mistake::IntentAfterCall => "control: intent committed after the call",
        Mistake::AbsenceProves => "control: issued again on absence while effects come late",
        Mistake::SaidTooEarly => "control: acknowledged before it is durable",
        Mistake::DoneTooEarly => "control: handed over is taken for done",
        Mistake::GoneIsDone => "control: a wipe overtaken by somebody's delete is taken for done",
    }
}

fn plan(mistake: Mistake, seed: u64) -> Plan {
    let point = match mistake {
        Mistake::NoReadBack | Mistake::AbsenceProves => "AfterCall",
        Mistake::IntentAfterCall => point::SENT,
        Mistake::SaidTooEarly => point::SAID,
        Mistake::DoneTooEarly | Mistake::GoneIsDone => "AfterOutcome",
    };
    let hours = |hours: i64| Some(hours * 3_600_000);
    let conduct = Conduct {
        // Where a call goes out a second time, traces come when it is long too late: what shows as pending would stop it.
        shown_after_ms: is_sent_again(mistake).then_some(3_600_000),
        pending_ms: hours(2),
        answers: matches!(mistake, Mistake::DoneTooEarly | Mistake::GoneIsDone).then_some(false),
        ..Conduct::default()
    };
    let stop = Stop {
        point: point.to_owned(),
        nth: 1,
    };
    Plan {
        name: title(mistake).to_owned(),
        seed,
        devices: DEVICES,
        mistake: Some(mistake),
        verbs: match mistake {
            Mistake::GoneIsDone => &[ActionKind::Wipe],
            _ => VERBS,
        },
        // Where it is about that, somebody else deletes every device on which a wipe is pending.
        deletes_per_mille: if mistake == Mistake::GoneIsDone { 1_000 } else { 0 },
        kills: vec![Moment::Point(stop); KILLS],
        conduct: Some(conduct),
        loss: None,
    }
}

fn is_sent_again(mistake: Mistake) -> bool {
    match mistake {
        Mistake::NoReadBack | Mistake::IntentAfterCall | Mistake::AbsenceProves => true,
        Mistake::SaidTooEarly | Mistake::DoneTooEarly | Mistake::GoneIsDone => false,
    }
}

fn expected(mistake: Mistake) -> Breach {
    match mistake {
        Mistake::NoReadBack | Mistake::IntentAfterCall | Mistake::AbsenceProves => Breach::Double,
        Mistake::SaidTooEarly => Breach::Lost,
        Mistake::DoneTooEarly | Mistake::GoneIsDone => Breach::Untrue,
    }
}

/// Whether the judge caught it; a complaint about something else does not count.
pub async fn is_caught(mistake: Mistake, seed: u64) -> bool {
    let Outcome { complaints, .. } = lane::run(plan(mistake, seed)).await;
    let caught = complaints
        .iter()
        .find(|complaint| complaint.breach == expected(mistake));
    match caught {
        Some(complaint) => println!("{}: caught, {}", title(mistake), complaint.text),
        None => println!("{}: NOT CAUGHT ({complaints:?})", title(mistake)),
    }
    caught.is_some()
}

/// The same for a bus whose marks go back with it, so that it can't notice; and traces come when it is long too late.
pub async fn unnoticed_is_caught(seed: u64) -> bool {
    let title = "control: a bus that can't notice that it was put back";
    let conduct = Conduct {
        shown_after_ms: Some(3_600_000),
        ..Conduct::default()
    };
    let plan = Plan {
        name: title.to_owned(),
        seed,
        devices: DEVICES,
        mistake: None,
        verbs: VERBS,
        kills: Vec::new(),
        deletes_per_mille: 0,
        conduct: Some(conduct),
        loss: Some(Loss::WithMarks),
    };
    let Outcome { complaints, .. } = lane::run(plan).await;
    let is = |breach| complaints.iter().find(|complaint| complaint.breach == breach);
    match (is(Breach::Double), is(Breach::Unnoticed)) {
        (Some(twice), Some(_)) => println!("{title}: caught, {}", twice.text),
        _ => println!("{title}: NOT CAUGHT ({complaints:?})"),
    }
    is(Breach::Double).is_some() && is(Breach::Unnoticed).is_some()
}

/// Whether the product's own binary knows nothing of all this: the texts by which a child is told to do wrong are in
/// this program, and not in that one.
pub fn product_is_clean() -> bool {
    let told = [child::FOLDER, child::MISTAKE, point::POINT];
    let mistakes = Mistake::ALL.into_iter().map(Mistake::name);
    let texts: Vec<&str> = mistakes.chain(told).collect();
    let here = fs::read(std::env::current_exe().unwrap()).unwrap();
    let product = fs::read(env!("CARGO_BIN_EXE_intune-connector")).unwrap();
    let holds = |program: &[u8], text: &str| Regex::new(&regex::escape(text)).unwrap().is_match(program);
    texts.iter().all(|text| holds(&here, text) && !holds(&product, text))
}
