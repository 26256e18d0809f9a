//! The fixed stories: each is a script in `texts/stories.txt`, dated from today, findable by its
//! tag `story-NN`. A line is a wait, somebody, what they do, and the words for it.

use super::cast::{Calendar, Customer, LANGUAGES, Language, WORKERS};
use super::days::Days;
use super::dice::Dice;
use super::plan::{Body, Deed, FileKind, News, Plan, Spoken, What};
use super::shop;
use super::thread::Thread;
use crate::domain::conversation::Summary;
use crate::domain::moment::{HOUR_MS, MINUTE_MS, Moment};
use crate::domain::ticket::{Priority, Status, Wait};

const SCRIPTS: &str = include_str!("texts/stories.txt");

/// Puts every story whose day lies within the calendar into the plan.
pub fn tell(seed: u64, story: &Calendar, plan: &mut Plan, days: &mut Days, chats: &mut Vec<usize>) {
    for (number, script) in (0..).zip(SCRIPTS.split("\n= ")) {
        let mut lines = script.trim_start_matches("= ").lines();
        let Some(head) = lines.next().and_then(Head::read) else {
            continue;
        };
        let Some(at) = head.begins(story) else {
            continue;
        };
        let mut customer = Customer::new(seed, 9_000_000 + number, head.language);
        customer.name = head.name.to_owned();
        let chat = chats.len();
        chats.push(days.meet(customer.clone()));
        let mut thread = Thread {
            plan: &mut *plan,
            story,
            dice: Dice::new(seed, 0x5707_0000 + number),
            chat,
            customer: &customer,
            slots: Vec::new(),
            topic: 0,
            mixes: false,
            angry: false,
            comes_back: false,
            at,
            no: 0,
            owner: None,
            heard: (at, 0),
            answered: None,
            acted: at,
            open_since: None,
        };
        for line in lines.filter_map(Line::read) {
            thread.at = thread.at.plus_ms(line.wait_ms);
            line.play(&mut thread);
        }
    }
}

/// The first line of a script: tag, day and time, language, name.
struct Head<'a> {
    when: &'a str,
    language: Language,
    name: &'a str,
}

impl<'a> Head<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut parts = line.split('|').map(str::trim);
        let (_tag, when) = (parts.next()?, parts.next()?);
        let wanted = parts.next()?;
        let language = LANGUAGES
            .iter()
            .find(|(language, _)| format!("{language:?}") == wanted)?
            .0;
        Some(Head {
            when,
            language,
            name: parts.next()?,
        })
    }

    /// `d-5 18:30` is five days ago, `sat 23:41` the last Saturday but the newest days; nothing if
    /// it lies before the story's second day. `first 09:00` is the story's first day.
    fn begins(&self, story: &Calendar) -> Option<Moment> {
        let (day, time) = self.when.split_once(' ')?;
        let (hour, minute) = time.split_once(':')?;
        let today = story.days - 1;
        if day == "first" {
            return Some(story.at(0, hour.parse().ok()?, minute.parse().ok()?));
        }
        let day = match day.strip_prefix("d-") {
            Some(ago) => today - ago.parse::<i64>().ok()?,
            None => (0..today - 2).rev().find(|day| story.weekday(*day) == 5)?,
        };
        (day >= 1).then(|| story.at(day, hour.parse().unwrap_or(12), minute.parse().unwrap_or(0)))
    }
}

/// One line of a script.
struct Line<'a> {
    wait_ms: i64,
    who: &'a str,
    verb: &'a str,
    words: &'a str,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut parts = line.strip_prefix('+')?.splitn(4, ' ');
        let minutes: i64 = parts.next()?.strip_suffix('m')?.parse().ok()?;
        let (who, verb) = (parts.next()?, parts.next()?);
        Some(Line {
            wait_ms: minutes * MINUTE_MS,
            who,
            verb,
            words: parts.next().unwrap_or_default(),
        })
    }

    fn play(&self, thread: &mut Thread<'_>) {
        if self.who == "customer" {
            return self.customer(thread);
        }
        let Some(worker) = WORKERS.iter().position(|worker| worker.mailbox == self.who) else {
            return;
        };
        match self.verb {
            "replies" => {
                thread.owner = Some(worker);
                thread.replies(self.words.to_owned(), None);
            }
            "calls" => {
                if let Some(spoken) = self.spoken(thread.at, thread.story) {
                    thread.owner = Some(worker);
                    let deed = Deed::Call(Box::new(spoken));
                    thread
                        .plan
                        .add(thread.at, thread.chat, What::Deed(worker, deed));
                }
            }
            "prepared" => {
                let first = thread
                    .customer
                    .name
                    .split(' ')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let template = shop::parcel_news(thread.customer.language, &first, self.words);
                thread.owner = Some(worker);
                thread.sends(template);
            }
            "exports" => {
                let deed = Deed::Export("csv", "contact=vip", 1);
                thread
                    .plan
                    .add(thread.at, thread.chat, What::Deed(worker, deed));
            }
            _ => {
                if let Some(deed) = self.deed(thread.at) {
                    thread
                        .plan
                        .add(thread.at, thread.chat, What::Deed(worker, deed));
                }
            }
        }
    }

    fn customer(&self, thread: &mut Thread<'_>) {
        let words = self.words.to_owned();
        let (number, rest) = words.split_once(' ').unwrap_or((&words, ""));
        let number = number.parse().unwrap_or(0);
        let kind = match self.verb {
            "photo" => FileKind::Picture,
            _ => FileKind::Voice,
        };
        let body = match self.verb {
            "says" => Body::Text(words),
            "taps" => Body::Tap(words),
            "photo" => Body::Photo(words),
            "voice" => Body::Voice,
            "deletes" => return thread.tells(News::Revoke(number)),
            "edits" => return thread.tells(News::Edit(number, rest.to_owned())),
            "reacts" => return thread.tells(News::Reaction(number, "❤️")),
            _ => return,
        };
        let no = thread.no;
        let file = matches!(body, Body::Photo(_) | Body::Voice);
        thread.says_to(body, None);
        if file {
            thread.plan.add(
                thread.at.plus_ms(1_400),
                thread.chat,
                What::Fetched(no, kind),
            );
        }
    }

    /// `190s | reason | point; point | promise | +29h | 5`; the hours of the promise count from
    /// the call, or with `end+2h` from the present.
    fn spoken(&self, at: Moment, story: &Calendar) -> Option<Spoken> {
        let mut parts = self.words.split('|').map(str::trim);
        let duration_s = parts.next()?.strip_suffix('s')?.parse().ok()?;
        let reason = parts.next()?.to_owned();
        let points = parts
            .next()?
            .split(';')
            .map(|point| point.trim().to_owned());
        let (key_points, promise) = (points.collect(), parts.next()?.to_owned());
        let (from, hours) = parts.next()?.strip_suffix('h')?.split_once('+')?;
        let from = if from == "end" { story.end } else { at };
        let due_at = from.plus_ms(hours.parse::<i64>().ok()? * HOUR_MS);
        Some(Spoken {
            duration_s,
            reason,
            key_points,
            promise: (promise, due_at),
            satisfaction: parts.next()?.parse().ok()?,
        })
    }

    fn deed(&self, at: Moment) -> Option<Deed> {
        let words = self.words.to_owned();
        let mut parts = self.words.split('|').map(|part| part.trim().to_owned());
        let mut part = || parts.next().unwrap_or_default();
        Some(match self.verb {
            "views" => Deed::View,
            "viewscontact" => Deed::ViewContact,
            "notes" => Deed::Note(words),
            "keeps" => Deed::Keep(words),
            "tags" => Deed::Tag(words),
            "takes" => Deed::Take(words),
            "releases" => Deed::Release(words),
            "holds" => Deed::Hold(words),
            "erases" => {
                let (number, why) = self.words.split_once(' ')?;
                Deed::Erase(number.parse().ok()?, why.to_owned())
            }
            "waits" => Deed::Wait,
            "reopens" => Deed::Reopen,
            "ticketnote" => Deed::TicketNote(words),
            "closes" => Deed::Close(Summary {
                issue: part(),
                actions: part(),
                outcome: part(),
                next_step: part(),
            }),
            "assigns" => {
                let (to, reason) = self.words.split_once(": ")?;
                Deed::Assign(
                    WORKERS.iter().position(|worker| worker.mailbox == to)?,
                    reason.to_owned(),
                )
            }
            "escalates" => {
                let (level, reason) = self.words.split_once(' ')?;
                Deed::Escalate(level.parse().ok()?, reason.to_owned())
            }
            "ticket" => {
                let mut parts = self.words.splitn(3, ' ');
                let kind = parts.next()?;
                let (kind, _) = crate::domain::label::TYPES
                    .into_iter()
                    .find(|(known, _)| *known == kind)?;
                let priority = parts.next()?.parse::<Priority>().ok()?;
                Deed::Ticket(kind, priority, parts.next()?.to_owned())
            }
            "status" => {
                let (to, rest) = self.words.split_once(' ').unwrap_or((self.words, ""));
                let to = to.parse::<Status>().ok()?;
                match to {
                    Status::AwaitingCourier => {
                        let mut parts = rest.split('|').map(str::trim);
                        let (whom, reference) =
                            (parts.next()?.to_owned(), parts.next()?.to_owned());
                        let days = parts.next()?.trim_start_matches('+').parse().ok()?;
                        let wait = Wait {
                            whom,
                            reference,
                            expected_on: Calendar::date(at, days),
                        };
                        Deed::TicketStatus(to, Some(wait), String::new())
                    }
                    Status::New
                    | Status::InProgress
                    | Status::AwaitingCustomer
                    | Status::Resolved
                    | Status::Closed => Deed::TicketStatus(to, None, rest.to_owned()),
                }
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_story_is_understood() {
        let (mut stories, mut lines) = (0, 0);
        for script in SCRIPTS.split("\n= ") {
            let mut script = script.trim_start_matches("= ").lines();
            let head = script.next().unwrap();
            assert!(Head::read(head).is_some(), "{head}");
            stories += 1;
            for text in script.filter(|line| !line.trim().is_empty()) {
                let line = Line::read(text).unwrap_or_else(|| panic!("{text}"));
                let customers = [
                    "says", "taps", "photo", "voice", "deletes", "edits", "reacts",
                ];
                let own = ["replies", "prepared", "exports"];
                let end = Calendar::ending(Moment(0), 9);
                let known = match line.who {
                    "customer" => customers.contains(&line.verb),
                    who => {
                        assert!(WORKERS.iter().any(|worker| worker.mailbox == who), "{text}");
                        own.contains(&line.verb)
                            || line.deed(Moment(0)).is_some()
                            || line.spoken(Moment(0), &end).is_some()
                    }
                };
                assert!(known, "{text}");
                lines += 1;
            }
        }
        assert!(
            stories >= 9 && lines > 100,
            "{stories} stories, {lines} lines"
        );
    }
}
