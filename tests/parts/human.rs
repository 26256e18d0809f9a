//! How surely the bot hears that a customer asks for a person, measured on phrases and messages
//! written down elsewhere. Their rows stand beside the clone, not in it.

use crate::kit::shared;
use trailbox::domain::bot::asks_for_person;

/// What must be heard of the phrases, alone and inside a message. **Unit:** share.
const RECALL: f64 = 0.98;
/// What may be heard where nobody asked. **Unit:** share of the messages.
const FALSE_ALARMS: f64 = 0.002;
/// What must be right of all that is heard. **Unit:** share.
const PRECISION: f64 = 0.95;

#[test]
fn customers_who_ask_for_a_person_are_heard_and_others_are_left_alone() {
    let Some(file) = shared("data/complaints/human_request.tsv") else {
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let phrases: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').nth(2))
        .collect();
    assert!(phrases.len() > 50, "{} phrases", phrases.len());
    let frames = [
        "{}",
        "Hi, {} please. My order is 58394",
        "{}?? 🙏",
        "ok. {}, now!",
    ];
    let mut missed = Vec::new();
    let mut asked = 0;
    for phrase in &phrases {
        for frame in frames {
            let message = frame.replace("{}", phrase);
            asked += 1;
            if !asks_for_person(&message) {
                missed.push(message);
            }
        }
    }
    let (mut others, mut alarms) = (0, Vec::new());
    // In the third collection beside them many do ask for a person, and no label tells which.
    for name in ["authored", "banking77_weak"] {
        let Some(file) = shared(&format!("data/complaints/{name}.jsonl")) else {
            return;
        };
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let message = row["text"].as_str().unwrap_or_default();
            // What is no complaint asks for nobody either.
            if row["label"] != 0 {
                continue;
            }
            others += 1;
            if asks_for_person(message) {
                alarms.push(message.to_owned());
            }
        }
    }
    let heard = asked - missed.len();
    let recall = heard as f64 / asked as f64;
    let rate = alarms.len() as f64 / f64::from(others);
    let precision = heard as f64 / (heard + alarms.len()) as f64;
    println!(
        "heard {heard} of {asked} ({:.1} %), {} false alarms in {others} ({:.2} %), precision {:.3}",
        recall * 100.0,
        alarms.len(),
        rate * 100.0,
        precision
    );
    assert!(recall >= RECALL, "not heard:\n  {}", missed.join("\n  "));
    assert!(
        rate <= FALSE_ALARMS,
        "nobody asked:\n  {}",
        alarms.join("\n  ")
    );
    assert!(precision >= PRECISION, "precision {precision:.3}");
}
