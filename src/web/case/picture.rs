//! From a case to lanes with places: time runs from left to right, and stretches in which nothing
//! happened are left out and marked as such.

use super::scale::{LEFT, RIGHT, Scale, WIDTH};
use super::{Arrow, Bar, Break, Lane, Mark, Picture, Row, Tick};
use crate::desk::case::{Case, Clock, Hand, MarkKind, What};
use crate::desk::sla::line::Kind as Part;
use crate::domain::id::Object;
use crate::domain::moment::{DAY_MS, HOUR_MS, MINUTE_MS, Moment};
use crate::domain::sla::State;
use crate::web::names::Names;
use crate::web::shell::Reader;
use crate::web::text::translate;
use crate::web::times::{date, span};

/// **Unit:** user units.
const TOP: i64 = 34;
const ROW: i64 = 18;
const GAP: i64 = 10;
/// Letters of the smallest type are about so wide.
const LETTER: i64 = 7;

/// A case drawn and as a table.
pub fn draw(case: &Case, names: &Names, reader: &Reader) -> (Picture, Vec<Row>) {
    let mut drawing = Drawing {
        case,
        names,
        reader,
        scale: Scale::of(case),
        lanes: Vec::new(),
        picture: Picture {
            width: WIDTH,
            left: LEFT,
            ..Picture::default()
        },
        rows: Vec::new(),
    };
    drawing.make_lanes();
    drawing.spans();
    drawing.moves();
    drawing.marks();
    drawing.clocks();
    drawing.axis();
    let mut rows = drawing.rows;
    rows.sort_by_key(|row| row.from);
    (drawing.picture, rows)
}

struct Drawing<'a> {
    case: &'a Case,
    names: &'a Names,
    reader: &'a Reader,
    scale: Scale,
    lanes: Vec<(Hand, i64)>,
    picture: Picture,
    rows: Vec<Row>,
}

impl Drawing<'_> {
    fn word(&self, english: &str) -> String {
        translate(self.reader.language, english).to_owned()
    }

    fn hand(&self, hand: &Hand) -> String {
        match hand {
            Hand::Contact(id) => self
                .names
                .get(Object::Contact(*id))
                .unwrap_or_else(|| id.to_string()),
            Hand::Queue => self.word("Nobody: the queue"),
            Hand::Bot => self.word("The bot"),
            Hand::Member(_, name) => name.clone(),
            Hand::System => self.word("Trailbox"),
        }
    }

    fn of_object(&self, object: Object) -> String {
        match self.case.objects.len() {
            1 => String::new(),
            _ => object.to_string(),
        }
    }

    /// The place of an object among those of the case: each has a line of its own in every lane.
    fn line(&self, object: Object) -> i64 {
        let mut objects = self.case.objects.iter();
        objects.position(|known| *known == object).unwrap_or(0) as i64
    }

    fn clock_words(&self, at: Moment) -> String {
        let local = self.reader.zone.local(at);
        let day = date(self.reader, &local, false);
        format!("{day} {:02}:{:02}", local.hour, local.minute)
    }

    fn lane(&mut self, name: String, kind: &'static str, lines: i64) -> i64 {
        let y = match self.picture.lanes.last() {
            Some(last) => last.y + last.height,
            None => TOP,
        };
        let height = lines.max(1) * ROW + GAP;
        self.picture.height = y + height + 4;
        self.picture.lanes.push(Lane {
            name,
            kind,
            y,
            height,
        });
        y + GAP / 2
    }

    fn make_lanes(&mut self) {
        let mut hands: Vec<Hand> = Vec::new();
        let spans = self.case.spans.iter().filter_map(|span| match &span.what {
            What::Held(hand) => Some(hand),
            What::Status(_, _) => None,
        });
        let marks = self.case.marks.iter().map(|mark| &mark.hand);
        for hand in marks.chain(spans) {
            let known = hands.iter().any(|known| same(known, hand));
            if !known {
                hands.push(hand.clone());
            }
        }
        hands.sort();
        let lines = self.case.objects.len() as i64;
        for hand in hands {
            let (name, kind) = (self.hand(&hand), kind(&hand));
            let lines = if matches!(hand, Hand::Contact(_)) {
                1
            } else {
                lines
            };
            let y = self.lane(name, kind, lines);
            self.lanes.push((hand, y));
        }
    }

    fn y(&self, hand: &Hand) -> i64 {
        let found = self.lanes.iter().find(|(known, _)| same(known, hand));
        found.map_or(TOP, |(_, y)| *y)
    }

    fn bar(&mut self, (from, until): (Moment, Moment), y: i64, kind: &str, words: [String; 2]) {
        let x = self.scale.x(from);
        let width = (self.scale.x(until) - x).max(3);
        let [label, title] = words;
        let fits = label.chars().count() as i64 * LETTER < width - 6;
        self.picture.bars.push(Bar {
            x,
            y: y + 1,
            width,
            height: ROW - 2,
            kind: kind.to_owned(),
            label: if fits { label } else { String::new() },
            title,
            href: None,
        });
    }

    fn spans(&mut self) {
        let lines = self.case.objects.len() as i64;
        let status = self.word("Status");
        let status_y = self.lane(status.clone(), "status", lines);
        for span in &self.case.spans {
            let until = span.until.unwrap_or(self.case.until);
            let object = self.of_object(span.object);
            let (lane, y, kind, what) = match &span.what {
                What::Held(hand) => {
                    let name = self.hand(hand);
                    let held = format!("{} {name}", self.word("held by"));
                    (name, self.y(hand), format!("held-{}", kind(hand)), held)
                }
                What::Status(words, category) => {
                    let words = self.word(words);
                    (
                        status.clone(),
                        status_y,
                        format!("status-{category}"),
                        words,
                    )
                }
            };
            let label = match (&span.what, object.is_empty()) {
                (What::Held(_), true) => String::new(),
                (What::Held(_), false) => object.clone(),
                (What::Status(_, _), _) => what.clone(),
            };
            let long = span_words(self.reader, until.ms_since(span.from));
            let title = format!("{object} {what}, {}, {long}", self.clock_words(span.from));
            let y = y + self.line(span.object) * ROW;
            let words = [label, title.trim().to_owned()];
            self.bar((span.from, until), y, &kind, words);
            let href = Some(format!("/audit/{}", span.seq));
            if let Some(bar) = self.picture.bars.last_mut() {
                bar.href.clone_from(&href);
            }
            self.rows.push(Row {
                from: span.from,
                until: span.until,
                ms: Some(until.ms_since(span.from)),
                lasts: span.until.is_none(),
                lane,
                what,
                object,
                href,
            });
        }
    }

    fn moves(&mut self) {
        for step in &self.case.moves {
            let line = self.line(step.object) * ROW + ROW / 2;
            let (from, to) = (self.hand(&step.from), self.hand(&step.to));
            let mut title = format!("{} {from} → {to}", self.of_object(step.object));
            if let Some(reason) = step.reason.as_deref().filter(|reason| !reason.is_empty()) {
                title = format!("{title}: {reason}");
            }
            let title = title.trim().to_owned();
            let href = format!("/audit/{}", step.seq);
            self.picture.arrows.push(Arrow {
                x: self.scale.x(step.at),
                from: self.y(&step.from) + line,
                to: self.y(&step.to) + line,
                title: format!("{title}, {}", self.clock_words(step.at)),
                href: href.clone(),
            });
            self.rows.push(Row {
                from: step.at,
                until: None,
                ms: None,
                lasts: false,
                lane: to,
                what: title,
                object: String::new(),
                href: Some(href),
            });
        }
    }

    fn marks(&mut self) {
        for mark in &self.case.marks {
            let (kind, words) = match mark.kind {
                MarkKind::Received => ("received", "wrote"),
                MarkKind::Sent => ("sent", "answered"),
                MarkKind::Note => ("note", "noted"),
                MarkKind::View => ("view", "looked"),
                MarkKind::Escalated => ("escalated", "escalated"),
                MarkKind::Failed => ("failed", "could not be delivered"),
            };
            let (lane, what) = (self.hand(&mark.hand), self.word(words));
            let href = Some(format!("/audit/{}", mark.seq));
            self.picture.marks.push(Mark {
                x: self.scale.x(mark.at),
                y: self.y(&mark.hand) + ROW / 2,
                kind,
                title: format!("{lane}: {what}, {}", self.clock_words(mark.at)),
                href: href.clone(),
            });
            self.rows.push(Row {
                from: mark.at,
                until: None,
                ms: None,
                lasts: false,
                lane,
                what,
                object: String::new(),
                href,
            });
        }
    }

    fn clocks(&mut self) {
        for clock in &self.case.clocks {
            let object = self.of_object(clock.object);
            let name = self.word(clock.metric.words());
            let shown = format!("{name} {object}").trim().to_owned();
            let y = self.lane(shown.clone(), "clock", 1);
            for (part, status, from, until) in &clock.parts {
                let (kind, english) = match part {
                    Part::Counted => ("clock-counted", "counted"),
                    Part::Outside => ("clock-outside", "outside business hours"),
                    Part::Paused => ("clock-paused", "paused"),
                    Part::Stopped => ("clock-stopped", "stopped"),
                };
                let mut what = self.word(english);
                if let Some(status) = status {
                    what = format!("{what} ({})", self.word(&status.replace('_', " ")));
                }
                let long = span_words(self.reader, until.ms_since(*from));
                let title = format!("{shown}: {what}, {}, {long}", self.clock_words(*from));
                self.bar((*from, *until), y, kind, [what.clone(), title]);
                self.rows.push(Row {
                    from: *from,
                    until: Some(*until),
                    ms: Some(until.ms_since(*from)),
                    lasts: false,
                    lane: shown.clone(),
                    what,
                    object: object.clone(),
                    href: None,
                });
            }
            self.clock_marks(clock, &shown, y);
        }
    }

    fn clock_marks(&mut self, clock: &Clock, shown: &str, y: i64) {
        let (due, met) = (self.word("deadline"), self.word("met"));
        let over = self.word("missed");
        let met_at = clock.until.filter(|_| clock.state == State::Met);
        let deadline = clock.due.filter(|due| *due <= self.case.until);
        let over_at = clock.due.filter(|_| clock.breach);
        for (at, kind, what) in [
            (deadline, "due", &due),
            (met_at, "met", &met),
            (over_at, "over", &over),
        ] {
            let Some(at) = at else { continue };
            self.picture.marks.push(Mark {
                x: self.scale.x(at),
                y: y + ROW / 2,
                kind,
                title: format!("{shown}: {what}, {}", self.clock_words(at)),
                href: None,
            });
            self.rows.push(Row {
                from: at,
                until: None,
                ms: None,
                lasts: false,
                lane: shown.to_owned(),
                what: what.clone(),
                object: String::new(),
                href: None,
            });
        }
    }

    /// Lines for days, and for hours where there is room; what is left out has its length.
    fn axis(&mut self) {
        for (from, until, x, to, broken) in self.scale.pieces.clone() {
            if broken {
                self.picture.breaks.push(Break {
                    x,
                    width: to - x,
                    label: span_words(self.reader, until.ms_since(from)),
                });
            }
        }
        let whole: i64 = {
            let drawn = self.scale.pieces.iter().filter(|piece| !piece.4);
            drawn
                .map(|(from, until, _, _, _)| until.ms_since(*from))
                .sum()
        };
        let steps = [
            5 * MINUTE_MS,
            15 * MINUTE_MS,
            HOUR_MS,
            3 * HOUR_MS,
            6 * HOUR_MS,
            DAY_MS,
            7 * DAY_MS,
            28 * DAY_MS,
        ];
        let step = steps.into_iter().find(|step| whole / step <= 12);
        let step = step.unwrap_or(90 * DAY_MS);
        let mut last = -100;
        let mut day = None;
        for (from, until, _, _, broken) in self.scale.pieces.clone() {
            let offset = i64::from(self.reader.zone.local(from).offset_s) * 1_000;
            let first = (from.0 + offset + step - 1).div_euclid(step) * step - offset;
            let mut at = Moment(first);
            while !broken && at <= until {
                let x = self.scale.x(at);
                let local = self.reader.zone.local(at);
                let new_day = day != Some(local.day_number);
                let wide = if new_day { 100 } else { 46 };
                if x - last >= wide.min(60) && x < WIDTH - RIGHT - 30 {
                    let label = match new_day {
                        true => {
                            let day = date(self.reader, &local, false);
                            format!("{day} {:02}:{:02}", local.hour, local.minute)
                        }
                        false => format!("{:02}:{:02}", local.hour, local.minute),
                    };
                    day = Some(local.day_number);
                    last = x + if new_day { 54 } else { 0 };
                    self.picture.ticks.push(Tick {
                        x,
                        label,
                        day: new_day,
                    });
                }
                at = at.plus_ms(step);
            }
        }
        self.picture.height += 2;
    }
}

fn span_words(reader: &Reader, ms: i64) -> String {
    span(reader, ms)
}

/// Whether two hands share a lane: a member does whatever they were called then.
fn same(a: &Hand, b: &Hand) -> bool {
    match (a, b) {
        (Hand::Member(a, _), Hand::Member(b, _)) => a == b,
        (a, b) => a == b,
    }
}

fn kind(hand: &Hand) -> &'static str {
    match hand {
        Hand::Contact(_) => "contact",
        Hand::Queue => "queue",
        Hand::Bot => "bot",
        Hand::Member(_, _) => "member",
        Hand::System => "system",
    }
}
