//! Evidence to take away: what a bundle would hold, what may be left out of it, and the bundle.

use super::asked::Wanted as Question;
use crate::desk::audit::asked::Asked;
use crate::desk::audit::parse_object;
use crate::desk::evidence::{self, Which};
use crate::desk::packs;
use crate::domain::id::Object;
use crate::error::{Refusal, Result};
use crate::evidence::{Package, Wanted, What, make, sum_of};
use crate::export::Exported;
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::exports::{self, Form};
use crate::web::visit::{Visit, zone};
use serde::Serialize;

/// Sealed fields one may withhold by ticking, where they are not counted first.
const FIELDS: [&str; 12] = [
    "contact",
    "email",
    "fields",
    "identities",
    "media",
    "name",
    "origin",
    "raw",
    "reason",
    "said",
    "summary",
    "title",
];

/// `audit/evidence.html`
#[derive(Debug, Clone, Serialize)]
pub struct EvidencePage {
    /// The ticket, conversation or customer whose case it is.
    pub case: Option<String>,
    /// The pack it is the ground of.
    pub pack: Option<u64>,
    /// How many events are pinned to that.
    pub pins: usize,
    /// Its page.
    pub case_href: Option<String>,
    /// All objects of the case.
    pub objects: Vec<String>,
    /// The question; empty for a case and for the whole trail.
    pub question: String,
    /// How many events it would hold at this moment.
    pub events: u64,
    /// Sealed fields that may be left out, and how many there are, where they were counted.
    pub fields: Vec<(String, Option<u64>)>,
    /// The desk's key, to be given on another way.
    pub vkey: String,
}

/// What is asked for.
enum Chosen {
    Case(Object),
    Pack(u64),
    Filter(Box<Asked>),
}

/// `GET /audit/evidence`
///
/// **Refuses:** a case that is not there, a filter that cannot be read.
pub fn show(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let size = now.next_seq().0;
    let chosen = {
        let asked = |name: &str| visit.query(name).into_iter().collect();
        chosen(visit, asked)?
    };
    let mut page = EvidencePage {
        case: None,
        pack: None,
        pins: 0,
        case_href: None,
        objects: Vec::new(),
        question: String::new(),
        events: size,
        fields: FIELDS.map(|field| (field.to_owned(), None)).to_vec(),
        vkey: visit.app.ledger.verifier().text(),
    };
    match chosen {
        Chosen::Case(object) => {
            let objects = evidence::case(&now, object)?;
            let found = evidence::of_objects(&now, &objects, &[], size)?;
            page.events = found.count();
            page.fields = counted(&now, &found)?;
            page.objects = objects.iter().map(ToString::to_string).collect();
            page.case_href = super::explorer::link(object).href;
            page.case = Some(object.to_string());
        }
        Chosen::Pack(pack) => {
            let (objects, pins) = evidence::pack(&now, pack, size)?;
            let found = evidence::of_objects(&now, &objects, &pins, size)?;
            page.events = found.count();
            page.fields = counted(&now, &found)?;
            page.objects = objects.iter().map(ToString::to_string).collect();
            page.case_href = Some(format!("/packs/{pack}"));
            (page.pack, page.pins) = (Some(pack), pins.len());
        }
        Chosen::Filter(asked) if asked.text.is_empty() => {}
        Chosen::Filter(asked) => {
            let found: Which = evidence::matching(&now, &asked.filter, size)?;
            page.events = found.count();
            page.question = asked.text;
        }
    }
    visit.page(&now, "audit/evidence.html", &page)
}

/// `POST /audit/evidence`: the bundle as a zip file, made and kept like every export.
///
/// **Refuses:** what the page refuses.
pub fn take(visit: &Visit<'_>) -> Result<Response> {
    let (what, name) = match chosen(visit, |name| visit.form.all(name))? {
        Chosen::Case(object) => (What::Case(object), object.to_string()),
        Chosen::Pack(pack) => (What::Pack(pack), format!("P-{pack}")),
        Chosen::Filter(asked) if asked.text.is_empty() => (What::All, "trail".to_owned()),
        Chosen::Filter(asked) => {
            let filter = What::Filter(Box::new(asked.filter), asked.text);
            (filter, "selection".to_owned())
        }
    };
    let withhold = visit.form.all("withhold").into_iter();
    let withhold = withhold.map(str::to_owned).collect();
    let wanted = Wanted { what, withhold };
    wanted.demand(&visit.now()?)?;
    let form = Form::zip(format!("evidence-{name}"));
    exports::take(visit, form, move |ledger, who, file, told| {
        let package = Package::zip(file);
        let made = make(ledger, who, &wanted, package, &mut |step, all, done| {
            told(step, done, all);
        })?;
        Ok(Exported {
            rows: made.entries,
            digest: sum_of(file)?, // of the zip file; the event names that of what it holds
            size: made.size,
            seq: made.seq,
        })
    })
}

fn chosen<'a>(visit: &Visit<'_>, value: impl Fn(&str) -> Vec<&'a str>) -> Result<Chosen> {
    let given = |name: &str| value(name).into_iter().find(|text| !text.trim().is_empty());
    if let Some(pack) = given("pack") {
        return Ok(Chosen::Pack(packs::parse(pack)?));
    }
    if let Some(case) = given("case") {
        return Ok(Chosen::Case(parse_object(case)?));
    }
    let zone = zone(&visit.member.preferences.zone);
    let asked = Question::read(&visit.now()?, value, &zone)?.asked;
    match asked.mistakes.into_iter().next() {
        Some(mistake) => Err(Refusal::invalid(mistake.text).into()),
        None => Ok(Chosen::Filter(Box::new(Asked {
            mistakes: Vec::new(),
            ..asked
        }))),
    }
}

fn counted(now: &Now<'_>, which: &Which) -> Result<Vec<(String, Option<u64>)>> {
    let fields = evidence::fields(now, which)?.into_iter();
    Ok(fields.map(|(field, times)| (field, Some(times))).collect())
}
