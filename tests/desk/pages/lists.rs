//! What the desk is set up with: tags, types.

use super::House;
use trailbox::domain::member::Role;
use trailbox::web::exchange::Method;

#[test]
fn tags_and_types_are_added_renamed_and_retired() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let agent = house.member("Ada", Role::Agent);
    for (method, path) in [
        (Method::Get, "/settings/labels/tag"),
        (Method::Post, "/settings/labels/tag"),
        (Method::Post, "/settings/labels/tag/vip"),
        (Method::Post, "/settings/labels/tag/vip/retirement"),
    ] {
        house.refused(&agent, method, path);
    }
    let types = house.shows(&admin, "/settings/labels/type");
    assert!(types.contains("Return or exchange"));
    let tags = "/settings/labels/tag";
    house.done(&admin, tags, &[("label", "VIP"), ("colour", "amber")]);
    house
        .again(&admin, tags, &[("label", "vip"), ("colour", "grey")])
        .says("stands in the list already");
    house
        .again(&admin, tags, &[("label", "x"), ("colour", "mauve")])
        .says("mauve is not a colour");
    let vip = "/settings/labels/tag/vip";
    house.done(&admin, vip, &[("label", "Regular"), ("colour", "green")]);
    house
        .again(&admin, vip, &[("label", ""), ("colour", "green")])
        .says("1 to 40 characters");
    let page = house.shows(&admin, tags);
    assert!(page.contains("Regular") && page.contains("pill--ok"));
    let retirement = "/settings/labels/tag/vip/retirement";
    house.done(&admin, retirement, &[("retired", "yes")]);
    assert!(house.shows(&admin, tags).contains("retired"));
    house.done(&admin, retirement, &[("retired", "no")]);
    let gone = house.post(&admin, "/settings/labels/tag/nobody", &[("label", "x")]);
    assert_eq!(gone.status, 404);
    assert_eq!(house.get(&admin, "/settings/labels/stone").status, 404);
    assert!(house.shows(&admin, "/settings").contains(tags));
}

#[test]
fn a_rule_is_written_tried_and_switched() {
    let house = House::new();
    let admin = house.member("Adam", Role::Admin);
    let agent = house.member("Ada", Role::Agent);
    for (method, path) in [
        (Method::Get, "/settings/rules"),
        (Method::Post, "/settings/rules"),
        (Method::Get, "/settings/rules/new"),
        (Method::Post, "/settings/rules/1"),
        (Method::Post, "/settings/rules/1/state"),
    ] {
        house.refused(&agent, method, path);
    }
    let tag = "/settings/labels/tag";
    house.done(&admin, tag, &[("label", "late"), ("colour", "amber")]);
    assert!(
        house
            .shows(&admin, "/settings/rules/new")
            .contains("a ticket is opened")
    );
    let mut form = vec![
        ("name", "Late parcels"),
        ("about", "ticket"),
        ("when", "ticket:ticket.opened"),
        ("field_1", "type"),
        ("test_1", "is"),
        ("value_1", "delivery"),
        ("add_tags", "late, gone"),
        ("priority", "high"),
        ("note", "look at {{ticket.number}}"),
    ];
    let page = house.again(&admin, "/settings/rules", &form);
    page.says("there is no tag gone");
    page.says("value=\"Late parcels\"");
    form[6].1 = "late";
    form[8].1 = "look at {{ticket.nubmer}}";
    let page = house.again(&admin, "/settings/rules", &form);
    page.says("there is no variable ticket.nubmer (line 1, column 9)");
    page.says("contact.first_name");
    form[8].1 = "look at {{ticket.number}}";
    assert_eq!(
        house.done(&admin, "/settings/rules", &form),
        "/settings/rules/1"
    );
    let who = admin.who.clone();
    let wanted = trailbox::desk::tickets::Wanted {
        title: "Where is it".to_owned(),
        kind: "delivery".to_owned(),
        ..trailbox::desk::tickets::Wanted::default()
    };
    house.kit.ticket(&who, wanted);
    let page = house.shows(&admin, "/settings/rules/1?try=7");
    assert!(
        page.contains("It would have run 1 times"),
        "{}",
        super::gist(&page)
    );
    assert!(page.contains("changed the priority of T-1001 from normal to high"));
    let wrong = house.shows(&admin, "/settings/rules/1?try=900");
    assert!(wrong.contains("try a rule on 1 to 90 days"));
    let state = "/settings/rules/1/state";
    house.done(&admin, state, &[("state", "on")]);
    form[0].1 = "Late deliveries";
    house.done(&admin, "/settings/rules/1", &form);
    let page = house.shows(&admin, "/settings/rules");
    assert!(page.contains("Late deliveries") && page.contains("version 2"));
    house.done(
        &admin,
        "/settings/labels/tag/late/retirement",
        &[("retired", "yes")],
    );
    let page = house.shows(&admin, "/settings/rules");
    assert!(page.contains("Broken, does not run:") && page.contains("the tag late is retired"));
    house.done(&admin, state, &[("state", "off")]);
    house
        .again(&admin, state, &[("state", "on")])
        .says("cannot run");
    house.done(&admin, "/settings/rules", &[("shipped", "auto_close")]);
    house.again(&admin, "/settings/rules", &[("shipped", "auto_close")]);
    assert!(
        house
            .shows(&admin, "/settings/rules/2")
            .contains("is there anything else")
    );
    assert_eq!(house.get(&admin, "/settings/rules/99").status, 404);
    assert_eq!(house.get(&admin, "/settings/rules/odd").status, 404);
}

#[test]
fn a_macro_is_written_offered_and_used() {
    let house = House::new();
    let auditor = house.member("Una", Role::Auditor);
    let lead = house.member("Mar", Role::Lead);
    for (method, path) in [
        (Method::Get, "/settings/macros"),
        (Method::Post, "/settings/macros"),
        (Method::Get, "/settings/macros/new"),
        (Method::Post, "/settings/macros/1"),
        (Method::Post, "/settings/macros/1/retirement"),
    ] {
        house.refused(&auditor, method, path);
    }
    let macros = "/settings/macros";
    let mut form = vec![
        ("name", "Hello"),
        ("shared", "yes"),
        ("reply", "Hello {{contact.fist_name}}"),
        ("reply_es", "Hola {{contact.first_name|}}"),
    ];
    let page = house.again(&lead, macros, &form);
    page.says("there is no variable contact.fist_name (line 1, column 7)");
    form[2].1 = "Hello {{contact.first_name}}";
    assert_eq!(house.done(&lead, macros, &form), "/settings/macros/1");
    let both = [("name", "Wait"), ("note", "we wait"), ("status", "waiting")];
    house.done(&lead, macros, &both);
    let channel = house.kit.channel("shop");
    let talk = house.kit.writes(channel, "447700900703", "hello");
    let thread = format!("/conversations/{talk}");
    let page = house.shows(&lead, &thread);
    assert!(
        page.contains("?canned=1") && page.contains("Español"),
        "{}",
        super::gist(&page)
    );
    let page = house.shows(&lead, &format!("{thread}?canned=1.es"));
    assert!(page.contains("Hola Customer") && page.contains("name=\"canned\" value=\"1.es\""));
    let sent = [
        ("text", "Hola Customer!"),
        ("canned", "1.es"),
        ("seen", "999999"),
    ];
    house.done(&lead, &format!("{thread}/replies"), &sent);
    assert!(house.shows(&lead, macros).contains("used once"));
    house.done(&lead, &format!("{thread}/macro"), &[("macro", "2")]);
    let page = house.shows(&lead, &thread);
    assert!(
        page.contains("used the macro Wait (version 1)"),
        "{}",
        super::gist(&page)
    );
    let wanted = trailbox::desk::tickets::Wanted {
        title: "Where is it".to_owned(),
        ..trailbox::desk::tickets::Wanted::default()
    };
    let ticket = house.kit.ticket(&lead.who, wanted);
    let page = house.post(
        &lead,
        &format!("/tickets/{ticket}/macro"),
        &[("macro", "2")],
    );
    assert_eq!(
        page.status, 409,
        "there is no conversation to set a status of"
    );
    assert!(
        house
            .shows(&lead, &format!("/tickets/{ticket}"))
            .contains("form=\"macro-form\"")
    );
    house.done(
        &lead,
        "/settings/macros/1/retirement",
        &[("retired", "yes")],
    );
    assert!(!house.shows(&lead, &thread).contains("?canned=1"));
    assert!(house.shows(&lead, "/settings/macros/2").contains("we wait"));
    assert_eq!(house.get(&lead, "/settings/macros/99").status, 404);
}

#[test]
fn many_are_changed_from_a_list_and_put_back() {
    let house = House::new();
    let lead = house.member("Mar", Role::Lead);
    let auditor = house.member("Una", Role::Auditor);
    for path in ["/bulk", "/bulk/1/undoing"] {
        house.refused(&auditor, Method::Post, path);
    }
    let channel = house.kit.channel("shop");
    for n in 0..3 {
        let wanted = trailbox::desk::tickets::Wanted {
            title: format!("Case {n}"),
            ..trailbox::desk::tickets::Wanted::default()
        };
        house.kit.ticket(&lead.who, wanted);
        house
            .kit
            .writes(channel, &format!("44770090080{n}"), "hello");
    }
    let list = house.shows(&lead, "/tickets");
    assert!(list.contains("form=\"bulk\" name=\"object\" value=\"T-1001\""));
    assert!(
        house
            .shows(&lead, "/inbox?queue=all")
            .contains("value=\"C-1\"")
    );
    assert!(!house.shows(&auditor, "/tickets").contains("form=\"bulk\""));
    house
        .again(&lead, "/bulk", &[("about", "tickets")])
        .says("tick what you mean first");
    let ticked = [
        ("about", "tickets"),
        ("object", "T-1001"),
        ("object", "T-1003"),
    ];
    let form = house.post(&lead, "/bulk", &ticked);
    assert_eq!(form.status, 200, "{}", super::gist(&form.text));
    form.says("Change 2 tickets");
    let all = house.post(
        &lead,
        "/bulk?sort=opened",
        &[("about", "tickets"), ("all", "yes")],
    );
    all.says("Change 3 tickets");
    let talks = house.post(
        &lead,
        "/bulk?queue=all",
        &[("about", "inbox"), ("all", "yes")],
    );
    talks.says("Change 3 conversations");
    let mut wish = vec![
        ("then", "do"),
        ("object", "T-1001 T-1003"),
        ("add_tags", "gone"),
    ];
    house
        .again(&lead, "/bulk", &wish)
        .says("there is no tag gone");
    wish[2] = ("priority", "high");
    assert_eq!(house.done(&lead, "/bulk", &wish), "/bulk/1");
    let page = house.shows(&lead, "/bulk/1");
    assert!(
        page.contains("running") && page.contains("0 of 2"),
        "{}",
        super::gist(&page)
    );
    house
        .again(&lead, "/bulk/1/undoing", &[])
        .says("still running");
    trailbox::jobs::bulk::work(&house.kit.ledger, &|| false).unwrap();
    let page = house.shows(&lead, "/bulk/1");
    assert!(page.contains("2 of 2") && page.contains("Undo all of it"));
    house.done(&lead, "/bulk/1/undoing", &[]);
    trailbox::jobs::bulk::work(&house.kit.ledger, &|| false).unwrap();
    assert!(house.shows(&lead, "/bulk/1").contains("undone"));
    assert_eq!(house.get(&lead, "/bulk/9").status, 404);
}
