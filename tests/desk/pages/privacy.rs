//! Erasing, holding, keeping and copying on pages.

use super::House;
use trailbox::domain::event::Event;
use trailbox::domain::event::privacy::PrivacyEvent;
use trailbox::domain::member::Role;
use trailbox::web::exchange::Method;

#[test]
fn a_customer_is_erased_on_pages() {
    let house = House::new();
    let kit = &house.kit;
    let owner = house.member("Noor", Role::Owner);
    let lead = house.member("Lena", Role::Lead);
    let auditor = house.member("Olga", Role::Auditor);
    let channel = kit.channel("shop");
    kit.writes(channel, "447700900200", "my <secret> parcel");
    for path in [
        "/contacts/K-1/erasure",
        "/audit/9/erasure",
        "/settings/retention",
    ] {
        house.refused(&lead, Method::Get, path);
    }
    for path in ["/contacts/K-1/erasure", "/settings/retention/messages"] {
        house.refused(&auditor, Method::Post, path);
    }
    house.refused(&auditor, Method::Post, "/holds/K-1");
    house.refused(&auditor, Method::Get, "/holds/K-1");

    let page = house.shows(&owner, "/contacts/K-1/erasure");
    for words in [
        "Messages",
        "Raw payloads",
        "Names and addresses",
        "Backups and exports",
    ] {
        assert!(page.contains(words), "no {words}");
    }
    let all = [
        ("kind", "messages"),
        ("kind", "payloads"),
        ("kind", "contact"),
    ];
    let form = |rest: &[(&'static str, &'static str)]| [&all, rest].concat();
    let page = house.again(&owner, "/contacts/K-1/erasure", &[("ground", "request")]);
    page.says("choose what is to go");
    let page = house.again(
        &owner,
        "/contacts/K-1/erasure",
        &form(&[("ground", "retention")]),
    );
    page.says("choose the ground");
    let page = house.again(
        &owner,
        "/contacts/K-1/erasure",
        &form(&[("ground", "request")]),
    );
    page.says("confirm that it is to go");

    // A hold stands in the way, for everybody to see.
    house.again(&lead, "/holds/C-1", &[("reason", "")]);
    house.done(&lead, "/holds/C-1", &[("reason", "a chargeback <open>")]);
    for path in [
        "/conversations/C-1",
        "/contacts/K-1",
        "/holds/C-1",
        "/holds/K-1",
    ] {
        let page = house.shows(&lead, path);
        assert!(page.contains("a chargeback &lt;open&gt;"), "{path}");
    }
    let sure = form(&[
        ("ground", "request"),
        ("sure", "yes"),
        ("words", "a letter"),
    ]);
    house
        .again(&owner, "/contacts/K-1/erasure", &sure)
        .says("legal hold");
    let page = house.shows(&owner, "/settings/retention?try=now");
    assert!(page.contains("a chargeback"));
    house.done(&lead, "/holds/C-1/release", &[("reason", "settled")]);
    house.again(&lead, "/holds/C-1/release", &[("reason", "settled")]);
    assert!(house.shows(&lead, "/holds/C-1").contains("settled"));

    // A copy first, then it goes.
    house.refused(
        &house.member("Adam", Role::Admin),
        Method::Post,
        "/contacts/K-1/copy",
    );
    let copy = house.post(&lead, "/contacts/K-1/copy", &[("notes", "yes")]);
    assert_eq!(copy.status, 200);
    assert!(copy.text.starts_with("PK"), "a zip file");
    let page = house.shows(&owner, "/contacts/K-1/erasure");
    assert!(page.contains("recorded export"), "the copy is named");
    assert_eq!(
        house.done(&owner, "/contacts/K-1/erasure", &sure),
        "/contacts/K-1"
    );
    for path in [
        "/contacts/K-1",
        "/conversations/C-1",
        "/contacts/K-1/erasure",
    ] {
        let page = house.shows(&owner, path);
        assert!(page.contains("the person asked for it"), "{path}");
        assert!(!page.contains("secret"), "{path}");
    }
    let newest = kit
        .ask(|now| trailbox::desk::privacy::erasures(now, 1))
        .unwrap();
    let page = house.shows(&owner, &format!("/audit/{}", newest[0].seq));
    assert!(page.contains("erased") && page.contains("a letter"));
    let case = house.shows(&owner, "/conversations/C-1/case");
    assert!(case.contains("erased") && !case.contains("secret"));
    house
        .again(&owner, "/contacts/K-1/erasure", &sure)
        .says("gone already");
    house.shows(&owner, "/inbox?queue=all");
    house.shows(&owner, "/contacts");
    assert!(
        house
            .shows(&owner, "/settings/retention")
            .contains("the person asked for it")
    );
}

#[test]
fn one_message_goes_with_a_second_person_and_rules_are_set() {
    let house = House::new();
    let kit = &house.kit;
    let owner = house.member("Noor", Role::Owner);
    let admin = house.member("Adam", Role::Admin);
    let channel = kit.channel("shop");
    kit.writes(channel, "447700900200", "card 4000 1234");
    let article = kit.events() - 2;
    let said = house.shows(&owner, &format!("/audit/{article}"));
    let place = format!("/audit/{article}/erasure");
    assert!(said.contains(&place), "the event offers it");
    house.done(
        &owner,
        "/settings/desk/privacy.second_person",
        &[("value", "on")],
    );
    assert!(
        house.shows(&owner, &place).contains("Adam"),
        "who could approve"
    );
    let form = [
        ("kind", "messages"),
        ("kind", "payloads"),
        ("ground", "unlawful"),
        ("sure", "yes"),
    ];
    assert_eq!(house.done(&owner, &place, &form), "/conversations/C-1");
    let request = kit.events() - 1;
    house.again(&owner, &place, &form);
    let place = format!("/privacy/requests/{request}");
    assert!(
        house
            .shows(&owner, &place)
            .contains("somebody else has to approve")
    );
    house.again(&owner, &format!("{place}/approval"), &[]);
    house.again(&admin, &format!("{place}/refusal"), &[("why", "")]);
    assert_eq!(
        house.post(&admin, &format!("{place}/burning"), &[]).status,
        404
    );
    assert!(house.shows(&admin, "/settings/retention").contains(&place));
    house.done(&admin, &format!("{place}/approval"), &[]);
    assert!(house.shows(&admin, &place).contains("Approved and erased"));
    let page = house.shows(&owner, "/conversations/C-1");
    assert!(page.contains("it should not have been kept") && !page.contains("4000 1234"));
    assert_eq!(house.get(&owner, "/privacy/requests/3").status, 404);
    assert_eq!(house.get(&owner, "/holds/X-3").status, 422);
    assert_eq!(house.get(&owner, "/contacts/K-9/erasure").status, 404);

    let page = house.again(&owner, "/settings/retention/files", &[("days", "soon")]);
    page.says("soon is no number of days");
    house.again(&owner, "/settings/retention/files", &[("days", "0")]);
    assert_eq!(
        house.post(&owner, "/settings/retention/shoes", &[]).status,
        404
    );
    house.done(&owner, "/settings/retention/files", &[("days", "365")]);
    house.done(&owner, "/settings/retention/files", &[("days", "")]);
    let newest = house.since(kit.events() - 1);
    assert!(matches!(
        newest.as_slice(),
        [Event::Privacy(PrivacyEvent::RetentionSet {
            from: Some(365),
            to: None,
            version: 2,
            ..
        })]
    ));
}
