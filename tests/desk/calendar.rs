//! Business time and clocks: the golden cases, and what must hold in every zone of the database.

#[path = "../../examples/golden/cases.rs"]
mod cases;

use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use trailbox::domain::calendar::hours::{DAYS, Hours, Timetable};
use trailbox::domain::calendar::{Zone, zone_names};
use trailbox::domain::moment::{DAY_MS, HOUR_MS, Moment};

fn check_golden(text: &str) {
    let (answers, strange) = cases::answers(text).unwrap();
    assert!(strange.is_empty(), "{strange:?}");
    let file: Value = serde_json::from_str(text).unwrap();
    let groups = file["groups"].as_object().unwrap();
    let wanted = groups.values().flat_map(|cases| cases.as_array().unwrap());
    let mut different = Vec::new();
    for (case, answer) in wanted.zip(&answers) {
        assert_eq!(case["id"], answer["id"]);
        if case["expect"] != answer["got"] {
            let (expect, got) = (&case["expect"], &answer["got"]);
            different.push(format!(
                "{}:\n  wanted {expect}\n  got    {got}",
                case["id"]
            ));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn business_time_is_what_the_golden_cases_say() {
    check_golden(include_str!("../golden/business_time.json"));
}

#[test]
fn clocks_stand_as_the_golden_cases_say() {
    check_golden(include_str!("../golden/sla.json"));
}

#[test]
fn a_group_nobody_knows_is_named() {
    let text = r#"{"groups": {"tea_time": [{"id": "five"}], "sla": []}}"#;
    let (answers, strange) = cases::answers(text).unwrap();
    assert_eq!((answers.len(), strange.len()), (0, 1));
    assert_eq!(strange[0], "tea_time");
}

/// A window a day or two, some over midnight, some days closed, one date that differs.
fn hours(zone: &str, windows: &[(u16, u16)]) -> Hours {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let mut weekly: BTreeMap<String, Vec<[String; 2]>> = BTreeMap::new();
    for (place, (start, length)) in windows.iter().enumerate() {
        let window = [time(*start), time((start + length) % 1440)];
        let day = DAYS[place % 7].to_owned();
        weekly.entry(day).or_default().push(window);
    }
    let exceptions = BTreeMap::from([("2024-03-10".to_owned(), Vec::new())]);
    let timetable = Timetable {
        tz: zone.to_owned(),
        weekly,
        exceptions,
    };
    timetable.hours().unwrap()
}

prop_compose! {
    fn desks()(
        zone in any::<prop::sample::Index>(),
        windows in prop::collection::vec((0u16..1440, 1u16..1440), 1..9),
    ) -> (String, Hours) {
        let names = zone_names();
        let zone = zone.get(&names).clone();
        let hours = hours(&zone, &windows);
        (zone, hours)
    }
}

/// Any instant from 1950 to 2100.
fn instants() -> impl Strategy<Value = Moment> {
    (-631_152_000_000i64..4_102_444_800_000).prop_map(Moment)
}

proptest! {
    #[test]
    fn time_adds_up_however_it_is_split(
        (zone, hours) in desks(), from in instants(), one in 0..40 * DAY_MS, two in 0..40 * DAY_MS,
    ) {
        let (middle, end) = (from.plus_ms(one), from.plus_ms(one + two));
        let whole = hours.between(from, end);
        prop_assert_eq!(whole, hours.between(from, middle) + hours.between(middle, end), "{}", zone);
        prop_assert!(whole <= one + two && whole >= hours.between(from, middle));
    }

    #[test]
    fn a_deadline_is_the_first_instant_with_that_much_time(
        (zone, hours) in desks(), from in instants(), wanted in 0..60 * HOUR_MS, more in 0..HOUR_MS,
    ) {
        let Some(due) = hours.add(from, wanted) else {
            // A minute a week: it would take longer than anybody looks ahead.
            prop_assert!(hours.between(from, from.plus_ms(20 * 365 * DAY_MS)) < wanted);
            return Ok(());
        };
        prop_assert_eq!(hours.between(from, due), wanted, "{}", zone);
        if wanted > 0 {
            prop_assert!(hours.between(from, due.plus_ms(-1)) < wanted);
        }
        prop_assert!(hours.add(from, wanted + more).is_none_or(|later| later >= due));
    }

    #[test]
    fn nothing_counts_while_the_desk_is_closed(
        (_, hours) in desks(), from in instants(), length in 0..20 * DAY_MS,
    ) {
        let until = from.plus_ms(length);
        let mut edge = from;
        for span in hours.spans(from, until) {
            prop_assert_eq!(hours.between(edge, span.from), 0);
            prop_assert_eq!(hours.between(span.from, span.until), span.until.ms_since(span.from));
            prop_assert!(hours.is_open(span.from) && !hours.is_open(span.from.plus_ms(-1)) || span.from == from);
            edge = span.until;
        }
        prop_assert_eq!(hours.between(edge, until), 0);
        prop_assert_eq!(hours.between(until, from), 0);
    }
}

#[test]
fn every_zone_counts_every_hour_of_a_leap_year_once() {
    let always = |zone: &str| Timetable {
        tz: zone.to_owned(),
        ..Timetable::always()
    };
    let from = Moment::parse("2011-12-20T00:00:00Z").unwrap(); // a day is missing in Samoa
    let until = from.plus_ms(400 * DAY_MS);
    for zone in zone_names() {
        let hours = always(&zone).hours().unwrap();
        assert_eq!(hours.between(from, until), until.ms_since(from), "{zone}");
        let weeks = hours.add(from, 14 * DAY_MS);
        assert_eq!(weeks, Some(from.plus_ms(14 * DAY_MS)), "{zone}");
        assert_eq!(Zone::named(&zone).unwrap().name(), zone);
    }
}
