//! Views of a list that are kept under a name: beside the list, one's own and everybody's.

use crate::desk::views;
use crate::error::Result;
use crate::ledger::Now;
use crate::web::exchange::Response;
use crate::web::visit::Visit;
use serde::Serialize;

/// What belongs to a place in a list, not to the list.
const PLACES: [&str; 6] = ["after", "before", "trail", "open", "step", "live"];

/// Views whose rows are counted.
const COUNTED: usize = 20;

/// The views kept of a list, and what keeps the present one.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Kept {
    /// Where the list is: `/tickets`.
    pub path: &'static str,
    /// The query to keep.
    pub query: String,
    /// One's own first.
    pub views: Vec<KeptView>,
    /// Whether the reader may keep views for everybody.
    pub may_share: bool,
}

/// A view that was kept.
#[derive(Debug, Clone, Serialize)]
pub struct KeptView {
    /// Which.
    pub id: u64,
    /// How it is called.
    pub name: String,
    /// Its address.
    pub href: String,
    /// How many rows it has; none if they were not counted.
    pub count: Option<u64>,
    /// Whether everybody has it.
    pub shared: bool,
    /// Whether the reader may remove it.
    pub removable: bool,
    /// Whether it is the present page.
    pub here: bool,
}

/// The values of a view's query.
pub struct Asked(Vec<(String, String)>);

impl Asked {
    /// A value, if it is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

/// The views of a list as this reader has them; `count` counts the rows of one.
pub fn kept(
    visit: &Visit<'_>,
    now: &Now<'_>,
    list: &'static str,
    count: impl Fn(&Asked) -> Result<Option<u64>>,
) -> Result<Kept> {
    let member = (visit.member.id, visit.member.role);
    let query = query(visit);
    let mut kept = Vec::new();
    for (place, view) in views::list(now, list, member.0)?.into_iter().enumerate() {
        let asked = Asked(
            form_urlencoded::parse(view.query.as_bytes())
                .into_owned()
                .collect(),
        );
        kept.push(KeptView {
            id: view.id,
            href: address(list, &view.query),
            count: if place < COUNTED {
                count(&asked)?
            } else {
                None
            },
            shared: view.owner.is_none(),
            removable: view.owner.is_some() || views::may_share(member.1),
            here: view.query == query,
            name: view.name,
        });
    }
    Ok(Kept {
        path: path(list),
        query,
        views: kept,
        may_share: views::may_share(member.1),
    })
}

/// `POST /tickets/views`, `POST /inbox/views`: keeps what the list is asked for.
pub fn save(visit: &Visit<'_>, list: &'static str) -> Result<Response> {
    let (name, query) = (
        visit.field("name").to_owned(),
        visit.field("query").to_owned(),
    );
    let shared = visit.field("shared") == "yes";
    let member = (visit.member.id, visit.member.role);
    let place = address(list, &query);
    visit.record(move |now| views::save(now, list, &name, &query, member, shared))?;
    Ok(visit.went_well(&place, "Kept this view."))
}

/// `POST /tickets/views/3/removal`, `POST /inbox/views/3/removal`
pub fn remove(visit: &Visit<'_>, list: &'static str, view: u64) -> Result<Response> {
    let member = (visit.member.id, visit.member.role);
    visit.record(move |now| views::remove(now, list, view, member))?;
    Ok(visit.went_well(&visit.back(path(list)), "Removed the view."))
}

fn path(list: &'static str) -> &'static str {
    match list {
        "tickets" => "/tickets",
        _ => "/inbox",
    }
}

fn address(list: &'static str, query: &str) -> String {
    match query {
        "" => path(list).to_owned(),
        query => format!("{}?{query}", path(list)),
    }
}

/// What the present page asks its list for, in the order it was asked.
fn query(visit: &Visit<'_>) -> String {
    let asked = visit.request.query.iter();
    let asked = asked.filter(|(name, value)| !value.is_empty() && !PLACES.contains(&name.as_str()));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(asked)
        .finish()
}
