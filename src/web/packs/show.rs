//! The pages and forms of packs.

use super::{AnswerRow, PackLine, PackPage, PacksPage, PinRow};
use crate::desk::audit::filter::{self, Condition, Filter, Test};
use crate::desk::packs::{self, Pack, SIDES_MAX, Words, answers};
use crate::desk::{audit, evidence, members, privacy, timeline};
use crate::domain::id::{MemberId, Object, Seq};
use crate::domain::member::{Right, Role};
use crate::domain::pack::{Outcome, Side};
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Receipt};
use crate::web::audit::EventRow;
use crate::web::audit::explorer::{link, row_at};
use crate::web::exchange::Response;
use crate::web::privacy::Removed;
use crate::web::refused::{shown, wrong};
use crate::web::text::Language;
use crate::web::visit::Visit;
use data_encoding::BASE64;
use std::collections::BTreeMap;

/// Most packs listed.
const LISTED: u32 = 200;

/// Events of the case offered for pinning, and of the pack's own history.
const OFFERED: u32 = 60;

/// `GET /packs`: all of them, for those who read the trail; else those shared with the reader.
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    list(visit, None)
}

fn list(visit: &Visit<'_>, refused: Option<Refusal>) -> Result<Response> {
    let now = visit.now()?;
    let only = match visit.may(Right::Audit) {
        true => None,
        false => Some(visit.member.id),
    };
    let undecided = visit.query("show") == Some("undecided");
    let found = packs::list(&now, None, only, undecided, LISTED)?;
    let mut typed: BTreeMap<String, String> = BTreeMap::new();
    if let Some(object) = visit.query("on") {
        typed.insert("object".to_owned(), object.to_owned());
    }
    typed.extend(visit.form.fields.iter().cloned());
    let page = PacksPage {
        packs: found.iter().map(in_one_line).collect(),
        undecided,
        may: packs::may(visit.member.role),
        typed,
        wrong: wrong(refused.as_ref()),
    };
    let response = visit.page(&now, "packs/index.html", &page)?;
    Ok(response.with_status(refused.map_or(200, |refusal| refusal.status())))
}

/// `POST /packs`: opens one.
pub fn open(visit: &Visit<'_>) -> Result<Response> {
    let title = visit.field("title").to_owned();
    let object = audit::parse_object(&visit.field("object").to_uppercase());
    let opened =
        object.and_then(|object| visit.record(move |now| packs::open(now, object, &title)));
    match opened {
        Ok(receipt) => {
            let id = receipt.facts.iter().find_map(|(_, event)| match event {
                crate::domain::event::Event::Pack(
                    crate::domain::event::pack::PackEvent::Opened { pack, .. },
                ) => Some(*pack),
                _ => None, // one wish opens one pack
            });
            let pack = id.unwrap_or_default();
            let place = match visit.field("back").is_empty() {
                true => format!("/packs/{pack}"),
                false => format!("{}?pack={pack}#case-told", visit.back("/packs")),
            };
            Ok(visit.went_well(&place, "Opened the pack. Pin what happened, then write."))
        }
        Err(Error::Refusal(refusal)) if shown(&refusal) => list(visit, Some(refusal)),
        Err(error) => Err(error),
    }
}

/// `GET /packs/3`
pub fn show(visit: &Visit<'_>, pack: u64) -> Result<Response> {
    page(visit, pack, None)
}

/// `POST /packs/3/answers`: somebody concerned says their part.
pub fn answer(visit: &Visit<'_>, pack: u64) -> Result<Response> {
    let text = visit.field("answer").to_owned();
    match visit.record(move |now| answers::answer(now, pack, &text)) {
        Ok(_) => Ok(visit.went_well(&format!("/packs/{pack}"), "Recorded.")),
        Err(Error::Refusal(refusal)) if shown(&refusal) => page(visit, pack, Some(refusal)),
        Err(error) => Err(error),
    }
}

/// `POST /packs/3/ACT`: `pins`, `unpinning`, `words`, `decision`, `reopening`, `sharing`.
pub fn act(visit: &Visit<'_>, pack: u64, act: &str) -> Result<Response> {
    let field = |name: &str| visit.field(name).to_owned();
    let done: Result<Receipt> = match act {
        "pins" => event(visit).and_then(|event| {
            let remark = field("remark");
            visit.record(move |now| packs::pin(now, pack, event, &remark))
        }),
        "unpinning" => {
            event(visit).and_then(|event| visit.record(move |now| packs::unpin(now, pack, event)))
        }
        "words" => {
            let sides = visit
                .form
                .all("who")
                .into_iter()
                .zip(visit.form.all("says"));
            let words = Words {
                title: field("title"),
                sides: sides
                    .map(|(who, says)| Side {
                        who: who.to_owned(),
                        says: says.to_owned(),
                    })
                    .collect(),
                finding: field("finding"),
            };
            visit.record(move |now| packs::write(now, pack, words))
        }
        "decision" => {
            let outcome = field("outcome").parse::<Outcome>();
            let outcome = outcome.map_err(|text| Refusal::invalid(text).at("outcome").into());
            let decision = field("decision");
            outcome.and_then(|outcome| {
                visit.record(move |now| packs::decide(now, pack, outcome, &decision))
            })
        }
        "reopening" => {
            let why = field("why");
            visit.record(move |now| packs::reopen(now, pack, &why))
        }
        "sharing" => {
            let member = field("member").parse::<MemberId>();
            let member = member.map_err(|text| Refusal::invalid(text).at("member").into());
            member.and_then(|member| visit.record(move |now| packs::share(now, pack, member)))
        }
        other => Err(Refusal::not_found(format!("a pack has no {other}")).into()),
    };
    match done {
        Ok(_) => {
            let mut back = visit.back(&format!("/packs/{pack}"));
            if act.contains("pin") && !visit.field("back").is_empty() {
                back = format!("{back}#e{}", visit.field("event")); // to the line in the case
            }
            Ok(visit.went_well(&back, "Recorded."))
        }
        Err(Error::Refusal(refusal)) if shown(&refusal) => page(visit, pack, Some(refusal)),
        Err(error) => Err(error),
    }
}

fn event(visit: &Visit<'_>) -> Result<Seq> {
    let text = visit.field("event").trim().trim_start_matches('#');
    let seq = text.parse::<Seq>();
    seq.map_err(|text| Refusal::invalid(text).at("event").into())
}

/// A pack in one line.
pub fn in_one_line(pack: &Pack) -> PackLine {
    PackLine {
        id: pack.id,
        title: pack.title.clone(),
        object: link(pack.object),
        outcome: pack.outcome.map(Outcome::words),
        opened_at: pack.opened_at,
    }
}

/// Refuses those it is not shared with, unless they read the trail.
pub fn demand(visit: &Visit<'_>, now: &Now<'_>, pack: u64) -> Result<Pack> {
    let known = packs::get(now, pack);
    let shared = packs::shared_with(now, pack)?.contains(&visit.member.id);
    if !shared && !visit.may(Right::Audit) {
        return Err(Refusal::not_found(format!("no pack {pack} is shared with you")).into());
    }
    known
}

fn page(visit: &Visit<'_>, pack: u64, refused: Option<Refusal>) -> Result<Response> {
    let now = visit.now()?;
    let known = demand(visit, &now, pack)?;
    let language = visit.language();
    let pins = pins(&now, language, pack)?;
    let may = packs::may(visit.member.role);
    let objects = evidence::case(&now, known.object)?;
    let about = Filter {
        more: vec![Condition {
            not: false,
            any: objects.into_iter().map(Test::Object).collect(),
        }],
        ..Filter::default()
    };
    let shared = packs::shared_with(&now, pack)?;
    let staff = members::list(&now)?;
    let mut sides: Vec<(String, String)> = known
        .sides
        .iter()
        .map(|side| (side.who.clone(), side.says.clone()))
        .collect();
    let typed = visit.form.all("who");
    if !typed.is_empty() {
        let said = visit.form.all("says");
        sides = typed
            .into_iter()
            .zip(said)
            .map(|(who, says)| (who.to_owned(), says.to_owned()))
            .collect();
    }
    let undecided = known.outcome.is_none();
    if undecided {
        sides.resize(sides.len().clamp(2, SIDES_MAX), Default::default());
    }
    let numbers: Vec<String> = pins.iter().map(|pin| pin.event.seq.to_string()).collect();
    let page = PackPage {
        pack: in_one_line(&known),
        sides,
        finding: known.finding.clone().unwrap_or_default(),
        decision: known.decision.clone(),
        decided_at: known.decided_at,
        offered: match may && undecided {
            true => rows(&now, language, filter::all(&now, &about, OFFERED)?)?,
            false => Vec::new(),
        },
        pins,
        shared: staff
            .iter()
            .filter(|member| shared.contains(&member.id))
            .map(|member| member.name.clone())
            .collect(),
        answers: answered(&now, language, pack)?,
        may_answer: visit.member.role != Role::Auditor
            && (may || shared.contains(&visit.member.id)),
        case_href: format!("{}/case", case_of(known.object)),
        members: staff
            .iter()
            .filter(|member| member.active && !shared.contains(&member.id))
            .map(|member| (member.id.to_string(), member.name.clone()))
            .collect(),
        outcomes: Outcome::ALL
            .map(|outcome| (outcome.as_str(), outcome.words()))
            .into(),
        history: history(&now, language, &known)?,
        may,
        may_export: visit.may(Right::Export),
        question: match numbers.is_empty() {
            true => String::new(),
            false => format!("seq:{}", numbers.join(",")),
        },
        typed: visit.form.fields.iter().cloned().collect(),
        wrong: wrong(refused.as_ref()),
    };
    let response = visit.page(&now, "packs/show.html", &page)?;
    Ok(response.with_status(refused.map_or(200, |refusal| refusal.status())))
}

/// The page of the case a pack is about.
fn case_of(object: Object) -> String {
    link(object).href.unwrap_or_default()
}

/// What was answered to a pack.
pub fn answered(now: &Now<'_>, language: Language, pack: u64) -> Result<Vec<AnswerRow>> {
    let found = answers::all(now, pack)?.into_iter();
    found
        .map(|answer| {
            let erased = match answer.text {
                Some(_) => None,
                None => privacy::erasure_of(now, answer.seq, "answer")?,
            };
            Ok(AnswerRow {
                seq: answer.seq.0,
                name: answer.name,
                at: answer.at,
                removed: erased.map(|erased| Removed::of(language, &erased)),
                text: answer.text,
            })
        })
        .collect()
}

/// The pinned events of a pack, in the order they happened.
pub fn pins(now: &Now<'_>, language: Language, pack: u64) -> Result<Vec<PinRow>> {
    let mut pins = Vec::new();
    for pin in packs::pins(now, pack)? {
        let (recorded, event) = row_at(now, language, pin.event)?;
        let article = timeline::article(now, pin.event)?;
        let erased = article.as_ref().and_then(|article| article.erased.as_ref());
        let removed = erased.map(|erased| Removed::of(language, erased));
        let said = article.and_then(|article| article.said);
        let said = said.map(|said| said.content.text_for_search());
        let said = said.filter(|said| !event.sentence.contains(said.trim())); // once is enough
        pins.push(PinRow {
            event,
            remark: pin.remark,
            said,
            removed,
            stands: BASE64.encode(&recorded.leaf) == pin.leaf,
            leaf: pin.leaf,
        });
    }
    Ok(pins)
}

/// What happened to a pack, oldest first.
pub fn history(now: &Now<'_>, language: Language, known: &Pack) -> Result<Vec<EventRow>> {
    let own = Filter {
        event: Some("pack".to_owned()),
        objects: vec![known.object],
        ..Filter::default()
    };
    let mut history = filter::all(now, &own, OFFERED)?;
    history.retain(|seq| tells_of(now, *seq, known.id).unwrap_or(false));
    history.reverse();
    rows(now, language, history)
}

fn rows(now: &Now<'_>, language: Language, places: Vec<Seq>) -> Result<Vec<EventRow>> {
    let rows = places.into_iter();
    rows.map(|seq| row_at(now, language, seq).map(|(_, row)| row))
        .collect()
}

/// Whether an event is one of this pack's own.
fn tells_of(now: &Now<'_>, seq: Seq, pack: u64) -> Result<bool> {
    let data = audit::get(now, seq)?.entry.data;
    Ok(data.get("pack").and_then(serde_json::Value::as_u64) == Some(pack))
}
