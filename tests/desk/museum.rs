//! The museum of events: every shape ever released still decodes, and loses nothing on the way.
//! A line is only ever added to `tests/golden/events.jsonl`; one that stands there never changes.

use serde::Deserialize;
use serde_json::{Map, Value};
use trailbox::domain::event::{Event, Parts};

/// One exhibit. Under `sealed` stand the disclosures' values themselves.
#[derive(Deserialize)]
struct Exhibit {
    event: String,
    ev: u32,
    data: Map<String, Value>,
    sealed: Map<String, Value>,
}

fn check(line: &str) -> Result<(), String> {
    let Exhibit {
        event: name,
        ev,
        data,
        sealed,
    } = serde_json::from_str(line).map_err(|error| format!("is no exhibit: {error}"))?;
    let parts = Parts {
        name: name.clone(),
        data: data.clone(),
        sealed: sealed.clone(),
    };
    let event = Event::from_parts(parts).map_err(|error| format!("does not decode: {error}"))?;
    if ev > event.version() {
        return Err(format!("is of version {ev}, after {}", event.version()));
    }
    let told = event.parts().map_err(|error| format!("{error}"))?;
    if told.name != name {
        return Err(format!("comes back as {}", told.name));
    }
    for (kept, now) in [(&data, &told.data), (&sealed, &told.sealed)] {
        for (field, value) in kept {
            if now.get(field) != Some(value) {
                return Err(format!("{name} loses {field}: {value}"));
            }
        }
    }
    Ok(())
}

#[test]
fn every_event_ever_released_still_decodes_and_loses_nothing() {
    let museum = include_str!("../golden/events.jsonl");
    let lines = museum.lines().zip(1..);
    let broken: Vec<String> = lines
        .filter_map(|(line, at)| check(line).err().map(|why| (at, why)))
        .map(|(at, why)| format!("tests/golden/events.jsonl:{at} {why}"))
        .collect();
    assert!(
        broken.is_empty(),
        "an event lives for ever: add fields with a default, never rename or remove one\n  {}",
        broken.join("\n  ")
    );
}

#[test]
fn an_exhibit_that_lost_a_field_is_noticed() {
    let good = r#"{"event":"desk.started","ev":1,"data":{"software":"x"},"sealed":{}}"#;
    assert_eq!(check(good), Ok(()));
    for (bad, why) in [
        (good.replace("software", "hardware"), "does not decode"),
        (
            good.replace("}}", "},\"sealed\":{\"reason\":\"lost\"}}"),
            "is no exhibit",
        ),
        (good.replace("\"x\"", "\"x\",\"more\":1"), "loses more"),
        (good.replace("\"ev\":1", "\"ev\":2"), "version 2"),
        (good.replace("started", "begun"), "does not decode"),
    ] {
        let answer = check(&bad).expect_err("a broken exhibit is noticed");
        assert!(answer.contains(why), "{bad}: {answer}");
    }
}
