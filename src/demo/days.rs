//! The days of the shop: how many people write and when, and what the members do whoever writes.

use super::cast::{Calendar, Customer, LANGUAGES, Language, WORKERS, ZARA};
use super::dice::Dice;
use super::plan::{Deed, Plan};
use super::texts::{TOPICS, book, fill};
use super::thread::Thread;
use crate::domain::moment::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use crate::domain::privacy::Kind;

/// How much is written in each hour of the local day.
const HOURS: [f64; 24] = [
    2.2, 1.2, 0.7, 0.5, 0.4, 0.5, 0.9, 1.6, 2.8, 4.6, 6.2, 7.6, 7.9, 6.6, 5.2, 4.8, 4.7, 4.9, 5.4,
    6.3, 7.8, 8.2, 6.9, 4.2,
];

/// Who writes on which day.
pub struct Days {
    seed: u64,
    story: Calendar,
    /// How many conversations begin on each day.
    wanted: Vec<usize>,
    /// All customers so far, and from when each may begin anew.
    customers: Vec<(Customer, Moment)>,
    /// Customers who come again and again.
    regulars: Vec<usize>,
}

impl Days {
    /// A story with about this many conversations in all.
    pub fn new(seed: u64, story: Calendar, conversations: usize) -> Self {
        let weight = |day: i64| {
            let base = match story.weekday(day) {
                6 => 40.0,
                5 => 85.0,
                _ => 120.0,
            };
            let over = story.end.ms_since(story.at(day, 0, 0)).clamp(0, DAY_MS) as f64;
            let hours = over / HOUR_MS as f64;
            let share: f64 = (0..24)
                .zip(HOURS)
                .map(|(hour, weight)| weight * (hours - f64::from(hour)).clamp(0.0, 1.0))
                .sum();
            base * story.rush(day) * share / HOURS.iter().sum::<f64>()
        };
        let weights: Vec<f64> = (0..story.days).map(weight).collect();
        let all = weights.iter().sum::<f64>().max(1.0);
        let wanted = weights
            .iter()
            .map(|weight| (conversations as f64 * weight / all).round() as usize);
        Days {
            seed,
            story,
            wanted: wanted.collect(),
            customers: Vec::new(),
            regulars: Vec::new(),
        }
    }

    /// The customer of this number in the story.
    pub fn customer(&self, number: usize) -> Option<&Customer> {
        self.customers.get(number).map(|(customer, _)| customer)
    }

    /// Makes a customer known, who does not write by chance.
    pub fn meet(&mut self, customer: Customer) -> usize {
        self.customers.push((customer, Moment(i64::MAX)));
        self.customers.len() - 1
    }

    /// Thinks a day out; `chats` tells which customer each chat is with and grows.
    pub fn think(&mut self, day: i64, plan: &mut Plan, chats: &mut Vec<usize>) {
        let wanted = usize::try_from(day)
            .ok()
            .and_then(|day| self.wanted.get(day))
            .copied()
            .unwrap_or(0);
        let mut dice = Dice::new(self.seed, (0xda7_0000 + day) as u64);
        let mut begins: Vec<Moment> = (0..wanted)
            .map(|_| {
                let hour = self.story.at(day, dice.weighed(&HOURS) as i64, 0);
                dice.within(hour, HOUR_MS)
            })
            .collect();
        begins.sort_unstable();
        for at in begins {
            if at >= self.story.end {
                break;
            }
            let customer = self.choose(&mut dice, at);
            self.converse(plan, chats, customer, at);
        }
    }

    /// Somebody new, or one of those who come again.
    fn choose(&mut self, dice: &mut Dice, at: Moment) -> usize {
        if dice.percent(21.0)
            && let Some(place) = dice.one(&self.regulars).copied()
            && self
                .customers
                .get(place)
                .is_some_and(|(_, free)| *free < at)
        {
            return place;
        }
        let weights = LANGUAGES.map(|(_, share)| share);
        let language = LANGUAGES
            .get(dice.weighed(&weights))
            .map_or(Language::English, |(language, _)| *language);
        let number = self.customers.len();
        self.customers
            .push((Customer::new(self.seed, number as u64, language), at));
        if dice.percent(9.0) {
            self.regulars.push(number);
        }
        number
    }

    fn converse(&mut self, plan: &mut Plan, chats: &mut Vec<usize>, number: usize, at: Moment) {
        let ended = self.thread(plan, chats, number, at, |thread| thread.run());
        if let Some((_, free)) = self.customers.get_mut(number) {
            // Later than the reopen window, so that a new conversation begins.
            *free = ended.map_or(at, |ended| ended.plus_ms(52 * HOUR_MS));
        }
    }

    /// The desk as a visitor finds it, at whatever hour: some wait for anybody, some are being
    /// worked on.
    pub fn present(&mut self, plan: &mut Plan, chats: &mut Vec<usize>) {
        let mut dice = Dice::new(self.seed, 0x9e5e);
        let (sana, bilal, ana) = (3, 6, 7);
        let left = [
            (None, 0),
            (Some(sana), 1),
            (None, 0),
            (Some(sana), 2),
            (Some(ZARA), 2),
            (None, 0),
            (Some(bilal), 1),
            (Some(sana), 2),
            (Some(ana), 3),
            (None, 0),
            (Some(sana), 3),
            (Some(bilal), 2),
            (Some(sana), 4),
            (None, 0),
            (Some(ZARA), 1),
            (Some(ana), 2),
            (None, 0),
        ];
        for (worker, turns) in left {
            let ago = match worker {
                None => dice.between(6, 45),
                Some(_) => dice.between(30, 170),
            };
            let at = self.story.end.plus_ms(-ago * MINUTE_MS);
            let languages = worker
                .and_then(|place| WORKERS.get(place))
                .map(|worker| worker.speaks);
            let speaks = languages.filter(|speaks| !speaks.is_empty());
            let language = match speaks.and_then(|speaks| dice.one(speaks)) {
                Some(language) => *language,
                None => Language::English,
            };
            let number = self.customers.len();
            self.customers.push((
                Customer::new(self.seed, number as u64, language),
                Moment(i64::MAX),
            ));
            self.thread(plan, chats, number, at, |thread| {
                thread.angry |= worker == Some(ZARA);
                thread.topic %= 8; // neither praise nor spam
                thread.left_open(worker, turns);
            });
        }
    }

    /// A conversation with a customer that begins at an instant.
    fn thread<T>(
        &self,
        plan: &mut Plan,
        chats: &mut Vec<usize>,
        number: usize,
        at: Moment,
        go: impl FnOnce(&mut Thread<'_>) -> T,
    ) -> Option<T> {
        let chat = chats.len();
        chats.push(number);
        let mut dice = Dice::new(self.seed, 0xc4a7_0000_0000 + chat as u64);
        let (customer, _) = self.customers.get(number)?;
        let story = self.story;
        let strike = story.strike(story.day_of(at));
        let weights = TOPICS.map(|(topic, share)| match topic {
            "where" if strike => share * 1.9,
            _ => share,
        });
        let topic = dice.weighed(&weights);
        let cause = TOPICS.get(topic).is_some_and(|(topic, _)| {
            ["where", "refund", "damaged", "payment", "return"].contains(topic)
        });
        let likely = if strike && topic == 0 { 30.0 } else { 14.0 };
        let slots = slots(&mut dice, customer, at);
        let mut thread = Thread {
            angry: cause && dice.percent(likely),
            mixes: dice.percent(12.0),
            comes_back: dice.percent(8.0),
            plan,
            story: &story,
            dice,
            chat,
            customer,
            slots,
            topic,
            at,
            no: 0,
            owner: None,
            heard: (at, 0),
            answered: None,
            acted: at,
            open_since: None,
        };
        Some(go(&mut thread))
    }
}

/// What goes into the places of a customer's sentences.
pub fn slots(dice: &mut Dice, customer: &Customer, at: Moment) -> Vec<(&'static str, String)> {
    let market = customer.market;
    let price = market.price * dice.between(40, 260) / 100;
    let price = if price > 1_000 {
        price / 50 * 50
    } else {
        price
    };
    let grouped = if price >= 1_000 {
        format!("{},{:03}", price / 1_000, price % 1_000)
    } else {
        price.to_string()
    };
    let mut pick = |of: &[&'static str]| dice.one(of).copied().unwrap_or_default().to_owned();
    let (city, courier, size) = (
        pick(market.cities),
        pick(market.couriers),
        pick(&["S", "M", "L", "XL"]),
    );
    let thing = book(customer.language).say(dice, "thing", &Vec::new());
    vec![
        ("order", format!("NM-{}", dice.between(20_000, 99_999))),
        ("amount", format!("{} {grouped}", market.currency)),
        ("thing", thing),
        ("city", city),
        ("courier", courier),
        (
            "name",
            customer
                .name
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
        ),
        ("agent", String::new()),
        ("date", Calendar::date(at, dice.between(1, 4))),
        ("size", size),
        (
            "awb",
            fill(
                "{a}",
                &vec![(
                    "a",
                    format!("{}{:08}", dice.between(1, 9), dice.between(0, 99_999_999)),
                )],
            ),
        ),
    ]
}

/// What happens at the desk whoever writes: setting up, shifts, settings, exports, people who come
/// and go.
pub fn routine(seed: u64, story: &Calendar, plan: &mut Plan) {
    let mut dice = Dice::new(seed, 0x0f1c);
    let eve = story.at(-1, 18, 0);
    let (noor, mehwish, danish, lucas, farhan, kiran) = (0, 2, 10, 8, 11, 9);
    for (place, worker) in WORKERS.iter().enumerate() {
        let minutes = place as i64;
        let at = if worker.days.0 > 0 {
            story.at(worker.days.0, 8, minutes)
        } else {
            eve.plus_ms(minutes * MINUTE_MS)
        };
        plan.desk(at, noor, Deed::Hire(place));
    }
    let groups: [(&str, &[usize]); 3] = [
        ("Customer care", &[1, 3, 4, 5, 6, 7, 9, 10]),
        ("Complaints", &[1, 5]),
        ("Español e português", &[7]),
    ];
    for (minutes, (name, members)) in (20..).zip(groups) {
        // The first time there is no such group yet; the second gives it its people.
        for seconds in [0, 30] {
            let at = eve.plus_ms(minutes * MINUTE_MS + seconds * 1_000);
            plan.desk(at, noor, Deed::Group(name, members));
        }
    }
    plan.desk(
        story.at(lucas_day(), 11, 30),
        noor,
        Deed::Group("Customer care", &[1, 3, 4, 5, 6, 7, 8, 9, 10]),
    );
    plan.desk(
        story.at(lucas_day(), 11, 31),
        noor,
        Deed::Group("Español e português", &[7, 8]),
    );
    for (day, hour, key, value) in [
        (-1, 19, "whatsapp.read_marks", "off"),
        (3, 11, "session.idle_h", "10"),
        (9, 11, "outbox.doubt_s", "90"),
        (
            super::shop::READ_MARKS_FROM - 1,
            11,
            "whatsapp.read_marks",
            "on",
        ),
    ] {
        plan.desk(story.at(day, hour, 12), noor, Deed::Set(key, value));
    }
    // Nothing is as old yet: the rules stand, and their dry run says so.
    for (minutes, kind, days) in [(40, Kind::Payloads, 180), (42, Kind::Origins, 90)] {
        plan.desk(story.at(0, 10, minutes), noor, Deed::Retain(kind, days));
    }
    for day in (2..story.days).step_by(7) {
        plan.desk(
            story.at(day, 16, 40),
            ZARA,
            Deed::Export("csv", "event=conversation.escalated", 40 + day as u64),
        );
    }
    plan.desk(
        story.at(28, 12, 5),
        farhan,
        Deed::Export("jsonl", "actor_kind=member", 1_200),
    );
    plan.desk(story.at(17, 15, 20), kiran, Deed::Refused("GET /audit"));
    plan.desk(
        story.at(20, 13, 2),
        lucas,
        Deed::Refused("GET /settings/members"),
    );
    plan.desk(story.at(19, 20, 58), danish, Deed::LogInFails);
    plan.desk(
        story.at(19, 21, 5),
        noor,
        Deed::Dismiss(danish, "left the shop; see the export of last night"),
    );
    for minutes in [2, 3, 9] {
        plan.desk(story.at(20, 9, minutes), danish, Deed::LogInFails);
    }
    plan.desk(
        story.at(24, 10, 30),
        mehwish,
        Deed::Export("csv", "tag=sale-day", 390),
    );
    for day in 0..story.days {
        for (place, worker) in WORKERS
            .iter()
            .enumerate()
            .filter(|(_, worker)| worker.works_on(story, day))
        {
            let (from, until) = story.shift(worker, day);
            let comes = from.plus_ms(dice.between(-8, 4) * MINUTE_MS);
            if dice.percent(3.0) {
                plan.desk(comes.plus_ms(-30_000), place, Deed::LogInFails);
            }
            plan.desk(comes, place, Deed::LogIn);
            if !worker.speaks.is_empty() && dice.percent(35.0) {
                let away = from.plus_ms(dice.between(180, 260) * MINUTE_MS);
                plan.desk(away, place, Deed::Presence("away"));
                plan.desk(
                    away.plus_ms(dice.between(20, 40) * MINUTE_MS),
                    place,
                    Deed::Presence("online"),
                );
            }
            plan.desk(
                until.plus_ms(dice.between(0, 12) * MINUTE_MS),
                place,
                Deed::LogOut,
            );
        }
    }
}

fn lucas_day() -> i64 {
    WORKERS.get(8).map_or(12, |lucas| lucas.days.0)
}
