//! Automation rules: the list, the form of one, its switch, and trying it on the past.

use super::actions::{self, Choices};
use super::{Wrong, answered};
use crate::desk::fields;
use crate::desk::rules::trial::{self, Trial};
use crate::desk::rules::{self, Rule};
use crate::domain::id::Seq;
use crate::domain::moment::Moment;
use crate::domain::rule::{
    About, After, Condition, Definition, FIELDS, Lasting, OWN, TALK_EVENTS, TICKET_EVENTS, Test,
};
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::sentences;
use crate::web::visit::Visit;
use serde::Serialize;
use std::collections::BTreeMap;

/// What conditions can look at: the desk's own fields come last.
fn looked_at(now: &Now<'_>) -> Result<Vec<(String, String)>> {
    let known = FIELDS.map(|(name, words)| (name.to_owned(), words.to_owned()));
    let own = fields::list(now)?
        .into_iter()
        .filter(|field| !field.retired);
    let own = own.map(|field| (format!("{OWN}{}", field.name), field.definition.label));
    Ok(known.into_iter().chain(own).collect())
}

/// Where the rules are.
const PLACE: &str = "/settings/rules";
/// Runs shown beside a rule.
const RUNS: u32 = 10;

/// `settings/rules.html`
#[derive(Debug, Clone, Serialize)]
pub struct RulesPage {
    /// The rules.
    pub rules: Vec<RuleRow>,
    /// Whether the rules that close after silence can be added.
    pub auto_close: bool,
    /// What is wrong, by field.
    pub wrong: Wrong,
}

/// One rule in the list.
#[derive(Debug, Clone, Serialize)]
pub struct RuleRow {
    /// Its number.
    pub id: u64,
    /// What it is called.
    pub name: String,
    /// The newest version.
    pub version: u32,
    /// Whether it runs.
    pub on: bool,
    /// Why it cannot run.
    pub trouble: Option<String>,
    /// What it answers, in English.
    pub when: Vec<String>,
    /// What it does, in English.
    pub then: Vec<String>,
    /// How often it ran.
    pub ran: u64,
    /// How often it was cut.
    pub cut: u64,
    /// The event that wrote or switched it last.
    pub seq: u64,
}

/// `settings/rule.html`: one rule, or a new one.
#[derive(Debug, Clone, Serialize)]
pub struct RulePage {
    /// The rule; none for a new one.
    pub rule: Option<RuleRow>,
    /// Where the form goes.
    pub action: String,
    /// The form's values.
    pub values: BTreeMap<String, String>,
    /// The events that are ticked.
    pub ticked: Vec<String>,
    /// Events to choose from, by what a rule is about: name and words in English.
    pub events: Vec<(&'static str, Vec<(&'static str, &'static str)>)>,
    /// What can last, name and words.
    pub lasting: Vec<(&'static str, &'static str)>,
    /// What conditions look at, name and words.
    pub fields: Vec<(String, String)>,
    /// How they compare, name and words.
    pub tests: Vec<(&'static str, &'static str)>,
    /// How many rows of conditions the form has.
    pub conditions: usize,
    /// What actions can choose from.
    pub choices: Choices,
    /// What it did last: event, object, when, whether it was cut.
    pub runs: Vec<(u64, String, Moment, bool)>,
    /// What came of a trial.
    pub trial: Option<TrialShown>,
    /// What is wrong, by field.
    pub wrong: Wrong,
}

/// What a rule would have done.
#[derive(Debug, Clone, Serialize)]
pub struct TrialShown {
    /// On how many days it was tried.
    pub days: i64,
    /// How many events were looked at.
    pub looked_at: u64,
    /// How often it would have run.
    pub count: u64,
    /// What it would have done: object, when, the event it answers, sentences.
    pub answers: Vec<(String, Moment, Option<u64>, Vec<String>)>,
}

/// `GET /settings/rules`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    list(visit, Wrong::new())
}

fn list(visit: &Visit<'_>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let known = rules::list(&now)?;
    let page = RulesPage {
        auto_close: !known.iter().any(|rule| rule.name.starts_with("Silence: ")),
        rules: known
            .iter()
            .map(|rule| row(&now, rule))
            .collect::<Result<_>>()?,
        wrong,
    };
    visit.page(&now, "settings/rules.html", &page)
}

/// `POST /settings/rules`: a new one, or those that come with the product.
pub fn add(visit: &Visit<'_>) -> Result<Response> {
    if visit.field("shipped") == "auto_close" {
        return answered(
            visit.record(rules::auto_close),
            |_| visit.went_well(PLACE, "Added, switched off. Read them, then switch them on"),
            |wrong| list(visit, wrong),
        );
    }
    save(visit, None)
}

/// `GET /settings/rules/3`, or `new`; `?try=7` tries it on the last days.
pub fn show(visit: &Visit<'_>, of: &str) -> Result<Response> {
    let id = place(of)?;
    let days = visit.query("try").and_then(|days| days.parse::<i64>().ok());
    let (trial, wrong) = match (id, days) {
        (Some(id), Some(days)) => {
            let rule = rules::get(&visit.now()?, id)?;
            match trial::run(&visit.app.ledger, &rule, days) {
                Ok(trial) => (Some((days, trial)), Wrong::new()),
                Err(Error::Refusal(refusal)) => {
                    (None, Wrong::from([("days".to_owned(), refusal.text)]))
                }
                Err(fault) => return Err(fault),
            }
        }
        _ => (None, Wrong::new()), // a new one has nothing to try
    };
    page(visit, id, trial, wrong)
}

/// `POST /settings/rules/3`
pub fn change(visit: &Visit<'_>, of: &str) -> Result<Response> {
    save(visit, place(of)?)
}

fn save(visit: &Visit<'_>, id: Option<u64>) -> Result<Response> {
    let (name, definition) = (visit.field("name").to_owned(), definition(visit));
    answered(
        definition.and_then(|definition| {
            visit.record(move |now| rules::save(now, id, &name, definition))
        }),
        |receipt| {
            let saved = receipt.facts.first().map(|(_, event)| event);
            let id = match saved {
                Some(crate::domain::event::Event::Rule(
                    crate::domain::event::rules::RuleEvent::Saved { rule, .. },
                )) => Some(*rule),
                _ => id, // as it was
            };
            let to = id.map_or_else(|| PLACE.to_owned(), |id| format!("{PLACE}/{id}"));
            visit.went_well(&to, "Saved. Try it on the past, then switch it on")
        },
        |wrong| page(visit, id, None, wrong),
    )
}

/// `POST /settings/rules/3/state`
pub fn switch(visit: &Visit<'_>, of: &str) -> Result<Response> {
    let Some(id) = place(of)? else {
        return Err(Refusal::not_found("save the rule first").into());
    };
    let on = visit.field("state") == "on";
    let said = if on {
        "It runs from now on"
    } else {
        "Switched off"
    };
    answered(
        visit.record(move |now| rules::switch(now, id, on)),
        |_| visit.went_well(&visit.back(PLACE), said),
        |wrong| list(visit, wrong),
    )
}

/// The number of a rule in an address; none for a new one.
fn place(of: &str) -> Result<Option<u64>> {
    if of == "new" {
        return Ok(None);
    }
    let id = of.parse();
    id.map(Some)
        .map_err(|_| Refusal::not_found(format!("there is no rule {of}")).into())
}

/// Reads the form.
fn definition(visit: &Visit<'_>) -> Result<Definition> {
    let wrong = |field: &'static str| move |error: String| Refusal::invalid(error).at(field);
    let about: About = visit.field("about").parse().map_err(wrong("about"))?;
    let prefix = format!("{}:", about.as_str());
    let ticked = visit.form.all("when").into_iter();
    let after = match visit.field("lasting") {
        "" => None,
        what => Some(After {
            what: what.parse::<Lasting>().map_err(wrong("after"))?,
            hours: visit.field("hours").trim().parse().map_err(|_| {
                let text = format!("{} is not a whole number of hours", visit.field("hours"));
                Refusal::invalid(text).at("after")
            })?,
        }),
    };
    let mut conditions = Vec::new();
    for n in 1..=rules::CONDITIONS_MAX {
        let field = visit.field(&format!("field_{n}"));
        if field.is_empty() {
            continue;
        }
        let test = visit.field(&format!("test_{n}"));
        conditions.push(Condition {
            field: field.to_owned(),
            test: test.parse::<Test>().map_err(wrong("conditions"))?,
            value: visit.field(&format!("value_{n}")).trim().to_owned(),
        });
    }
    Ok(Definition {
        about,
        when: ticked
            .filter_map(|event| event.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect(),
        after,
        conditions,
        then: actions::read(visit)?,
    })
}

fn page(
    visit: &Visit<'_>,
    id: Option<u64>,
    trial: Option<(i64, Trial)>,
    wrong: Wrong,
) -> Result<Response> {
    let now = visit.now()?;
    let known = id.map(|id| rules::get(&now, id)).transpose()?;
    let (mut values, mut ticked) = match known.as_ref().and_then(|rule| rule.definition.as_ref()) {
        Some(said) => shown(said),
        None => Default::default(), // a new one, or erased
    };
    if let Some(rule) = &known {
        values.insert("name".to_owned(), rule.name.clone());
    }
    if !visit.form.fields.is_empty() {
        values = visit.form.fields.iter().cloned().collect();
        ticked = visit
            .form
            .all("when")
            .into_iter()
            .map(str::to_owned)
            .collect();
    }
    let runs = match id {
        Some(id) => rules::runs(&now, id, RUNS)?,
        None => Vec::new(),
    };
    let page = RulePage {
        rule: known.as_ref().map(|rule| row(&now, rule)).transpose()?,
        action: id.map_or_else(|| PLACE.to_owned(), |id| format!("{PLACE}/{id}")),
        values,
        ticked,
        events: vec![
            ("conversation", TALK_EVENTS.into()),
            ("ticket", TICKET_EVENTS.into()),
        ],
        lasting: Lasting::ALL
            .map(|(what, words)| (what.as_str(), words))
            .into(),
        fields: looked_at(&now)?,
        tests: Test::ALL.map(|(test, words)| (test.as_str(), words)).into(),
        conditions: rules::CONDITIONS_MAX,
        choices: actions::choices(visit, &now)?,
        runs: runs
            .into_iter()
            .map(|(seq, object, at, cut)| (seq.0, object.to_string(), at, cut))
            .collect(),
        trial: match (trial, &known) {
            (Some((days, trial)), Some(rule)) => Some(tried(visit, rule, days, trial)),
            _ => None, // not asked for
        },
        wrong,
    };
    visit.page(&now, "settings/rule.html", &page)
}

/// A definition as the form shows it: values, ticked events.
fn shown(said: &Definition) -> (BTreeMap<String, String>, Vec<String>) {
    let mut values = actions::values(&said.then);
    let about = said.about.as_str();
    values.insert("about".to_owned(), about.to_owned());
    if let Some(after) = said.after {
        values.insert("lasting".to_owned(), after.what.as_str().to_owned());
        values.insert("hours".to_owned(), after.hours.to_string());
    }
    for (condition, n) in said.conditions.iter().zip(1..) {
        values.insert(format!("field_{n}"), condition.field.clone());
        values.insert(format!("test_{n}"), condition.test.as_str().to_owned());
        values.insert(format!("value_{n}"), condition.value.clone());
    }
    let ticked = said.when.iter().map(|event| format!("{about}:{event}"));
    (values, ticked.collect())
}

fn row(now: &Now<'_>, rule: &Rule) -> Result<RuleRow> {
    let (ran, cut) = rules::count(now, rule.id)?;
    let said = rule.definition.as_ref();
    let words = |name: &String| {
        let mut known = TALK_EVENTS.iter().chain(&TICKET_EVENTS);
        let found = known.find(|(known, _)| known == name);
        found.map_or_else(|| name.clone(), |(_, words)| (*words).to_owned())
    };
    let mut when: Vec<String> = said
        .map(|said| said.when.iter().map(words).collect())
        .unwrap_or_default();
    if let Some(after) = said.and_then(|said| said.after) {
        let mut all = Lasting::ALL.into_iter();
        let what = all.find(|(what, _)| *what == after.what);
        let what = what.map_or("", |(_, words)| words);
        when.push(format!("{what}, for {} h", after.hours));
    }
    Ok(RuleRow {
        id: rule.id,
        name: rule.name.clone(),
        version: rule.version,
        on: rule.on,
        trouble: rules::trouble(now, rule)?,
        when,
        then: match said {
            Some(said) => actions::told(now, &said.then)?,
            None => Vec::new(),
        },
        ran,
        cut,
        seq: rule.seq.0,
    })
}

/// What a rule would have done, in sentences.
fn tried(visit: &Visit<'_>, rule: &Rule, days: i64, trial: Trial) -> TrialShown {
    let actor = rules::who(rule).actor;
    let answers = trial.answers.into_iter().map(|answer| {
        let said = answer.facts.iter().skip(1); // the first says that the rule ran
        let said: Vec<String> = said
            .map(|fact| sentences::foretold(visit.language(), &actor, &fact.event))
            .collect();
        let said = match answer.facts.first() {
            Some(fact) if said.is_empty() => {
                vec![sentences::foretold(visit.language(), &actor, &fact.event)]
            }
            _ => said, // what it would have done
        };
        let trigger = answer.trigger.map(|Seq(seq)| seq);
        (answer.object.to_string(), answer.at, trigger, said)
    });
    TrialShown {
        days,
        looked_at: trial.looked_at,
        count: trial.count,
        answers: answers.collect(),
    }
}
