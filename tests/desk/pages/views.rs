//! Views of the inbox and of the tickets that are kept under a name.

use super::House;
use trailbox::domain::member::Role;

#[test]
fn a_list_is_kept_as_it_was_asked_for() {
    let house = House::new();
    let (lead, agent) = (
        house.member("Lena", Role::Lead),
        house.member("Anna", Role::Agent),
    );
    let channel = house.kit.channel("shop");
    house
        .kit
        .writes(channel, "447700900703", "Where is my parcel?");
    for (list, query) in [
        ("/inbox", "queue=unassigned&sort=oldest"),
        ("/tickets", "owner=me&priority=high"),
    ] {
        let asked = format!("{list}?{query}&open=&after=");
        let shown = house.shows(&agent, &asked);
        let kept = format!("name=\"query\" value=\"{}\"", query.replace('&', "&amp;"));
        assert!(shown.contains(&kept), "{shown}");
        let keep = format!("{list}/views");
        let place = house.done(&agent, &keep, &[("name", "Next up"), ("query", query)]);
        assert_eq!(place, format!("{list}?{query}"));
        assert!(house.shows(&agent, list).contains("Next up"));
        assert!(
            !house.shows(&lead, list).contains("Next up"),
            "it is hers alone"
        );
        let shared = [("name", "All of us"), ("query", query), ("shared", "yes")];
        assert_eq!(house.post(&agent, &keep, &shared).status, 403);
        house.done(&lead, &keep, &shared);
        assert!(house.shows(&agent, list).contains("All of us"));
    }
    let count = "<span class=\"count\">1</span>";
    let inbox = house.shows(&agent, "/inbox?queue=closed");
    let (_, kept) = inbox.split_once("Kept views").unwrap();
    assert!(kept.contains(count), "{kept}");
    let other = house.post(&lead, "/tickets/views/1/removal", &[]);
    assert_eq!(
        other.status, 404,
        "a view of the inbox is none of the tickets"
    );
    assert_eq!(
        house.post(&agent, "/inbox/views/2/removal", &[]).status,
        403
    );
    house.done(&agent, "/inbox/views/1/removal", &[]);
    assert!(!house.shows(&agent, "/inbox").contains("Next up"));
    let wrong = house.post(&agent, "/inbox/views", &[("name", " "), ("query", "")]);
    assert_eq!(wrong.status, 422);
}
