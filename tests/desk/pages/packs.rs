//! Packs on pages: from a case to a decision that those concerned can read.

use super::House;
use trailbox::domain::member::Role;

#[test]
fn a_dispute_is_settled_on_pages() {
    let house = House::new();
    let kit = &house.kit;
    let lead = house.member("Lena", Role::Reviewer);
    let agent = house.member("Ada", Role::Agent);
    let auditor = house.member("Olga", Role::Auditor);
    let channel = kit.channel("shop");
    kit.writes(channel, "447700900200", "nobody called me");
    let said = kit.events() - 2;
    let found = house.shows(&lead, "/audit?q=called+event:article.received");
    assert!(found.contains("nobody called me"));

    let page = house.again(&lead, "/packs", &[("object", "X-1"), ("title", "who?")]);
    page.says("X-1 is not the name of an object");
    page.says("value=\"who?\"");
    let fields = [("object", "C-1"), ("title", "Was <he> called?")];
    let place = house.done(&lead, "/packs", &fields);
    assert_eq!(place, "/packs/1");
    let seq = said.to_string();
    let seq = ["#", &seq].concat();
    house.done(
        &lead,
        "/packs/1/pins",
        &[("event", &seq), ("remark", "his words")],
    );
    house.again(&lead, "/packs/1/pins", &[("event", "99999")]);
    house.again(
        &lead,
        "/packs/1/decision",
        &[("outcome", "refuted"), ("decision", "x")],
    );
    house.again(&lead, "/packs/1/decision", &[("outcome", "maybe")]);
    let words = [
        ("title", "Was <he> called?"),
        ("who", "The customer"),
        ("says", "nobody called"),
        ("who", "Ada"),
        ("says", "I called on Tuesday"),
        ("finding", "no call is in the trail"),
    ];
    house.done(&lead, "/packs/1/words", &words);
    let page = house.shows(&lead, "/packs/1");
    for words in [
        "Was &lt;he&gt; called?",
        "as it was pinned",
        "nobody called me",
        "I called on Tuesday",
        "his words",
    ] {
        assert!(page.contains(words), "no {words}: {}", super::gist(&page));
    }
    // Not shared: the agent does not see it; then it is.
    assert_eq!(house.get(&agent, "/packs/1").status, 404);
    assert!(!house.shows(&agent, "/packs").contains("P-1"));
    house.done(&lead, "/packs/1/sharing", &[("member", "M-2")]);
    assert!(house.shows(&agent, "/packs").contains("P-1"));
    assert!(
        house
            .shows(&agent, "/packs/1")
            .contains("no call is in the trail")
    );
    let page = house.again(&agent, "/packs/1/answers", &[("answer", " ")]);
    page.says("write 1 to 10000 characters");
    house.done(&agent, "/packs/1/answers", &[("answer", "I rang <twice>")]);
    let page = house.shows(&lead, "/packs/1");
    assert!(
        page.contains("I rang &lt;twice&gt;"),
        "{}",
        super::gist(&page)
    );
    assert_eq!(
        house
            .post(&auditor, "/packs/1/answers", &[("answer", "x")])
            .status,
        403
    );
    let decision = [("outcome", "established"), ("decision", "we apologise")];
    house.done(&lead, "/packs/1/decision", &decision);
    let page = house.shows(&agent, "/packs/1");
    assert!(page.contains("we apologise") && page.contains("Established"));
    assert!(!page.contains("/packs/1/words"), "decided, and not theirs");
    house.again(&lead, "/packs/1/pins", &[("event", "3")]);
    house.done(&lead, "/packs/1/reopening", &[("why", "a new witness")]);
    house.done(&lead, "/packs/1/unpinning", &[("event", &said.to_string())]);
    assert!(
        house
            .shows(&auditor, "/packs?show=undecided")
            .contains("P-1")
    );
    let page = house.shows(&lead, "/packs/1");
    assert!(page.contains("/audit/evidence?pack=1"));
    let page = house.shows(&lead, "/audit/evidence?pack=1");
    assert!(page.contains("Evidence of P-1") && page.contains("what is pinned to the pack"));
    let file = house.taken(&lead, "/audit/evidence", &[("pack", "1")]);
    assert!(file.text.starts_with("PK"), "{}", super::gist(&file.text));
    let told = house.shows(&auditor, "/audit?q=event%3Aaudit.evidence_exported");
    assert!(told.contains("of P-1 out as evidence"));
    assert_eq!(house.get(&lead, "/audit/evidence?pack=9").status, 404);
    house.again(&lead, "/audit/evidence", &[("pack", "the first")]);
    assert!(!house.shows(&agent, "/packs/1").contains("/audit/evidence"));
    let export = format!("seq:{said}");
    let file = house.taken(
        &auditor,
        "/audit/exports",
        &[("format", "jsonl"), ("q", &export)],
    );
    assert_eq!(file.text.lines().count(), 1);
    for path in ["/packs", "/packs/1/pins"] {
        assert_eq!(
            house
                .post(
                    &auditor,
                    path,
                    &[("event", "3"), ("object", "C-1"), ("title", "x")]
                )
                .status,
            403
        );
    }
    let paper = house.post(&lead, "/packs/1/report", &[("paper", "a4")]);
    assert!(paper.text.contains("I rang &lt;twice&gt;"));
    assert_eq!(house.get(&lead, "/packs/9").status, 404);
    assert_eq!(house.post(&lead, "/packs/1/burning", &[]).status, 404);
}

#[test]
fn what_happened_is_pinned_straight_from_the_case() {
    let house = House::new();
    let kit = &house.kit;
    let lead = house.member("Lena", Role::Lead);
    let auditor = house.member("Olga", Role::Auditor);
    let channel = kit.channel("shop");
    kit.writes(channel, "447700900200", "nobody called me");
    let said = (kit.events() - 2).to_string();
    let page = house.shows(&lead, "/conversations/C-1/case");
    assert!(page.contains("Settle a dispute") && !page.contains("/packs/1/pins"));
    let fields = [
        ("object", "C-1"),
        ("title", "Who called?"),
        ("back", "/conversations/C-1/case"),
    ];
    let place = house.done(&lead, "/packs", &fields);
    assert_eq!(place, "/conversations/C-1/case?pack=1#case-told");
    let place = place.replace("#case-told", "");
    let page = house.shows(&lead, &place);
    assert!(page.contains("What you pin here goes to P-1."));
    let pin = [("event", said.as_str()), ("back", place.as_str())];
    let after = house.done(&lead, "/packs/1/pins", &pin);
    assert_eq!(after, format!("{place}#e{said}"));
    let page = house.shows(&lead, &place);
    assert!(page.contains("told__line--pinned") && page.contains("1 pinned event"));
    house.done(&lead, "/packs/1/unpinning", &pin);
    assert!(!house.shows(&lead, &place).contains("told__line--pinned"));
    // From the event itself; and never for those who only read.
    let page = house.shows(&lead, &format!("/audit/{said}"));
    assert!(page.contains("/packs/1/pins"), "{}", super::gist(&page));
    let page = house.shows(&auditor, &place);
    assert!(page.contains("Who called?") && !page.contains("/packs/1/pins"));
    assert!(
        !house
            .shows(&auditor, &format!("/audit/{said}"))
            .contains("/packs/1/pins")
    );
}
