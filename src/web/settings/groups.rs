//! Groups: made, named, filled.

use super::{GroupRow, GroupsPage, Wrong, answered, typed};
use crate::desk::{assignment, groups, members};
use crate::domain::assignment::{Method, Rule};
use crate::domain::id::{GroupId, MemberId};
use crate::error::{Refusal, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;

/// `GET /settings/groups`
pub fn index(visit: &Visit<'_>) -> Result<Response> {
    list(visit, Wrong::new())
}

fn list(visit: &Visit<'_>, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let rows = groups::list(&now)?.into_iter().map(|group| {
        let (rule, _) = assignment::rule(&now, group.id)?;
        Ok(GroupRow {
            id: group.id.to_string(),
            name: group.name,
            members: group.members.iter().map(|(id, _)| id.to_string()).collect(),
            method: rule.method.as_str().to_owned(),
            cap: rule.cap.to_string(),
            away_min: rule.away_min.to_string(),
        })
    });
    let page = GroupsPage {
        groups: rows.collect::<Result<_>>()?,
        methods: Method::ALL.map(|one| (one.as_str(), one.words())).into(),
        members: members::list(&now)?
            .into_iter()
            .filter(|member| member.active)
            .map(|member| (member.id.to_string(), member.name))
            .collect(),
        typed: typed(visit, &["name"]),
        wrong,
    };
    visit.page(&now, "settings/groups.html", &page)
}

/// `POST /settings/groups`
pub fn add(visit: &Visit<'_>) -> Result<Response> {
    let name = visit.field("name").to_owned();
    answered(
        visit.record(move |now| groups::add(now, &name)),
        |_| visit.went_well("/settings/groups", "The group is made; put members into it"),
        |wrong| list(visit, wrong),
    )
}

/// `POST /settings/groups/G-1`: its name and who is in it, in one wish.
pub fn change(visit: &Visit<'_>, id: GroupId) -> Result<Response> {
    let name = visit.field("name").to_owned();
    let wanted = visit
        .form
        .all("member")
        .into_iter()
        .map(|member| member.parse())
        .collect::<std::result::Result<Vec<MemberId>, String>>()
        .map_err(Refusal::invalid)?;
    let granted = visit.record(move |now| {
        let mut facts = groups::rename(now, id, &name)?;
        facts.extend(groups::set_members(now, id, &wanted)?);
        Ok(facts)
    });
    answered(
        granted,
        |_| visit.went_well("/settings/groups", "Saved"),
        |wrong| {
            // The sentence stands at this group's name, not at the one for a new group.
            let wrong = wrong.into_values().map(|text| (id.to_string(), text));
            list(visit, wrong.collect())
        },
    )
}

/// `POST /settings/groups/G-1/rule`: how it gives its work out.
pub fn rule(visit: &Visit<'_>, id: GroupId) -> Result<Response> {
    let granted = wanted_rule(visit)
        .and_then(|rule| visit.record(move |now| assignment::set_rule(now, id, rule)));
    answered(
        granted,
        |_| visit.went_well("/settings/groups", "Saved"),
        |wrong| {
            let wrong = wrong.into_values().map(|text| (format!("rule.{id}"), text));
            list(visit, wrong.collect())
        },
    )
}

fn wanted_rule(visit: &Visit<'_>) -> Result<Rule> {
    let number = |field: &'static str| -> Result<u32> {
        match visit.field(field).trim() {
            "" => Ok(0),
            text => text.parse().map_err(|_| {
                let text = format!("this is a whole number, 0 for none, not {text}");
                Refusal::invalid(text).at(field).into()
            }),
        }
    };
    Ok(Rule {
        method: visit
            .field("method")
            .parse()
            .map_err(|error: String| Refusal::invalid(error).at("method"))?,
        cap: number("cap")?,
        away_min: number("away_min")?,
    })
}
