//! The explorer, one event, exports, integrity.

use super::House;
use trailbox::domain::event::{AuditEvent, Event};
use trailbox::domain::member::Role;
use trailbox::web::exchange::Method;

#[test]
fn the_explorer_lists_events_as_sentences_and_narrows_them() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let channel = house.kit.channel("shop");
    house
        .kit
        .writes(channel, "447700900200", "where is my parcel");
    let all = house.shows(&lead, "/audit");
    assert!(all.contains("wrote: where is my parcel"));
    assert!(
        all.contains("Customer 447700900200"),
        "customers have names"
    );
    let some = house.shows(&lead, "/audit?event=channel&kind=system");
    assert!(some.contains("connected the channel WhatsApp shop"));
    assert!(!some.contains("where is my parcel"), "the filter narrows");
    assert!(
        some.contains("href=\"/audit?q=event%3Achannel\""),
        "a chip goes"
    );
    assert!(
        some.contains("value=\"kind:system event:channel\""),
        "one box holds all"
    );
    let found = house.shows(&lead, "/audit?q=parcel&contact=K-1&channel=");
    assert!(found.contains("where is my parcel"));
    let none = house.shows(&lead, "/audit?from=2030-01-01");
    assert!(none.contains("No event matches"));
    let wrong = house.get(&lead, "/audit?q=evnt:x+by:nobdy&from=yesterdy");
    assert_eq!(wrong.status, 422);
    wrong.says("did you mean event:?");
    wrong.says("at character 1");
    wrong.says("value=\"evnt:x by:nobdy after:yesterdy\"");
}

#[test]
fn the_explorer_groups_counts_and_shows_chosen_columns() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let channel = house.kit.channel("shop");
    let talk = house
        .kit
        .writes(channel, "447700900200", "where is my parcel");
    house.shows(&lead, &format!("/conversations/{talk}"));
    let days = house.shows(&lead, "/audit?group=day&q=is:view");
    assert!(days.contains("table__day"));
    assert!(days.contains("1 event<"), "{}", super::gist(&days));
    assert!(
        days.contains("opened"),
        "who looked: {}",
        super::gist(&days)
    );
    let actors = house.shows(&lead, "/audit?group=actor&q=-kind:system");
    assert!(actors.contains("q=-kind%3Asystem+actor%3AM-1"));
    let cases = house.shows(&lead, "/audit?group=case");
    assert!(cases.contains("/conversations/C-1"));
    let columns = house.shows(&lead, "/audit?col=seq&col=hash");
    assert!(columns.contains("<th>Hash</th>") && !columns.contains("<th>Who</th>"));
    assert!(house.shows(&lead, "/audit?live=no").contains("Follow live"));
}

#[test]
fn views_are_kept_by_name_for_oneself_or_for_all() {
    let house = House::new();
    let (lead, auditor) = (
        house.member("Lena", Role::Lead),
        house.member("Olga", Role::Auditor),
    );
    let query = "q=is%3Adenied&group=day";
    let fields = [("name", "Refused"), ("query", query), ("shared", "yes")];
    let place = house.done(&lead, "/audit/views", &fields);
    assert_eq!(place, "/audit?q=is%3Adenied&group=day");
    assert!(
        house
            .shows(&auditor, "/audit?q=is:view")
            .contains("Refused</a>")
    );
    let mine = [("name", "Mine  alone"), ("query", "q=actor%3Ame")];
    house.done(&auditor, "/audit/views", &mine);
    let chip = "Mine alone</a>";
    assert!(!house.shows(&lead, "/audit?q=is:view").contains(chip));
    assert!(house.shows(&auditor, "/audit?q=is:view").contains(chip));
    let again = house.again(&lead, "/audit/views", &[("name", " "), ("query", query)]);
    again.says("1 to 60 characters");
    again.says("value=\"is:denied\"");
    assert_eq!(house.post(&auditor, "/audit/views", &fields).status, 403);
    assert_eq!(
        house.post(&auditor, "/audit/views/1/removal", &[]).status,
        403
    );
    assert_eq!(house.post(&lead, "/audit/views/2/removal", &[]).status, 404);
    house.done(&lead, "/audit/views/1/removal", &[]);
    assert!(
        !house
            .shows(&auditor, "/audit?q=is:view")
            .contains("Refused</a>")
    );
}

#[test]
fn the_causes_of_an_event_are_shown_both_ways() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let channel = house.kit.channel("shop");
    let before = house.kit.events();
    house
        .kit
        .writes(channel, "447700900200", "where is my parcel");
    let events = house.since(before);
    let received = events
        .iter()
        .position(|event| matches!(event, Event::Article(_)))
        .unwrap() as u64;
    let page = house.shows(&lead, &format!("/audit/{}/causes", before + received));
    assert!(page.contains("What it follows from"));
    assert!(page.contains("where is my parcel"));
    assert_eq!(house.get(&lead, "/audit/99999/causes").status, 404);
}

#[test]
fn an_agent_is_refused_the_trail_and_that_is_recorded() {
    let house = House::new();
    let agent = house.member("Ada", Role::Agent);
    house.refused(&agent, Method::Get, "/audit");
    house.refused(&agent, Method::Get, "/audit/3");
    house.refused(&agent, Method::Get, "/audit/3/causes");
    house.refused(&agent, Method::Post, "/audit/views");
    house.refused(&agent, Method::Post, "/audit/views/1/removal");
    house.refused(&agent, Method::Get, "/audit/integrity");
    house.refused(&agent, Method::Post, "/audit/verification");
    house.refused(&agent, Method::Post, "/audit/checkpoints");
    house.refused(&agent, Method::Post, "/audit/exports");
    house.refused(&agent, Method::Get, "/audit/evidence");
    house.refused(&agent, Method::Post, "/audit/evidence");
    let admin = house.member("Adam", Role::Admin);
    house.refused(&admin, Method::Post, "/audit/exports");
    house.refused(&admin, Method::Post, "/audit/evidence");
}

#[test]
fn an_event_shows_what_it_is_made_of_but_no_secret() {
    let house = House::new();
    let auditor = house.member("Olga", Role::Auditor);
    let before = house.kit.events();
    house.kit.channel("shop");
    let page = house.shows(&auditor, &format!("/audit/{before}"));
    assert!(page.contains("channel.added"));
    assert!(page.contains("You do not have the right to see it"));
    assert!(!page.contains("secret-"), "secrets stay secret");
    assert!(page.contains("&quot;seq&quot;:"), "the exact bytes");
    let note = house.app.ledger.publish_checkpoint().unwrap();
    assert!(!note.is_empty());
    let page = house.shows(&auditor, &format!("/audit/{before}"));
    assert!(page.contains("Proof that it is among them"));
    assert_eq!(house.get(&auditor, "/audit/99999").status, 404);
    assert_eq!(house.get(&auditor, "/audit/never").status, 404);
}

#[test]
fn an_export_holds_what_the_filter_lists_and_is_recorded() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    house.kit.channel("shop");
    let before = house.kit.events();
    let fields = [("format", "csv"), ("event", "channel.added")];
    let page = house.taken(&lead, "/audit/exports", &fields);
    assert_eq!(page.status, 200, "{}", super::gist(&page.text));
    assert_eq!(page.text.lines().count(), 2, "{}", super::gist(&page.text));
    assert!(page.text.starts_with("seq,at,event"));
    assert!(!page.text.contains("secret-1"), "secrets stay");
    let recorded = house.since(before);
    assert!(
        recorded.iter().any(|event| matches!(
            event,
            Event::Audit(AuditEvent::Exported { format, rows: 1, filter: None, sealed, .. })
                if format == "csv" && sealed.question.as_deref() == Some("event:channel.added")
        )),
        "{recorded:?}"
    );
    let told = house.shows(&lead, "/audit?q=event%3Aaudit.exported");
    assert!(told.contains("exported 1 events as CSV: event:channel.added"));
    let lines = house.taken(&lead, "/audit/exports", &[("format", "jsonl")]);
    assert!(
        lines
            .text
            .lines()
            .all(|line| line.starts_with("{\"entry\":{"))
    );
    house.again(&lead, "/audit/exports", &[("format", "ods")]);
    let wrong = [("format", "csv"), ("object", "X-1")];
    house.again(&lead, "/audit/exports", &wrong);
}

#[test]
fn verifying_goes_through_everything_and_says_so() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let page = house.shows(&lead, "/audit/integrity");
    assert!(page.contains("Not verified yet"));
    assert!(page.contains(&house.app.ledger.verifier().text()));
    let place = house.done(&lead, "/audit/verification", &[]);
    assert_eq!(place, "/audit/integrity");
    let begun = std::time::Instant::now();
    while trailbox::web::app::locked(&house.app.verification)
        .running
        .is_some()
    {
        assert!(begun.elapsed().as_secs() < 60, "it does not end");
        std::thread::yield_now();
    }
    let page = house.shows(&lead, "/audit/integrity");
    assert!(page.contains("Nothing was changed behind the program"));
    assert!(page.contains("The chain of events"));
    let by_lena = house.shows(&lead, "/audit?event=audit.verified");
    assert!(
        by_lena.contains("Lena verified"),
        "{}",
        super::gist(&by_lena)
    );
    house.done(&lead, "/audit/checkpoints", &[]);
    assert!(
        house
            .shows(&lead, "/audit/integrity")
            .contains("Published checkpoints")
    );
}

#[test]
fn evidence_of_a_case_is_taken_from_its_page() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let channel = house.kit.channel("shop");
    let text = "where is my parcel";
    let conversation = house.kit.writes(channel, "447700900200", text);
    let page = house.shows(&lead, &format!("/conversations/{conversation}"));
    let link = format!("/audit/evidence?case={conversation}");
    assert!(page.contains(&link));
    let page = house.shows(&lead, &link);
    assert!(page.contains("every event of") && page.contains("value=\"said\""));
    assert!(page.contains(&house.app.ledger.verifier().text()));
    let case = conversation.to_string();
    let file = house.taken(&lead, "/audit/evidence", &[("case", &case)]);
    assert_eq!(file.status, 200, "{}", super::gist(&file.text));
    assert!(file.text.starts_with("PK"), "a zip file");
    let kept = house.shows(&lead, "/exports");
    assert!(kept.contains(&format!("evidence-{conversation}-")) && kept.contains(".zip"));
    let before = house.kit.events();
    let fields = [("case", &*case), ("withhold", "said"), ("withhold", "name")];
    house.post(&lead, "/audit/evidence", &fields);
    let recorded = house.since(before);
    assert!(
        recorded.iter().any(|event| matches!(
            event,
            Event::Audit(AuditEvent::EvidenceExported { object: Some(_), withheld, .. })
                if withheld == &["name", "said"]
        )),
        "{recorded:?}"
    );
    let page = house.shows(&lead, "/audit?q=event%3Aaudit.evidence_exported");
    assert!(page.contains("out as evidence") && page.contains("withheld: name, said"));
    // A selection and the whole trail.
    let page = house.shows(&lead, "/audit/evidence?q=event%3Amember");
    assert!(page.contains("that pass the filter"));
    house.post(&lead, "/audit/evidence", &[("q", "event:member")]);
    assert!(
        house
            .shows(&lead, "/audit/evidence")
            .contains("all there are")
    );
    // What is not there, and what cannot be read.
    assert_eq!(house.get(&lead, "/audit/evidence?case=T-99").status, 404);
    assert_eq!(house.get(&lead, "/audit/evidence?case=M-1").status, 422);
    assert_eq!(
        house.get(&lead, "/audit/evidence?q=after%3Anever").status,
        422
    );
    house.again(&lead, "/audit/evidence", &[("case", "M-1")]);
    house.again(&lead, "/audit/evidence", &[("q", "actor:K-99")]);
    house.again(
        &lead,
        "/audit/evidence",
        &[("q", "event:member.deactivated")],
    );
    let missing = house.post(&lead, "/audit/evidence", &[("case", "T-99")]);
    assert_eq!(missing.status, 404);
    assert!(!house.shows(&lead, "/exports").contains("evidence-T-99"));
}

#[test]
fn what_the_trail_proves_is_said_with_the_desks_own_numbers() {
    let house = House::new();
    let lead = house.member("Lena", Role::Lead);
    let page = house.shows(&lead, "/audit/meaning");
    assert!(page.contains("no checkpoint is known to be kept elsewhere"));
    assert!(page.contains("was not verified yet"));
    let integrity = house.shows(&lead, "/audit/integrity");
    assert!(integrity.contains("None is known to be kept elsewhere"));
    house.post(&lead, "/audit/evidence", &[]);
    let page = house.shows(&lead, "/audit/meaning");
    assert!(
        page.contains("1 export left the desk"),
        "{}",
        super::gist(&page)
    );
    assert!(page.contains("recorded since a checkpoint last left the desk"));
    let integrity = house.shows(&lead, "/audit/integrity");
    assert!(integrity.contains("left with an export"));
}
