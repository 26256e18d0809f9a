//! Who looked: searches, files and unseen looks are recorded once an hour, and shown to oneself.

use super::House;
use trailbox::domain::event::Event;
use trailbox::domain::event::access::AccessEvent;
use trailbox::domain::member::Role;
use trailbox::web::exchange::Method;

fn looks(events: &[Event]) -> usize {
    let is_look = |event: &&Event| matches!(event, Event::Access(_));
    events.iter().filter(is_look).count()
}

#[test]
fn searches_are_recorded_once_an_hour_and_shown_to_oneself() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    let lead = house.member("Lena", Role::Lead);
    let channel = house.kit.channel("shop");
    house
        .kit
        .writes(channel, "447700900200", "nobody called me");
    let before = house.kit.events();
    house.shows(&agent, "/search?q=called");
    house.shows(&agent, "/search?q=called");
    house.shows(&lead, "/audit?q=called");
    house.shows(&lead, "/audit");
    let events = house.since(before);
    assert_eq!(looks(&events), 2, "{events:?}");
    assert!(matches!(
        &events[0],
        Event::Access(AccessEvent::Searched { place, found: 1, sealed })
            if place == "desk" && sealed.question.as_deref() == Some("called")
    ));
    house.kit.later(3_700_000);
    let agent = house.sign_in(agent.who.clone());
    let before = house.kit.events();
    house.shows(&agent, "/search?q=called");
    assert_eq!(looks(&house.since(before)), 1);
    let mine = house.shows(&agent, "/me/recorded");
    assert!(mine.contains("Ada searched the desk (1 found): called"));
    assert!(
        !mine.contains("href=\"/audit/"),
        "an agent cannot open them"
    );
    assert!(!mine.contains("Lena asked"), "others' are not theirs");
    let lead = house.sign_in(lead.who.clone());
    let all = house.shows(&lead, "/audit?q=is:read");
    assert!(all.contains("Ada searched the desk"));
}

#[test]
fn observing_shows_the_thread_marks_nothing_and_is_recorded() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let agent = house.member("Ada", Role::Agent);
    let channel = house.kit.channel("shop");
    house
        .kit
        .writes(channel, "447700900200", "nobody called me");
    let before = house.kit.events();
    let page = house.shows(&lead, "/conversations/C-1/observing");
    assert!(page.contains("nobody called me") && page.contains("Nobody sees that you are here"));
    let main = page.split("<main").nth(1).unwrap();
    let main = main.split("</main>").next().unwrap();
    assert!(!main.contains("method=\"post\"") && !main.contains("data-presence"));
    let events = house.since(before);
    assert!(
        matches!(
            events.as_slice(),
            [Event::Access(AccessEvent::Observed { .. })]
        ),
        "nothing but that: {events:?}"
    );
    assert!(
        house
            .shows(&lead, "/audit?q=is:read+about:C-1")
            .contains("Lena observed C-1")
    );
    house.refused(&agent, Method::Get, "/conversations/C-1/observing");
    house.refused(&agent, Method::Get, "/tickets/T-1/observing");
}
