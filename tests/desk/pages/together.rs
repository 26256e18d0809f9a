//! What belongs together, by its forms: mentions and corrections, tickets merged, split and linked,
//! customers merged, blocked, described and taken in.

use super::House;
use trailbox::desk::tickets::Wanted;
use trailbox::domain::id::TicketId;
use trailbox::domain::member::Role;

fn opened(house: &House, browser: &super::Browser, number: &str) -> (String, TicketId) {
    let channels = house.kit.ask(trailbox::desk::channels::list).unwrap();
    let channel = match channels.first() {
        Some(channel) => channel.id,
        None => house.kit.channel("shop"),
    };
    let talk = house.kit.writes(channel, number, "Where is my parcel?");
    let wanted = Wanted {
        conversation: Some(talk),
        title: format!("Parcel of {number}"),
        ..Wanted::default()
    };
    (talk.to_string(), house.kit.ticket(&browser.who, wanted))
}

#[test]
fn a_note_mentions_and_an_article_is_set_right() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    house.member("Ben", Role::Agent);
    let (talk, ticket) = opened(&house, &agent, "447911123456");
    let at = format!("/conversations/{talk}");
    let page = house.shows(&agent, &format!("{at}?write=note"));
    assert!(page.contains("<option value=\"Ben\">"), "names are offered");
    house.done(&agent, &format!("{at}/notes"), &[("text", "@ben look")]);
    let page = house.shows(&agent, &at);
    assert!(page.contains("<mark class=\"mention\">@ben</mark>"));
    let seq = page.split("corrects=").nth(1).unwrap();
    let seq: String = seq.chars().take_while(char::is_ascii_digit).collect();
    let page = house.shows(&agent, &format!("{at}?corrects={seq}"));
    assert!(page.contains("Setting right what Ada wrote") && page.contains("composer--note"));
    let fields = [("text", "@ben do not look"), ("corrects", seq.as_str())];
    house.done(&agent, &format!("{at}/notes"), &fields);
    let page = house.shows(&agent, &at);
    assert!(page.contains("Sets right") && page.contains("Set right by"));
    let fields = [("text", "no"), ("corrects", "1")];
    house.again(&agent, &format!("{at}/notes"), &fields);
    house.again(&agent, &format!("/tickets/{ticket}/notes"), &fields);
    house.done(
        &agent,
        &format!("/tickets/{ticket}/notes"),
        &[("text", "@Ben?")],
    );
    assert!(
        house
            .shows(&agent, &format!("/tickets/{ticket}"))
            .contains("mention\">@Ben<")
    );
}

#[test]
fn tickets_are_merged_split_and_linked_and_it_is_undone() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let (talk, one) = opened(&house, &agent, "447911123456");
    let (_, two) = opened(&house, &agent, "447911123457");
    let at = |ticket: TicketId, act: &str| format!("/tickets/{ticket}/{act}");
    let page = house.again(&agent, &at(two, "merging"), &[("into", "T-1")]);
    page.says("there is no ticket T-1");
    house.again(&agent, &at(two, "merging"), &[("into", "what")]);
    let name = one.to_string();
    house.done(&agent, &at(two, "merging"), &[("into", &name)]);
    let page = house.shows(&agent, &format!("/tickets/{two}"));
    assert!(
        page.contains("This ticket was merged into") && page.contains(&format!("/tickets/{one}"))
    );
    assert!(!page.contains("Add note"), "work goes on there");
    assert!(
        house
            .shows(&agent, &format!("/tickets/{one}"))
            .contains("Merged into this")
    );
    assert!(
        !house
            .shows(&agent, "/tickets")
            .contains("Parcel of 447911123457")
    );
    house.again(&agent, &at(two, "notes"), &[("text", "late")]);
    house.done(&agent, &at(two, "unmerging"), &[]);
    assert!(
        house
            .shows(&agent, "/tickets")
            .contains("Parcel of 447911123457")
    );

    let link = [("to", name.as_str()), ("link", "duplicate")];
    house.done(&agent, &at(two, "links"), &link);
    house.again(&agent, &at(two, "links"), &link);
    assert!(
        house
            .shows(&agent, &format!("/tickets/{two}"))
            .contains("Duplicate of")
    );
    assert!(
        house
            .shows(&agent, &format!("/tickets/{one}"))
            .contains("Has the duplicate")
    );
    house.done(&agent, &at(one, "unlinking"), &[("to", &two.to_string())]);

    let page = house.shows(&agent, &format!("/conversations/{talk}?select=split"));
    let seq = page
        .split("form=\"f-split\" name=\"article\" value=\"")
        .nth(1)
        .unwrap();
    let seq: String = seq.chars().take_while(char::is_ascii_digit).collect();
    let split = format!("/conversations/{talk}/splitting");
    house.again(&agent, &split, &[("title", "Other case")]);
    let chosen = [("title", "Other case"), ("article", seq.as_str())];
    let there = house.done(&agent, &split, &chosen);
    let page = house.shows(&agent, there.split('?').next().unwrap());
    assert!(page.contains("Other case") && page.contains("was split off from"));
    let page = house.shows(&agent, &format!("/conversations/{talk}"));
    assert!(page.contains("Also in") && page.contains("Split off"));
    let new = there.split('?').next().unwrap().to_owned();
    house.done(&agent, &format!("{new}/rejoining"), &[]);
    assert!(house.shows(&agent, &new).contains("was put back into"));
    let from = format!("/tickets/{one}?select=split");
    assert!(
        house
            .shows(&agent, &from)
            .contains("Title of the new ticket")
    );
    house.again(
        &agent,
        &at(one, "splitting"),
        &[("title", "x"), ("article", "1")],
    );
}

#[test]
fn a_customer_is_described_merged_and_blocked_by_forms() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    opened(&house, &agent, "447911123456");
    opened(&house, &agent, "447911123457");
    let at = |act: &str| format!("/contacts/K-1/{act}");
    let page = house.shows(&agent, "/contacts/K-1");
    assert!(page.contains("verified") && page.contains("+44 7911 123456"));
    house.done(
        &agent,
        &at("identities"),
        &[("kind", "email"), ("value", "A@shop.example")],
    );
    assert!(
        house
            .shows(&agent, "/contacts/K-1")
            .contains("written down")
    );
    let page = house.again(
        &agent,
        &at("identities"),
        &[("kind", "phone"), ("value", "12")],
    );
    page.says("has no country code");
    let gone = [("kind", "email"), ("value", "a@shop.example")];
    house.done(&agent, &at("identity_removal"), &gone);
    house.again(&agent, &at("identity_removal"), &gone);
    house.done(
        &agent,
        &at("profile"),
        &[("name", "Ana Ruiz"), ("language", "Spanish")],
    );
    house.again(&agent, &at("profile"), &[("shoe", "42")]);
    house.done(&agent, &at("notes"), &[("text", "prefers a call, @ada")]);
    house.again(&agent, &at("notes"), &[("text", " ")]);
    let page = house.shows(&agent, "/contacts/K-1");
    assert!(page.contains("Ana Ruiz") && page.contains("Spanish"));
    assert!(page.contains("prefers a call"));
    house.again(&agent, &at("merging"), &[("into", "K-1")]);
    house.done(&agent, &at("merging"), &[("into", "k-2")]);
    assert!(
        house
            .shows(&agent, "/contacts/K-1")
            .contains("This record was merged into")
    );
    let page = house.shows(&agent, "/contacts/K-2");
    assert!(
        page.contains("447911123456") || page.contains("7911 123456"),
        "both numbers"
    );
    assert!(page.contains("C-1") && page.contains("C-2"));
    house.done(&agent, &at("unmerging"), &[]);
    house.again(&agent, &at("unmerging"), &[]);
    house.again(&agent, &at("block"), &[("reason", "")]);
    house.done(&agent, &at("block"), &[("reason", "spam")]);
    assert!(house.shows(&agent, "/contacts/K-1").contains("Blocked"));
    assert!(
        house
            .shows(&agent, "/contacts?view=blocked")
            .contains("Ana Ruiz")
    );
    house.done(&agent, &at("unblock"), &[]);
    assert!(
        !house
            .shows(&agent, "/contacts?view=blocked")
            .contains("Ana Ruiz")
    );
    assert_eq!(house.post(&agent, &at("nonsense"), &[]).status, 404);
    let reader = house.member("Rea", Role::Reviewer);
    house.refused(
        &reader,
        trailbox::web::exchange::Method::Post,
        "/contacts/K-1/block",
    );
    house.refused(
        &reader,
        trailbox::web::exchange::Method::Get,
        "/contacts/import",
    );
}

#[test]
fn a_table_of_customers_is_shown_before_it_is_taken_in() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    assert!(house.shows(&agent, "/contacts/import").contains("Preview"));
    house.again(&agent, "/contacts/import", &[("text", "")]);
    house.again(&agent, "/contacts/import", &[("text", "name\nAna\n")]);
    let table = "name,phone\nAna,+447911123456\nBilal,12\n";
    let page = house.post(&agent, "/contacts/import", &[("text", table)]);
    page.says("12 has no country code");
    page.says("1 new");
    assert!(
        house
            .shows(&agent, "/contacts")
            .contains("No customers here"),
        "nothing yet"
    );
    let for_good = [("text", table), ("confirm", "yes")];
    house.done(&agent, "/contacts/import", &for_good);
    assert!(house.shows(&agent, "/contacts").contains("Ana"));
    house.again(&agent, "/contacts/import", &for_good);
}
