//! The demonstration: a shop that does not exist with five weeks of history, customers who write
//! while somebody watches, and the provider played inside this process.

mod answers;
mod cast;
mod days;
mod deeds;
mod dice;
mod files;
pub mod folder;
pub mod graph;
mod habits;
mod hook;
pub mod life;
mod plan;
mod shop;
mod stage;
mod stories;
pub mod tamper;
mod texts;
mod thread;

pub use cast::CHANNEL;
pub use shop::templates;
pub use stage::{Played, config};

use crate::desk::{self, contacts, deliveries, inbox};
use crate::domain::actor::{Door, Who};
use crate::domain::moment::Moment;
use crate::error::Result;
use crate::ledger::{Chance, Clock, Home, Ledger, Opening};
use cast::Calendar;
use days::Days;
use graph::Graph;
use plan::Plan;
use stage::Stage;

/// Conversations the emulator is told about.
const REMEMBERED: u32 = 500;

/// What story is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Story {
    /// Chance begins here: the same seed and the same end give the same events.
    pub seed: u64,
    /// How many days, today included.
    pub days: u32,
    /// About how many conversations.
    pub conversations: u32,
    /// When it ends.
    pub end: Moment,
}

/// The accounts a visitor of the demo may sign in with: name and role, e-mail address, password.
pub fn accounts() -> Vec<(String, String, String)> {
    let labels = [
        (cast::ZARA, "lead"),
        (3, "agent"),
        (2, "QA lead"),
        (0, "owner"),
    ];
    labels
        .into_iter()
        .filter_map(|(place, label)| {
            let worker = cast::WORKERS.get(place)?;
            Some((
                format!("{}, {label}", worker.name),
                worker.email(),
                cast::PASSWORD.to_owned(),
            ))
        })
        .collect()
}

/// Makes the demo's desk in an empty folder and tells its story; `progress` hears how many days
/// are told.
pub fn make(home: &Home, story: &Story, progress: &mut dyn FnMut(u64)) -> Result<Played> {
    folder::prepare(home)?;
    let calendar = Calendar::ending(story.end, i64::from(story.days));
    let begin = calendar.at(-1, 17, 30);
    let opening = Opening {
        apply: desk::apply,
        follow: desk::follow,
        clock: Clock::hand(begin),
        chance: Chance::Seeded(fastrand::Rng::with_seed(story.seed)),
        progress: &mut |_| {},
    };
    let ledger = Ledger::create(home, cast::SHOP, opening)?;
    let mut stage = Stage::new(&ledger, story.seed, calendar)?;
    let mut plan = Plan::default();
    let mut days = Days::new(story.seed, calendar, story.conversations as usize);
    let mut chats = Vec::new();
    days::routine(story.seed, &calendar, &mut plan);
    stories::tell(story.seed, &calendar, &mut plan, &mut days, &mut chats);
    days.present(&mut plan, &mut chats);
    let stop = story.end.plus_ms(-5_000);
    while let Some(step) = plan.next_before(stage.connects_at()) {
        stage.step(step, &days, &chats)?;
    }
    stage.connect()?;
    for day in 0..i64::from(story.days) {
        days.think(day, &mut plan, &mut chats);
        let until = calendar.at(day + 1, 0, 0).min(stop);
        while let Some(step) = plan.next_before(until) {
            stage.step(step, &days, &chats)?;
        }
        progress(u64::try_from(day + 1).unwrap_or(0));
    }
    let played = stage.end(stop)?;
    ledger.publish_checkpoint()?;
    ledger.close()?;
    folder::finish(home, story)?;
    Ok(played)
}

/// Tells the emulator who wrote lately, so that what is open can be marked as read.
pub fn remember(ledger: &Ledger, graph: &Graph) -> Result<()> {
    let who = Who::system("demo", Door::Cli);
    let now = ledger.now(&who)?;
    let wish = inbox::Wish {
        queue: inbox::Queue::All,
        group: None,
        channel: None,
        tag: None,
        sort: inbox::Sort::Newest,
        after: None,
    };
    for row in inbox::list(&now, &wish, REMEMBERED)? {
        let contact = contacts::get(&now, row.contact)?;
        let Some(number) = contact.identity("wa_id") else {
            continue;
        };
        graph.customer(graph::Customer::new(number, &contact.title()));
        if let Some((_, provider_id)) = deliveries::unread(&now, row.id)? {
            graph.recall(number, &provider_id);
        }
    }
    Ok(())
}
