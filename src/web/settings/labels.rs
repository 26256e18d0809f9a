//! The lists of tags and of ticket types: added to, renamed, coloured, retired, restored.

use super::{LabelRow, LabelsPage, Wrong, answered, typed};
use crate::desk::labels;
use crate::domain::label::{Colour, List};
use crate::error::{Refusal, Result};
use crate::web::exchange::Response;
use crate::web::visit::Visit;

/// `GET /settings/labels/tag`
pub fn index(visit: &Visit<'_>, list: List) -> Result<Response> {
    page(visit, list, Wrong::new())
}

fn page(visit: &Visit<'_>, list: List, wrong: Wrong) -> Result<Response> {
    let now = visit.now()?;
    let labels = labels::list(&now, list)?;
    let rows = labels.into_iter().map(|label| {
        Ok(LabelRow {
            href: format!("{}/{}", place(list), label.name),
            pill: label.colour.pill(),
            colour: label.colour.as_str(),
            uses: labels::uses(&now, list, &label.name)?,
            name: label.name,
            label: label.label,
            retired: label.retired,
            seq: label.seq,
        })
    });
    let page = LabelsPage {
        list: list.as_str(),
        href: place(list),
        labels: rows.collect::<Result<_>>()?,
        colours: Colour::ALL.map(Colour::as_str).into(),
        typed: typed(visit, &["label", "colour"]),
        wrong,
    };
    visit.page(&now, "settings/labels.html", &page)
}

/// `POST /settings/labels/tag`
pub fn add(visit: &Visit<'_>, list: List) -> Result<Response> {
    let (label, colour) = (visit.field("label").to_owned(), visit.field("colour"));
    let colour = chosen(colour);
    answered(
        visit.record(move |now| labels::add(now, list, &label, colour?)),
        |_| visit.went_well(&place(list), "Added"),
        |wrong| page(visit, list, wrong),
    )
}

/// `POST /settings/labels/tag/refund`: how it is called, its colour.
pub fn change(visit: &Visit<'_>, list: List, name: &str) -> Result<Response> {
    let (known, label) = (name.to_owned(), visit.field("label").to_owned());
    let colour = chosen(visit.field("colour"));
    answered(
        visit.record(move |now| labels::change(now, list, &known, &label, colour?)),
        |_| visit.went_well(&place(list), "Saved"),
        |wrong| page(visit, list, at(name, wrong)),
    )
}

/// `POST /settings/labels/tag/refund/retirement`: not offered any more, or again.
pub fn retire(visit: &Visit<'_>, list: List, name: &str) -> Result<Response> {
    let (known, retired) = (name.to_owned(), visit.field("retired") == "yes");
    let said = match retired {
        true => "Retired; what carries it keeps it",
        false => "Offered again",
    };
    answered(
        visit.record(move |now| labels::retire(now, list, &known, retired)),
        |_| visit.went_well(&place(list), said),
        |wrong| page(visit, list, at(name, wrong)),
    )
}

fn place(list: List) -> String {
    format!("/settings/labels/{}", list.as_str())
}

/// The sentence stands at this label, not at the form for a new one.
fn at(name: &str, wrong: Wrong) -> Wrong {
    let texts = wrong.into_values();
    texts.map(|text| (format!("of {name}"), text)).collect()
}

fn chosen(colour: &str) -> Result<Colour> {
    match colour {
        "" => Ok(Colour::Grey),
        colour => Ok(colour
            .parse()
            .map_err(|error: String| Refusal::invalid(error).at("colour"))?),
    }
}
