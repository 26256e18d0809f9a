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
