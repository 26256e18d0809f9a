//! The trail in each of its states.

use super::{ago, shell, show};
use crate::web::audit::*;
use crate::web::shell::Badge;
use crate::web::views::KeptView;
use std::collections::BTreeMap;

fn row(seq: u64, minutes: i64, event: &str, actor: (&str, &str), sentence: &str) -> EventRow {
    EventRow {
        seq,
        at: ago(minutes),
        event: event.into(),
        actor: Actor {
            kind: actor.0.into(),
            name: actor.1.into(),
            href: "/audit?q=actor%3AM-3".into(),
        },
        sentence: sentence.into(),
        objects: vec![
            ObjectLink {
                name: "C-88".into(),
                href: Some("/conversations/C-88".into()),
            },
            ObjectLink {
                name: "T-1042".into(),
                href: Some("/tickets/T-1042".into()),
            },
        ],
        cause: seq.is_multiple_of(3).then_some(seq - 1),
        door: "web".into(),
        hash: LEAF.into(),
        new_day: seq.is_multiple_of(2),
    }
}

pub fn rows() -> Vec<EventRow> {
    let sana = ("member", "Sana Malik");
    vec![
        row(
            18_231,
            7,
            "trail.verified",
            ("system", "Trailbox"),
            "Trailbox verified the trail up to #18 230: clean",
        ),
        row(
            18_226,
            40,
            "article.sent",
            sana,
            "Sana Malik sent a document to Ayesha Raza",
        ),
        row(
            18_224,
            41,
            "article.failed",
            ("provider", "WhatsApp"),
            "WhatsApp could not deliver a message: the file type is not supported",
        ),
        row(
            18_223,
            42,
            "article.received",
            ("contact", "Ayesha Raza"),
            "Ayesha Raza wrote on Shop line",
        ),
        row(
            18_205,
            169,
            "conversation.status_changed",
            sana,
            "Sana Malik changed status Open → Awaiting courier (Leopards, LP-88213, 24 Nov)",
        ),
        row(
            18_201,
            190,
            "conversation.taken_over",
            sana,
            "Sana Malik took over from Noor assistant",
        ),
        row(
            18_196,
            1597,
            "conversation.escalated",
            ("bot", "Noor assistant"),
            "Noor assistant escalated: the customer asked for a person",
        ),
        row(
            18_188,
            1620,
            "member.login_failed",
            ("system", "Trailbox"),
            "Somebody failed to sign in as omar@noor-mar.example",
        ),
    ]
}

const LEAF: &str = "s0vD6QeYb0m3yq5l2o4n1Xk8w7JH2c9Tq4u5Z6r7P8E=";

fn checkpoint(size: u64, hours: i64) -> CheckpointLine {
    CheckpointLine {
        size,
        at: ago(hours * 60),
        root: LEAF.into(),
        note: format!("noor-mar/1f2e3d4c\n{size}\n{LEAF}\n\n— noor-mar/1f2e3d4c Zm9vYmFy\n"),
    }
}

#[test]
fn the_trail_shows_each_of_its_states() {
    let mut page = AuditPage {
        question: "kind:member after:2026-11-20".into(),
        mistakes: Vec::new(),
        completions: vec!["actor:me".into(), "kind:bot".into()],
        actors: vec![
            ("M-3".into(), "Sana Malik".into()),
            ("M-4".into(), "Omar Farooq".into()),
        ],
        events: vec!["article.received".into(), "conversation.taken_over".into()],
        sets: vec![("handoff".into(), "it went to another".into())],
        channels: vec![("H-1".into(), "Shop line".into())],
        chips: vec![("Kind: member".into(), "/audit?q=after%3A2026-11-20".into())],
        count: Some((10_000, true)),
        rows: rows(),
        groups: None,
        columns: vec![
            ("seq".into(), "Event".into(), true),
            ("what".into(), "What".into(), true),
            ("hash".into(), "Hash".into(), false),
        ],
        shown: [
            "seq", "time", "who", "what", "about", "cause", "name", "door", "hash",
        ]
        .map(str::to_owned)
        .into(),
        groupings: vec![
            ("Ungrouped".into(), "/audit".into(), true),
            ("By day".into(), "/audit?group=day".into(), false),
        ],
        kept: vec![("cols".into(), "seq.what".into())],
        live: true,
        live_href: "/audit?live=no".into(),
        newer: None,
        older: Some("/audit?before=18188".into()),
        stopped: Some((18_100, "/audit?before=18100".into())),
        export: Some("/audit/exports".into()),
        views: vec![KeptView {
            id: 1,
            name: "Hand-offs".into(),
            href: "/audit?q=is%3Ahandoff".into(),
            count: None,
            shared: true,
            removable: true,
            here: false,
        }],
        query: "q=kind%3Amember".into(),
        may_share: true,
        wrong: BTreeMap::new(),
        typed: BTreeMap::new(),
    };
    let here = shell("/audit?q=kind%3Amember");
    show("audit", "audit/index.html", &here, &page);
    page.groups = Some(Groups {
        by: "Who".into(),
        rows: vec![GroupRow {
            name: "Sana Malik".into(),
            id: "M-3".into(),
            href: "/audit?q=actor%3AM-3".into(),
            page: Some("/settings/members/M-3".into()),
            count: 812,
            first: ago(4000),
            last: ago(7),
        }],
        newest_only: Some(3_000),
    });
    show("audit-groups", "audit/index.html", &here, &page);
    page.groups = None;
    page.rows.clear();
    page.count = None;
    page.stopped = None;
    page.mistakes = vec![Mistake {
        at: 3,
        pointer: "  ^^^^".into(),
        text: "there is no evnt: here; did you mean event:?".into(),
    }];
    page.wrong
        .insert("name".into(), "a view’s name has 1 to 60 characters".into());
    show("audit-empty", "audit/index.html", &here, &page);
    let mut rows = rows().into_iter();
    let tree = TreePage {
        seq: 18_226,
        above: rows.next().into_iter().collect(),
        below: rows.enumerate().collect(),
        more: true,
    };
    show("audit-tree", "audit/tree.html", &here, &tree);
}

#[test]
fn an_event_shows_what_it_is_made_of() {
    let mut list = rows().into_iter();
    let effect = list.next();
    let page = EventPage {
        row: rows().swap_remove(4),
        packs: Vec::new(),
        on_behalf_of: None,
        via: "web".into(),
        request: Some("r-7f3a91".into()),
        cause: list.next(),
        effects: effect.into_iter().collect(),
        changes: vec![
            FieldChange {
                field: "status".into(),
                before: Some("open".into()),
                after: Some("awaiting_courier".into()),
            },
            FieldChange {
                field: "expected".into(),
                before: None,
                after: Some("2026-11-24".into()),
            },
        ],
        facts: vec![
            ("awaiting".into(), "Leopards".into()),
            ("reference".into(), "LP-88213".into()),
        ],
        sealed: vec![
            Sealed {
                field: "text".into(),
                digest: LEAF.into(),
                value: Some("Parcel stuck in Multan".into()),
                removed: None,
                personal: true,
            },
            Sealed {
                field: "address".into(),
                digest: LEAF.into(),
                value: None,
                removed: None,
                personal: false,
            },
            Sealed {
                field: "name".into(),
                digest: LEAF.into(),
                value: None,
                removed: Some(crate::web::privacy::Removed {
                    seq: 18_230,
                    at: ago(9),
                    by: "Noor Mar".into(),
                    ground: "the person asked for it",
                }),
                personal: true,
            },
        ],
        chains: vec![Chain {
            object: ObjectLink {
                name: "C-88".into(),
                href: Some("/conversations/C-88".into()),
            },
            n: 12,
            prev: Some(LEAF.into()),
        }],
        may_erase: true,
        entry: format!(
            "{{\"actor\":{{\"id\":\"M-3\",\"kind\":\"member\"}},\"prev\":\"{LEAF}\",\"seq\":18205}}"
        ),
        leaf: LEAF.into(),
        prev: LEAF.into(),
        before: Some(18_204),
        after: Some(18_206),
        checkpoint: Some(checkpoint(18_210, 2)),
        proof: vec![LEAF.into(), LEAF.into()],
    };
    show("event", "audit/show.html", &shell("/audit/18205"), &page);
}

#[test]
fn integrity_shows_clean_found_running_and_never() {
    let step = |name, good| Looked {
        name,
        good,
        counts: vec![("rows", 18_231)],
    };
    let clean = IntegrityPage {
        badge: Badge {
            state: "clean",
            seq: 18_231,
            at: Some(ago(7)),
        },
        run: Some(Run {
            at: ago(7),
            took_ms: 412,
            events: 18_231,
            steps: vec![
                step("The chain of events", true),
                step("Signatures and checkpoints", true),
                step("Tables rebuilt and compared", true),
            ],
            findings: Vec::new(),
            good_to: Some(18_231),
        }),
        progress: None,
        may_verify: true,
        size: 18_232,
        root: LEAF.into(),
        vkey: "noor-mar/1f2e3d4c+8a5942b1+AbC0dEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg".into(),
        fingerprint: "8a59 42b1 dc71 6150".into(),
        origin: "noor-mar/1f2e3d4c".into(),
        elsewhere: vec![
            Elsewhere {
                size: 18_210,
                at: ago(2),
                by: "witness",
                whom: "witness.example/w1".into(),
            },
            Elsewhere {
                size: 17_020,
                at: ago(30),
                by: "mail",
                whom: "Zara".into(),
            },
        ],
        trouble: Some(("the witness gave no answer: timeout".into(), ago(1))),
        earlier: vec![("noor-mar/1f2e3d4c+00112233+AbC0dEf".into(), 4_000)],
        checkpoints: vec![checkpoint(18_210, 2), checkpoint(18_120, 20)],
        older: None,
    };
    let here = shell("/audit/integrity");
    show("integrity", "audit/integrity.html", &here, &clean);
    let mut found = clean.clone();
    if let Some(run) = &mut found.run {
        run.findings = vec![Finding {
            code: "derived.differs".into(),
            place: "ticket T-1042 column status".into(),
            meaning: "The table says resolved, the events say awaiting courier: somebody edited the table.".into(),
            seq: Some(18_205),
        }];
        run.steps = vec![step("Tables rebuilt and compared", false)];
    }
    show("integrity-found", "audit/integrity.html", &here, &found);
    let running = IntegrityPage {
        progress: Some((9_000, 18_231)),
        ..clean.clone()
    };
    show("integrity-running", "audit/integrity.html", &here, &running);
    let never = IntegrityPage {
        run: None,
        elsewhere: Vec::new(),
        trouble: None,
        earlier: Vec::new(),
        checkpoints: Vec::new(),
        ..clean
    };
    show("integrity-never", "audit/integrity.html", &here, &never);
}
