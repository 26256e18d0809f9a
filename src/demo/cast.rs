//! The people of the shop "Noor & Mar" and of its customers: who works when, which language, which
//! market. All of them are made up.

use super::dice::Dice;
use crate::domain::member::Role;
use crate::domain::moment::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};

/// The shop.
pub const SHOP: &str = "Noor & Mar";
/// Its channel's name in the webhook's address.
pub const CHANNEL: &str = "noor";
/// The password of everybody in the demo; known to everybody.
pub const PASSWORD: &str = "noor-and-mar";
/// Its digest, made once, so that the story is the same each time.
pub const DIGEST: &str = include_str!("texts/password.txt");
/// How far the shop's clock is ahead of UTC; it knows no summer time. **Unit:** milliseconds.
pub const LOCAL_MS: i64 = 5 * HOUR_MS;

/// A language customers write in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Urdu in Latin letters.
    RomanUrdu,
    /// English.
    English,
    /// Urdu.
    Urdu,
    /// Hindi in Latin letters.
    RomanHindi,
    /// Hindi.
    Hindi,
    /// Spanish.
    Spanish,
    /// Portuguese of Brazil.
    Portuguese,
    /// Arabic.
    Arabic,
}

use Language::{Arabic, English, Hindi, Portuguese, RomanHindi, RomanUrdu, Spanish, Urdu};

/// All languages, with their share of conversations in percent.
pub const LANGUAGES: [(Language, f64); 8] = [
    (RomanUrdu, 31.0),
    (English, 27.0),
    (Urdu, 7.0),
    (RomanHindi, 11.0),
    (Hindi, 3.0),
    (Spanish, 10.0),
    (Portuguese, 6.0),
    (Arabic, 5.0),
];

/// Somebody who works at the shop.
#[derive(Debug)]
pub struct Worker {
    /// The name.
    pub name: &'static str,
    /// What stands before the @ of the address.
    pub mailbox: &'static str,
    /// The role.
    pub role: Role,
    /// From and until which hour of the local day.
    pub hours: (i64, i64),
    /// The day off; 0 is Monday.
    pub off: i64,
    /// What they answer in; nothing for those who do not answer.
    pub speaks: &'static [Language],
    /// How long they take compared to others.
    pub pace: f64,
    /// The first day of the story they work, and the last.
    pub days: (i64, i64),
}

const NORTH: &[Language] = &[English, RomanUrdu, Urdu];
const SOUTH: &[Language] = &[English, RomanUrdu, Urdu, RomanHindi, Hindi];
const ALWAYS: (i64, i64) = (-1, 100_000);

const IBERIA: &[Language] = &[Spanish, Portuguese, English];
const LEVANT: &[Language] = &[Arabic, English];

/// Everybody, in the order in which they join.
#[rustfmt::skip] // a table
pub const WORKERS: [Worker; 12] = [
    worker("Noor Rahman", "noor", Role::Owner, (10, 12), 6, &[], 1.0, ALWAYS),
    worker("Zara Haider", "zara", Role::Lead, (9, 18), 6, &[], 1.0, ALWAYS),
    worker("Mehwish Ali", "mehwish", Role::Reviewer, (10, 18), 6, &[], 1.0, ALWAYS),
    worker("Sana Malik", "sana", Role::Agent, (9, 17), 6, SOUTH, 0.7, ALWAYS),
    worker("Omar Farooq", "omar", Role::Agent, (9, 17), 5, NORTH, 0.5, ALWAYS),
    worker("Huda Saleh", "huda", Role::Agent, (9, 17), 4, LEVANT, 1.1, ALWAYS),
    worker("Bilal Ahmed", "bilal", Role::Agent, (16, 24), 2, SOUTH, 1.1, ALWAYS),
    worker("Ana Torres", "ana", Role::Agent, (15, 24), 6, IBERIA, 0.9, ALWAYS),
    worker("Lucas Prado", "lucas", Role::Agent, (16, 24), 0, IBERIA, 1.6, (12, 100_000)),
    worker("Kiran Joshi", "kiran", Role::Agent, (0, 9), 6, SOUTH, 1.3, ALWAYS),
    worker("Danish Raza", "danish", Role::Lead, (12, 20), 1, NORTH, 1.2, (-1, 19)),
    worker("Farhan Siddiqi", "farhan", Role::Auditor, (11, 14), 6, &[], 1.0, (15, 100_000)),
];

/// The place of the lead among [`WORKERS`].
pub const ZARA: usize = 1;

#[allow(clippy::too_many_arguments)] // a row of the table above
const fn worker(
    name: &'static str,
    mailbox: &'static str,
    role: Role,
    hours: (i64, i64),
    off: i64,
    speaks: &'static [Language],
    pace: f64,
    days: (i64, i64),
) -> Worker {
    Worker {
        name,
        mailbox,
        role,
        hours,
        off,
        speaks,
        pace,
        days,
    }
}

impl Worker {
    /// The address to sign in with.
    pub fn email(&self) -> String {
        format!("{}@noor-and-mar.example", self.mailbox)
    }

    /// Whether they are at work on a day of the story.
    pub fn works_on(&self, story: &Calendar, day: i64) -> bool {
        self.days.0 <= day && day <= self.days.1 && story.weekday(day) != self.off
    }

    /// From the instant on, the next span in which they are at work.
    pub fn next_shift(&self, story: &Calendar, at: Moment) -> Option<(Moment, Moment)> {
        let today = story.day_of(at);
        (today..today + 10)
            .filter(|day| self.works_on(story, *day))
            .map(|day| story.shift(self, day))
            .find(|(_, until)| *until > at)
    }

    /// When their last shift before an instant ended.
    pub fn last_end(&self, story: &Calendar, at: Moment) -> Option<Moment> {
        let today = story.day_of(at);
        (today - 10..=today)
            .rev()
            .filter(|day| self.works_on(story, *day))
            .map(|day| story.shift(self, day).1)
            .find(|until| *until <= at)
    }
}

/// The days of the story: the last one is today.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    /// Local midnight of day 0.
    pub first: Moment,
    /// How many days.
    pub days: i64,
    /// The present.
    pub end: Moment,
}

impl Calendar {
    /// The story that ends at an instant.
    pub fn ending(end: Moment, days: i64) -> Self {
        let today = (end.0 + LOCAL_MS).div_euclid(DAY_MS) * DAY_MS - LOCAL_MS;
        Calendar {
            first: Moment(today - (days - 1) * DAY_MS),
            days,
            end,
        }
    }

    /// A local time of a day.
    pub fn at(&self, day: i64, hour: i64, minute: i64) -> Moment {
        self.first
            .plus_ms(day * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS)
    }

    /// The day an instant lies in.
    pub fn day_of(&self, at: Moment) -> i64 {
        at.ms_since(self.first).div_euclid(DAY_MS)
    }

    /// 0 is Monday. The first of January 1970 was a Thursday.
    pub fn weekday(&self, day: i64) -> i64 {
        ((self.first.0 + LOCAL_MS).div_euclid(DAY_MS) + day + 3).rem_euclid(7)
    }

    /// When somebody works on a day.
    pub fn shift(&self, worker: &Worker, day: i64) -> (Moment, Moment) {
        (
            self.at(day, worker.hours.0, 0),
            self.at(day, worker.hours.1, 0),
        )
    }

    /// The date a number of days after an instant, `2026-11-30`.
    pub fn date(at: Moment, days: i64) -> String {
        let text = at.plus_ms(LOCAL_MS + days * DAY_MS).to_string();
        text.chars().take(10).collect()
    }

    /// How much more than usual is asked: the sale, and the days after it.
    pub fn rush(&self, day: i64) -> f64 {
        match day {
            23 => 3.4,
            24 | 25 => 1.8,
            _ => 1.0,
        }
    }

    /// Whether couriers are on strike.
    pub fn strike(&self, day: i64) -> bool {
        (25..29).contains(&day)
    }

    /// When the provider could not be reached: forty minutes of day 15.
    pub fn outage(&self, at: Moment) -> bool {
        let from = self.at(14, 15, 0);
        (0..40 * MINUTE_MS).contains(&at.ms_since(from))
    }
}

/// Where a customer lives.
#[derive(Debug)]
pub struct Market {
    /// What dialling begins with.
    pub code: &'static str,
    /// Three letters.
    pub currency: &'static str,
    /// What a dress costs.
    pub price: i64,
    /// Cities.
    pub cities: &'static [&'static str],
    /// Couriers, made up.
    pub couriers: &'static [&'static str],
    /// First names.
    pub first: &'static [&'static str],
    /// Family names.
    pub last: &'static [&'static str],
}

const PAKISTAN: Market = Market {
    code: "92",
    currency: "PKR",
    price: 4_200,
    cities: &[
        "Lahore",
        "Karachi",
        "Islamabad",
        "Multan",
        "Faisalabad",
        "Peshawar",
        "Sialkot",
        "Quetta",
    ],
    couriers: &["Raftaar Courier", "Shaheen Parcel", "Indus Express"],
    first: &[
        "Ayesha", "Hassan", "Fatima", "Usman", "Hira", "Ali", "Mahnoor", "Hamza", "Iqra", "Saad",
        "Rabia", "Faisal", "Nida", "Imran", "Amna", "Tariq", "Sadia", "Junaid", "Komal", "Adeel",
        "Maryam", "Shahid", "Anum", "Waqas",
    ],
    last: &[
        "Khan", "Butt", "Chaudhry", "Qureshi", "Sheikh", "Iqbal", "Javed", "Mirza", "Aslam",
        "Rehman", "Bhatti", "Yousaf", "Nawaz", "Abbasi", "Lodhi", "Gill",
    ],
};

const INDIA: Market = Market {
    code: "91",
    currency: "INR",
    price: 1_900,
    cities: &[
        "Delhi",
        "Mumbai",
        "Jaipur",
        "Lucknow",
        "Pune",
        "Indore",
        "Chandigarh",
    ],
    couriers: &["Tez Parcel", "Ganga Logistics", "Udaan Courier"],
    first: &[
        "Priya", "Rahul", "Neha", "Amit", "Pooja", "Rohit", "Sneha", "Vikram", "Anjali", "Sanjay",
        "Kavita", "Arjun", "Ritu", "Deepak", "Meera", "Nikhil", "Shreya", "Manish", "Divya",
        "Karan",
    ],
    last: &[
        "Sharma", "Verma", "Gupta", "Singh", "Yadav", "Mehta", "Agarwal", "Nair", "Kulkarni",
        "Chauhan", "Saxena", "Rathore", "Bose", "Pandey",
    ],
};

const SPAIN: Market = Market {
    code: "34",
    currency: "EUR",
    price: 39,
    cities: &[
        "Madrid", "Valencia", "Sevilla", "Bilbao", "Zaragoza", "Málaga",
    ],
    couriers: &["EnvíoLuz", "Correo Norte", "Paquete Sol"],
    first: &[
        "Lucía", "Javier", "Carmen", "Diego", "Marta", "Pablo", "Elena", "Álvaro", "Nuria",
        "Sergio", "Paula", "Iván", "Rocío", "Andrés",
    ],
    last: &[
        "García", "Moreno", "Navarro", "Romero", "Vega", "Molina", "Ortega", "Castro", "Rubio",
        "Serrano", "Iglesias", "Campos",
    ],
};

const BRAZIL: Market = Market {
    code: "55",
    currency: "BRL",
    price: 189,
    cities: &[
        "São Paulo",
        "Curitiba",
        "Recife",
        "Campinas",
        "Salvador",
        "Goiânia",
    ],
    couriers: &["Rota Azul", "Expresso Ipê", "Entrega Boa"],
    first: &[
        "Mariana", "Thiago", "Juliana", "Rafael", "Camila", "Gustavo", "Larissa", "Bruno",
        "Beatriz", "Felipe", "Aline", "Diego",
    ],
    last: &[
        "Silva", "Souza", "Oliveira", "Lima", "Ribeiro", "Carvalho", "Barbosa", "Rocha",
        "Teixeira", "Moura", "Cardoso", "Nunes",
    ],
};

const GULF: Market = Market {
    code: "971",
    currency: "AED",
    price: 120,
    cities: &["Dubai", "Sharjah", "Abu Dhabi", "Ajman"],
    couriers: &["Falcon Delivery", "Wadi Express"],
    first: &[
        "Layla", "Omar", "Mariam", "Khalid", "Noura", "Yousef", "Salma", "Ahmed", "Reem", "Tarek",
        "Dina", "Karim",
    ],
    last: &[
        "Haddad", "Mansour", "Nasser", "Saad", "Fahmy", "Khoury", "Zaki", "Darwish", "Sabbagh",
        "Hamdan",
    ],
};

const MARKETS: [&Market; 5] = [&PAKISTAN, &INDIA, &SPAIN, &BRAZIL, &GULF];

/// Somebody who buys.
#[derive(Debug, Clone)]
pub struct Customer {
    /// The name they gave themselves.
    pub name: String,
    /// The number: a zero after the country's code, which no network dials.
    pub wa_id: String,
    /// What they write in.
    pub language: Language,
    /// Where they live.
    pub market: &'static Market,
}

impl Customer {
    /// The customer of this number in the story.
    pub fn new(seed: u64, number: u64, language: Language) -> Self {
        let mut dice = Dice::new(seed, 0xc057_0000_0000 + number);
        let market = match (language, dice.below(20)) {
            (RomanUrdu | Urdu, _) | (English, 0..11) => &PAKISTAN,
            (RomanHindi | Hindi, _) | (English, 11..17) => &INDIA,
            (Spanish, _) => &SPAIN,
            (Portuguese, _) => &BRAZIL,
            (Arabic, _) | (English, _) => &GULF,
        };
        let first = dice.one(market.first).copied().unwrap_or("A");
        let name = match (dice.below(10), dice.one(market.last)) {
            (0, _) | (_, None) => first.to_owned(),
            (1, Some(last)) => format!("{} {last}", first.chars().take(1).collect::<String>()),
            (_, Some(last)) => format!("{first} {last}"),
        };
        let spoken = LANGUAGES.iter().position(|(known, _)| *known == language);
        let scattered = (number + 1).wrapping_mul(7_919_113) % 10_000_000;
        let wa_id = format!("{}0{}{scattered:07}", market.code, spoken.unwrap_or(1) + 1);
        Customer {
            name,
            wa_id,
            language,
            market,
        }
    }

    /// The customer with a number of the demo.
    pub fn known(wa_id: &str, name: &str) -> Self {
        let market = MARKETS
            .into_iter()
            .find(|market| wa_id.starts_with(market.code));
        Customer {
            name: name.to_owned(),
            wa_id: wa_id.to_owned(),
            language: language_of(wa_id),
            market: market.unwrap_or(&PAKISTAN),
        }
    }
}

/// The language a demo customer with this number writes in.
pub fn language_of(wa_id: &str) -> Language {
    let place = MARKETS
        .iter()
        .filter_map(|market| wa_id.strip_prefix(market.code)?.strip_prefix('0'))
        .find_map(|rest| rest.chars().next()?.to_digit(10));
    let place = place.and_then(|digit| usize::try_from(digit).ok()?.checked_sub(1));
    place
        .and_then(|place| LANGUAGES.get(place))
        .map_or(English, |(language, _)| *language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_tells_the_language_and_cannot_be_dialled() {
        for (number, (language, _)) in (0..).zip(LANGUAGES) {
            let customer = Customer::new(7, number, language);
            assert_eq!(language_of(&customer.wa_id), language, "{}", customer.wa_id);
            let national = customer.wa_id.strip_prefix(customer.market.code);
            assert!(national.unwrap().starts_with('0'), "{}", customer.wa_id);
        }
    }

    #[test]
    fn the_last_day_of_the_story_is_today() {
        let end = Moment::parse("2026-11-22T03:00:00Z").unwrap();
        let story = Calendar::ending(end, 35);
        assert_eq!(story.day_of(end), 34);
        assert_eq!(story.weekday(34), 6, "that day is a Sunday");
        assert_eq!(story.at(34, 8, 0), end);
        assert_eq!(Calendar::date(end, 1), "2026-11-23");
    }
}
