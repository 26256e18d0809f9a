//! Calls in each of their states: cards, the form, the list, what rings, a phone line.

use super::{ago, shell, show};
use crate::web::calls::*;
use crate::web::settings::ChannelRow;
use crate::web::settings::phones::PhonePage;
use std::collections::BTreeMap;

fn promise(id: u64, state: &'static str) -> Promise {
    Promise {
        id,
        text: "Send the tracking number".into(),
        owner: "Sana Malik".into(),
        owner_id: "M-3".into(),
        mine: true,
        due_at: ago(30),
        state,
        overdue: state == "open",
        ended_at: (state != "open").then(|| ago(5)),
        on: ("C-88".into(), "/conversations/C-88".into()),
        contact: Some(("K-17".into(), "Ayesha Raza".into())),
        may: state == "open",
    }
}

fn card(outcome: &'static str) -> Card {
    Card {
        id: 18_300,
        sentence: "Call of 3 min 2 s".into(),
        direction: "in",
        outcome,
        number: Some("+92 300 1234567".into()),
        queue: Some("sales".into()),
        member: Some("Sana Malik".into()),
        started_at: ago(40),
        answered_at: Some(ago(39)),
        ended_at: Some(ago(36)),
        cause: Some("the caller hung up".into()),
        maybe: vec![("K-9".into(), "Ali Khan".into())],
        note: Some(Note {
            seq: 18_310,
            reason: "Parcel is late".into(),
            key_points: vec!["Second call this week".into()],
            follow_ups: vec!["Ask the courier".into()],
            locked: true,
            satisfaction: Some(2),
            escalate: true,
            by: Some("Sana Malik".into()),
            at: ago(30),
            corrects: 1,
        }),
        write_href: Some("/conversations/C-88?write=call&call=18300#composer".into()),
        promises: ["open", "kept", "missed"]
            .map(|state| promise(18_311, state))
            .into(),
    }
}

fn form() -> CallForm {
    CallForm {
        action: "/conversations/C-88/calls".into(),
        numbers: vec![("+92 300 1234567".into(), "tel:+923001234567".into())],
        calls: vec![("18300".into(), "14:02 from +92 300 1234567".into())],
        chosen: "18300".into(),
        members: vec![("M-3".into(), "Sana Malik".into())],
        me: "M-3".into(),
        typed: BTreeMap::new(),
        wrong: BTreeMap::from([(
            "reason".to_owned(),
            "say what the call was about".to_owned(),
        )]),
    }
}

#[test]
fn calls_and_commitments_show_each_of_their_states() {
    let mut here = shell("/calls");
    here.rings = ["ringing", "speaking", "note", "promise"]
        .map(|kind| Ring {
            kind,
            id: 18_300,
            title: "Ayesha Raza".into(),
            detail: "+92 300 1234567".into(),
            maybe: vec![("K-9".into(), "Ali Khan".into())],
            at: ago(3),
            late: true,
            href: "/conversations/C-88".into(),
            write_href: "/conversations/C-88?write=call&call=18300#composer".into(),
        })
        .into();
    let views = || {
        vec![
            ("My commitments", "/calls".to_owned(), Some(2), true),
            ("Calls", "/calls?view=calls".to_owned(), None, false),
        ]
    };
    let page = |view, promises, calls| CallsPage {
        views: views(),
        view,
        promises,
        calls,
        older: None,
        members: vec![("M-3".into(), "Sana Malik".into())],
        refused: 18_311,
        typed: BTreeMap::new(),
        wrong: BTreeMap::from([("promise".to_owned(), "say until when, a date".to_owned())]),
        may_open: true,
    };
    let all = ["open", "kept", "missed"].map(|state| promise(18_311, state));
    show(
        "calls",
        "calls/index.html",
        &here,
        &page("mine", all.into(), Vec::new()),
    );
    let rows = ["answered", "missed", "open"].map(|outcome| CallRow {
        card: card(outcome),
        contact: Some(("K-17".into(), "Ayesha Raza".into())),
        on: Some(("C-88".into(), "/conversations/C-88".into())),
    });
    show(
        "calls-list",
        "calls/index.html",
        &here,
        &page("calls", Vec::new(), rows.into()),
    );
    show(
        "calls-none",
        "calls/index.html",
        &here,
        &page("missed", Vec::new(), Vec::new()),
    );
    show(
        "calls-mine-none",
        "calls/index.html",
        &here,
        &page("mine", Vec::new(), Vec::new()),
    );
    let fresh = NewCallPage {
        form: form(),
        contact: None,
        number: String::new(),
    };
    show("calls-new", "calls/new.html", &here, &fresh);
    let known = NewCallPage {
        contact: Some(("K-17".into(), "Ayesha Raza".into())),
        ..fresh
    };
    show("calls-new-known", "calls/new.html", &here, &known);
}

#[test]
fn a_phone_line_has_a_page() {
    let page = PhonePage {
        channel: ChannelRow {
            id: "H-2".into(),
            kind: "phone".into(),
            name: "Office line".into(),
            address: "+924235761234".into(),
            state: "active".into(),
            trouble: None,
            last_at: None,
            unreadable: 0,
        },
        hook_url: "https://desk.example/hooks/cti/office".into(),
        token: Some("sample-token".into()),
        values: BTreeMap::new(),
        groups: Vec::new(),
        payloads: Vec::new(),
        wrong: BTreeMap::new(),
        history: Vec::new(),
    };
    show(
        "phone",
        "settings/phone.html",
        &shell("/settings/channels/H-2"),
        &page,
    );
}
