//! Tickets in each of their states.

use super::threads::*;
use super::{ago, shell, show};
use crate::web::conversations::Actions;
use crate::web::tickets::own::OwnField;
use crate::web::tickets::*;
use std::collections::BTreeMap;

fn flow() -> Vec<FlowStep> {
    let step = |id: &str, name: &str, category: &str, place| FlowStep {
        status: status(id, name, category),
        place,
    };
    vec![
        step("new", "New", "new", "past"),
        step("in_progress", "In progress", "open", "past"),
        step("awaiting_courier", "Awaiting courier", "waiting", "now"),
        step("resolved", "Resolved", "done", "next"),
        step("closed", "Closed", "final", "next"),
    ]
}

fn own(name: &str, label: &str, kind: &'static str, value: &str) -> OwnField {
    OwnField {
        input: format!("own.{name}"),
        label: label.into(),
        kind,
        value: value.into(),
        choices: match kind {
            "yes_no" => vec!["yes".into(), "no".into()],
            _ => Vec::new(), // written freely
        },
        example: "NM-12345".into(),
        to_close: kind == "order",
    }
}

fn ticket() -> Ticket {
    let thread = thread();
    Ticket {
        offered: Vec::new(),
        id: "T-1042".into(),
        holds: vec![super::privacy::hold("T-1042")],
        href: "/tickets/T-1042".into(),
        title: "Parcel NM-20417 stuck in Multan".into(),
        status: courier(),
        sla: Some(super::sla::line()),
        waiting: Some(Waiting {
            whom: "Leopards".into(),
            reference: "LP-88213".into(),
            expected: "24 Nov".into(),
            late: false,
        }),
        flow: flow(),
        priority: "high".into(),
        kind: "order".into(),
        kind_label: "Order".into(),
        fields: vec![
            own("order_number", "Order number", "order", "NM-20417"),
            own("gift", "A gift", "yes_no", ""),
        ],
        next: Some((ago(-600), "In progress".into())),
        owner: thread.owner.clone(),
        group: Some("Lahore shop".into()),
        group_id: Some("G-1".into()),
        tags: vec!["late".into()],
        escalation: None,
        resolution: None,
        opened_at: ago(185),
        opened_by: "Sana Malik".into(),
        present: Vec::new(),
        may: Actions {
            statuses: flow().into_iter().map(|step| step.status).collect(),
            ..thread.may
        },
        may_change: true,
        timeline: story(),
        conversations: thread.details.contact.earlier.clone(),
        contact: Some(thread.details.contact),
        audit: thread.details.audit,
        audit_href: "/audit?object=T-1042".into(),
        call: None,
        draft: String::new(),
        joins: crate::web::tickets::joins::Joins::default(),
        selecting: false,
        draft_at: None,
        corrects: None,
        mentionable: vec!["Sana Malik".into()],
    }
}

#[test]
fn tickets_show_each_of_their_states() {
    let row = |id: &str, title: &str, priority: &str, status| TicketRow {
        due: Some(super::sla::due(95)),
        id: id.into(),
        title: title.into(),
        contact: Some(("K-17".into(), CUSTOMER.into())),
        status,
        expected: None,
        priority: priority.into(),
        kind: "order".into(),
        owner: Some(person("M-3", "Sana Malik", true)),
        at: ago(169),
        escalated: priority == "urgent",
    };
    let mut page = TicketsPage {
        may_work: true,
        filter: BTreeMap::from([("status", "open".to_owned())]),
        statuses: vec![open(), courier()],
        owners: vec![("M-3".into(), "Sana Malik".into())],
        groups: vec![("G-1".into(), "Lahore shop".into())],
        sorts: vec![("Newest", "/tickets?sort=newest".into(), true)],
        views: vec![
            ("Mine", "/tickets?owner=me".into(), 4, true),
            ("Open", "/tickets".into(), 61, false),
        ],
        kept: crate::web::views::Kept::default(),
        rows: vec![
            row(
                "T-1042",
                "Parcel NM-20417 stuck in Multan",
                "high",
                courier(),
            ),
            row("T-1040", "Rider asked for extra cash", "urgent", open()),
            row("T-1031", "Wrong size twice", "normal", open()),
        ],
        newer: None,
        older: Some("/tickets?before=1031".into()),
    };
    page.rows[0].expected = Some("24 Nov".into());
    page.rows[2].owner = None;
    show("tickets", "tickets/index.html", &shell("/tickets"), &page);
    page.rows.clear();
    show(
        "tickets-empty",
        "tickets/index.html",
        &shell("/tickets"),
        &page,
    );
    let here = shell("/tickets/T-1042");
    show(
        "ticket",
        "tickets/show.html",
        &here,
        &TicketPage { ticket: ticket() },
    );
    let mut refused = ticket();
    refused.may.refused = "status".into();
    refused.may.typed = BTreeMap::from([("status".into(), "resolved".into())]);
    refused.may.wrong = BTreeMap::from([("resolution".into(), "say how it was resolved".into())]);
    show(
        "ticket-refused",
        "tickets/show.html",
        &here,
        &TicketPage { ticket: refused },
    );
    let closed = Ticket {
        resolution: Some("Courier delivered on 24 Nov, customer confirmed".into()),
        status: status("closed", "Closed", "final"),
        waiting: None,
        may: Actions {
            reopen: true,
            ..Actions::default()
        },
        may_change: false,
        contact: None,
        conversations: Vec::new(),
        ..ticket()
    };
    show(
        "ticket-closed",
        "tickets/show.html",
        &here,
        &TicketPage { ticket: closed },
    );
}
