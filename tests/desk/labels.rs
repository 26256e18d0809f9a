//! The lists of tags and types: added to, renamed, retired, and what may still be put on things.

use super::kit::Kit;
use trailbox::desk::labels::{self, Label};
use trailbox::desk::{conversations, inbox, settings, tickets};
use trailbox::domain::label::{Colour, List};
use trailbox::domain::member::Role;
use trailbox::domain::ticket::Priority;
use trailbox::ledger::Now;

fn names(kit: &Kit, list: List) -> Vec<String> {
    let labels = kit.ask(|now| labels::offered(now, list)).unwrap();
    labels.into_iter().map(|label| label.name).collect()
}

#[test]
fn a_desk_starts_with_six_types_and_takes_more() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    assert_eq!(names(&kit, List::Type).len(), 6);
    let add =
        |label: &'static str| move |now: &Now<'_>| labels::add(now, List::Type, label, Colour::Red);
    kit.done(&admin, add("Lost  Parcel"));
    assert!(names(&kit, List::Type).contains(&"lost-parcel".to_owned()));
    for (label, words) in [
        ("lost parcel", "stands in the list already"),
        ("", "1 to 40 characters"),
        ("a, b", "no commas"),
    ] {
        let refusal = kit.refused(&admin, add(label));
        assert!(refusal.text.contains(words), "{label}: {}", refusal.text);
    }
    let wanted = tickets::Wanted {
        title: "Where is it".to_owned(),
        kind: "lost-parcel".to_owned(),
        ..tickets::Wanted::default()
    };
    let ticket = kit.ticket(&admin, wanted.clone());
    kit.done(&admin, |now| {
        labels::retire(now, List::Type, "lost-parcel", true)
    });
    let refusal = kit.refused(&admin, move |now| tickets::open(now, wanted));
    assert!(refusal.text.contains("retired"), "{}", refusal.text);
    // What carries it keeps it, and can be worked on.
    let facts = kit.done(&admin, move |now| {
        tickets::change_fields(now, ticket, Priority::High, "lost-parcel", None)
    });
    assert_eq!(facts.len(), 1);
    kit.done(&admin, |now| {
        labels::retire(now, List::Type, "lost-parcel", false)
    });
    assert!(names(&kit, List::Type).contains(&"lost-parcel".to_owned()));
}

#[test]
fn the_last_type_stays() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    let mut types = names(&kit, List::Type);
    let last = types.pop().unwrap();
    for name in types {
        kit.done(&admin, move |now| {
            labels::retire(now, List::Type, &name, true)
        });
    }
    let refusal = kit.refused(&admin, move |now| {
        labels::retire(now, List::Type, &last, true)
    });
    assert!(refusal.text.contains("keep one"));
}

#[test]
fn tags_join_by_use_unless_the_list_is_closed() {
    let kit = Kit::new();
    let admin = kit.member("Adam", Role::Admin);
    let channel = kit.channel("shop");
    let talk = kit.writes(channel, "447700900301", "hello");
    let tag = |tags: &'static str| move |now: &Now<'_>| conversations::tag(now, talk, tags);
    kit.done(&admin, tag("#Late Parcel, vip"));
    assert_eq!(names(&kit, List::Tag), ["late-parcel", "vip"]);
    assert_eq!(kit.ask(inbox::known_tags).unwrap(), ["late-parcel", "vip"]);
    kit.done(&admin, |now| {
        labels::change(now, List::Tag, "vip", "Good customer", Colour::Green)
    });
    kit.done(&admin, |now| labels::retire(now, List::Tag, "vip", true));
    let found: Option<Label> = kit.ask(|now| labels::find(now, List::Tag, "vip")).unwrap();
    let found = found.unwrap();
    assert_eq!(
        (found.label.as_str(), found.retired),
        ("Good customer", true)
    );
    kit.done(&admin, tag("vip"));
    kit.done(&admin, tag(""));
    let refusal = kit.refused(&admin, tag("vip"));
    assert_eq!(refusal.text, "the tag vip is retired");
    kit.done(&admin, |now| settings::set(now, "tag.closed_list", "on"));
    let refusal = kit.refused(&admin, tag("late-parcel, brand-new"));
    assert!(refusal.text.contains("there is no tag brand-new"));
    kit.done(&admin, tag("late-parcel"));
}
