//! Whose a number is: one channel in use has it, and hears what comes to it.

use crate::kit::Kit;
use trailbox::desk::channels::{self, Wanted, number};
use trailbox::domain::actor::Who;
use trailbox::domain::id::ChannelId;

/// What would connect the number of a channel once more.
fn again(kit: &Kit, name: &str, of: ChannelId) -> Wanted {
    Wanted {
        name: name.to_owned(),
        title: format!("WhatsApp {name}"),
        config: kit.ask(|now| channels::get(now, of)).unwrap().config,
        secret: kit.ask(|now| channels::secret(now, of)).unwrap(),
        group: None,
    }
}

#[test]
fn a_number_has_one_channel_in_use() {
    let kit = Kit::new();
    let shell = Who::shell();
    let old = kit.channel("an-old-one");
    let other = kit.channel("other");
    let wanted = again(&kit, "fresh", old);
    let refusal = kit.refused(&shell, move |now| channels::add(now, wanted));
    assert_eq!(refusal.field, Some("phone_number_id"));
    assert!(refusal.text.contains("an-old-one"), "{}", refusal.text);
    let moved = again(&kit, "other", old);
    kit.refused(&shell, move |now| channels::change(now, other, moved));

    kit.done(&shell, move |now| channels::disable(now, old, "renewed"));
    let wanted = again(&kit, "fresh", old);
    kit.done(&shell, move |now| channels::add(now, wanted));
    let all = kit.ask(channels::list).unwrap();
    let fresh = all.iter().find(|one| one.name == "fresh").unwrap().id;
    kit.refused(&shell, move |now| channels::enable(now, old));
    // One that stopped is in use: it is to be mended.
    kit.done(&shell, move |now| {
        channels::stop(now, fresh, None, "no token")
    });
    kit.refused(&shell, move |now| channels::enable(now, old));
    kit.done(&shell, move |now| channels::enable(now, fresh));

    let config = &all.iter().find(|one| one.id == old).unwrap().config;
    let (id, known) = (config.phone_number_id.as_str(), &all);
    for (through, number, hears) in [
        (fresh, Some(id), fresh),
        (other, Some(id), fresh),
        (old, Some(id), old),
        (other, Some("999"), other),
        (other, None, other),
    ] {
        assert_eq!(number::hears(known, through, number), hears, "{number:?}");
    }
    // What comes to a number that is off waits with it: another number cannot answer it.
    let off: Vec<_> = all.iter().filter(|one| one.id != fresh).cloned().collect();
    assert_eq!(number::hears(&off, other, Some(id)), old);
}
