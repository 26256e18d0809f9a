//! Erasing, holding and keeping in each of their states.

use super::audit::rows;
use super::{ago, shell, show};
use crate::domain::privacy::{Ground, Kind};
use crate::web::privacy::erasure::*;
use crate::web::privacy::hold::*;
use crate::web::privacy::retention::*;
use crate::web::privacy::*;
use std::collections::BTreeMap;

/// A hold on something.
pub fn hold(object: &str) -> HoldLine {
    HoldLine {
        object: object.into(),
        href: format!("/tickets/{object}"),
        at: ago(4_000),
        by: "Zara Haider".into(),
        reason: Some("the bank asks about a chargeback".into()),
        seq: 17_020,
    }
}

fn removed() -> Removed {
    Removed {
        seq: 18_230,
        at: ago(60),
        by: "Noor Mar".into(),
        ground: Ground::Request.words(),
    }
}

#[test]
fn erasing_shows_what_goes_and_what_stands_in_the_way() {
    let kinds = [(Kind::Messages, 41), (Kind::Files, 3), (Kind::Payloads, 44)];
    let page = ErasurePage {
        name: "Ayesha Siddiqui".into(),
        href: "/contacts/K-17".into(),
        action: "/contacts/K-17/erasure".into(),
        event: None,
        kinds: kinds
            .map(|(kind, count)| KindRow {
                word: kind.as_str(),
                name: kind.words(),
                count,
                chosen: true,
            })
            .into(),
        total: 88,
        shared: 1,
        open: vec!["C-88".into()],
        holds: Vec::new(),
        removed: None,
        grounds: Ground::of_people()
            .map(|ground| (ground.as_str(), ground.words()))
            .collect(),
        second: Some(vec!["Noor Mar".into()]),
        exports: rows().into_iter().take(2).collect(),
        request: None,
        typed: BTreeMap::new(),
        wrong: BTreeMap::from([("ground".to_owned(), "choose the ground".to_owned())]),
    };
    let here = shell("/contacts/K-17/erasure");
    show("erasure", "privacy/erasure.html", &here, &page);
    let held = ErasurePage {
        holds: vec![hold("T-1042")],
        second: None,
        ..page.clone()
    };
    show("erasure-held", "privacy/erasure.html", &here, &held);
    for (name, may, state) in [
        ("open", true, "open"),
        ("own", false, "open"),
        ("done", false, "approved"),
        ("declined", false, "declined"),
    ] {
        let asked = ErasurePage {
            request: Some(RequestView {
                seq: 18_100,
                by: "Zara Haider".into(),
                at: ago(300),
                ground: Ground::Request.words(),
                words: "letter of 20 November".into(),
                state: state.into(),
                may,
            }),
            ..page.clone()
        };
        let name = format!("erasure-{name}");
        show(&name, "privacy/erasure.html", &here, &asked);
    }
    let gone = ErasurePage {
        kinds: Vec::new(),
        total: 0,
        event: rows().into_iter().next(),
        removed: Some(removed()),
        ..page.clone()
    };
    show("erasure-gone", "privacy/erasure.html", &here, &gone);
    let nothing = ErasurePage {
        kinds: Vec::new(),
        total: 0,
        ..page
    };
    show("erasure-nothing", "privacy/erasure.html", &here, &nothing);
}

#[test]
fn holds_and_rules_show_how_they_stand() {
    let mut page = HoldPage {
        object: "T-1042".into(),
        href: "/tickets/T-1042".into(),
        here: Some(hold("T-1042")),
        others: vec![hold("K-17")],
        covered: vec!["C-88".into(), "K-17".into(), "T-1042".into()],
        more: 3,
        history: rows().into_iter().take(1).collect(),
        typed: BTreeMap::new(),
        wrong: BTreeMap::new(),
    };
    let here = shell("/holds/T-1042");
    show("hold", "privacy/hold.html", &here, &page);
    page.here = None;
    page.wrong = BTreeMap::from([("reason".to_owned(), "write 1 to 1000 characters".to_owned())]);
    show("hold-none", "privacy/hold.html", &here, &page);
    let rule = |kind: Kind, days: &str, due| RuleRow {
        kind: kind.as_str(),
        name: kind.words(),
        days: days.into(),
        version: 2,
        seq: Some(18_001),
        due,
    };
    let page = RetentionPage {
        rules: vec![
            rule(Kind::Messages, "730", Some((412, 9, 31, true))),
            rule(Kind::Files, "365", None),
            rule(Kind::Payloads, "", None),
        ],
        tried: true,
        second: true,
        requests: vec![RequestLine {
            seq: 18_100,
            event: rows().swap_remove(0),
        }],
        holds: vec![hold("T-1042")],
        erasures: rows(),
        typed: BTreeMap::new(),
        wrong: BTreeMap::from([("files".to_owned(), "x is no number of days".to_owned())]),
    };
    let here = shell("/settings/retention");
    show("retention", "privacy/retention.html", &here, &page);
    let empty = RetentionPage {
        requests: Vec::new(),
        holds: Vec::new(),
        erasures: Vec::new(),
        second: false,
        tried: false,
        wrong: BTreeMap::new(),
        ..page
    };
    show("retention-empty", "privacy/retention.html", &here, &empty);
}
