//! The course of a case's clocks: what each thing that happens does to them.
//!
//! A breach is strictly after the due instant and is dated there, whenever it is noticed. Waiting
//! pauses update and resolution, not the answers a customer waits for.

use super::{Change, Clock, Metric, State, Step, Targets, Why};
use crate::domain::calendar::hours::Hours;
use crate::domain::moment::Moment;

/// What a case is measured by at the moment.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    /// What may be counted at most.
    pub targets: Targets,
    /// What counts as time.
    pub hours: &'a Hours,
    /// At which share of a target to warn. **Unit:** percent; none above 99 or at 0.
    pub warn_pct: u8,
}

/// Which clocks a status pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pauses {
    /// The first answer.
    pub first_response: bool,
    /// Later answers.
    pub next_response: bool,
    /// Updates.
    pub update: bool,
    /// The whole.
    pub resolution: bool,
}

/// Something that happened to a case, as far as clocks are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// It began.
    Opened {
        /// Whether the customer began it, and so waits for an answer.
        by_customer: bool,
        /// Whether the bot owns it.
        bot: bool,
        /// Whether a person has answered the customer before, in what the case came from.
        answered: bool,
    },
    /// The customer wrote.
    Heard,
    /// A person answered for the customer to see.
    Answered,
    /// It has another owner.
    Owned {
        /// Whether that is the bot.
        bot: bool,
    },
    /// It has another status.
    Status {
        /// Whether it is finished with.
        finished: bool,
        /// What stands still meanwhile.
        pauses: Pauses,
    },
    /// Other targets hold: another priority, type, group or policy.
    Retargeted,
    /// Other hours hold. Those given with it are the new ones.
    Rehoured,
    /// It was spam, or was merged: nothing counts any more.
    Voided,
}

/// A case as its clocks see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Course {
    /// Every clock it ever had, in the order they began.
    pub clocks: Vec<Clock>,
    /// Whether the bot owns it.
    pub bot: bool,
    /// Whether it is finished.
    pub finished: bool,
    /// What stands still.
    pub pauses: Pauses,
    /// Whether the customer has been heard at all.
    pub heard: bool,
    /// Whether a person has answered since.
    pub answered: bool,
    /// Whether the customer waits for a person's answer.
    pub asked: bool,
    /// Whether the customer wrote after it was finished.
    pub asked_late: bool,
    /// Whether nothing counts any more.
    pub void: bool,
}

impl Pauses {
    /// Whether a clock stands still.
    pub fn of(&self, metric: Metric) -> bool {
        match metric {
            Metric::FirstResponse => self.first_response,
            Metric::NextResponse => self.next_response,
            Metric::Update => self.update,
            Metric::Resolution => self.resolution,
        }
    }

    /// Lets a clock stand still, or not.
    pub fn set(&mut self, metric: Metric, paused: bool) {
        match metric {
            Metric::FirstResponse => self.first_response = paused,
            Metric::NextResponse => self.next_response = paused,
            Metric::Update => self.update = paused,
            Metric::Resolution => self.resolution = paused,
        }
    }
}

impl Course {
    /// Lets something happen; answers what that did to the clocks, in order.
    pub fn step(&mut self, at: Moment, input: Input, terms: &Terms<'_>) -> Vec<Step> {
        let mut steps = self.lapse(at);
        if self.void {
            return steps;
        }
        match input {
            Input::Opened {
                by_customer,
                bot,
                answered,
            } => {
                self.bot = bot;
                self.heard = by_customer || answered;
                self.answered = answered;
                if by_customer && !bot {
                    self.ask(at, terms, &mut steps);
                }
                if answered {
                    self.start(Metric::Update, at, terms, &mut steps);
                }
                self.start(Metric::Resolution, at, terms, &mut steps);
            }
            Input::Heard => {
                self.heard = true;
                if self.finished {
                    self.asked_late = true;
                } else if !self.bot {
                    self.ask(at, terms, &mut steps);
                }
            }
            Input::Answered => self.answer(at, terms, &mut steps),
            Input::Owned { bot } => self.own(bot, at, terms, &mut steps),
            Input::Status { finished, pauses } => {
                self.pauses = pauses;
                match (self.finished, finished) {
                    (false, true) => self.finish(at, terms, &mut steps),
                    (true, false) => self.reopen(at, terms, &mut steps),
                    (true, true) => {}
                    (false, false) => self.pause(at, terms, &mut steps),
                }
            }
            Input::Retargeted => self.retarget(at, terms, &mut steps),
            Input::Rehoured => {} // needs the hours before: `rehour`
            Input::Voided => {
                self.void = true;
                for place in self.live() {
                    self.stop(place, at, State::Cancelled, terms);
                    steps.push(step(place, Change::Cancelled(Why::Void)));
                }
            }
        }
        steps
    }

    /// Changes the hours: what was counted by those before stays, the rest goes by the new ones.
    pub fn rehour(&mut self, at: Moment, before: &Hours, terms: &Terms<'_>) -> Vec<Step> {
        let mut steps = self.lapse(at);
        for place in self.live() {
            let Some(clock) = self.clocks.get_mut(place) else {
                continue;
            };
            if let Some(since) = clock.since {
                clock.used_ms += before.between(since, at);
                clock.since = Some(since.max(at));
                aim(clock, terms);
                steps.push(step(place, Change::Retargeted));
            }
        }
        steps
    }

    /// Notices what is overdue: each once, dated at the due instant.
    pub fn lapse(&mut self, at: Moment) -> Vec<Step> {
        let mut steps = Vec::new();
        for (place, clock) in self.clocks.iter_mut().enumerate() {
            let running = clock.state == State::Running && clock.breached_at.is_none();
            if running && clock.due_at.is_some_and(|due| due < at) {
                clock.breached_at = clock.due_at;
                clock.warn_at = None;
                steps.push(step(place, Change::Breached));
            }
        }
        steps
    }

    /// Notices which clocks have used up the share at which to warn: each once.
    pub fn warn(&mut self, at: Moment) -> Vec<Step> {
        let mut steps = Vec::new();
        for (place, clock) in self.clocks.iter_mut().enumerate() {
            let running = clock.state == State::Running && clock.breached_at.is_none();
            if running && clock.warn_at.is_some_and(|warn| warn <= at) {
                clock.warn_at = None;
                steps.push(step(place, Change::Warned));
            }
        }
        steps
    }

    /// What a clock has counted by an instant. **Unit:** milliseconds.
    pub fn elapsed(clock: &Clock, at: Moment, hours: &Hours) -> i64 {
        let until = clock.stopped_at.unwrap_or(at);
        let running = clock.since.map_or(0, |since| hours.between(since, until));
        clock.used_ms + running
    }

    fn ask(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        self.heard = true;
        if self.asked {
            return;
        }
        self.asked = true;
        let metric = self.response();
        self.start(metric, at, terms, steps);
    }

    fn answer(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        if self.finished {
            return;
        }
        self.asked = false;
        self.answered |= self.heard;
        for metric in [Metric::FirstResponse, Metric::NextResponse, Metric::Update] {
            if let Some(place) = self.live_one(metric) {
                steps.push(self.satisfy(place, at, terms));
            }
        }
        self.start(Metric::Update, at, terms, steps);
    }

    fn own(&mut self, bot: bool, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        if self.bot == bot {
            return;
        }
        self.bot = bot;
        if self.finished {
            return;
        }
        if !bot {
            self.ask(at, terms, steps);
            return;
        }
        self.asked = false;
        for metric in [Metric::FirstResponse, Metric::NextResponse, Metric::Update] {
            if let Some(place) = self.live_one(metric) {
                steps.push(self.give_up(place, at, Why::Bot, terms));
            }
        }
    }

    fn finish(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        self.finished = true;
        self.asked = false;
        self.asked_late = false;
        for metric in [Metric::FirstResponse, Metric::NextResponse, Metric::Update] {
            if let Some(place) = self.live_one(metric) {
                steps.push(self.give_up(place, at, Why::Finished, terms));
            }
        }
        if let Some(place) = self.live_one(Metric::Resolution) {
            steps.push(self.satisfy(place, at, terms));
        }
    }

    fn reopen(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        self.finished = false;
        let ended = self.clocks.iter().rposition(|clock| {
            clock.metric == Metric::Resolution
                && matches!(clock.state, State::Met | State::Breached)
        });
        match (ended, terms.targets.resolution) {
            (Some(place), Some(target_s)) => {
                let paused = self.pauses.resolution;
                if let Some(clock) = self.clocks.get_mut(place) {
                    clock.target_s = target_s;
                    clock.stopped_at = None;
                    clock.state = if paused {
                        State::Paused
                    } else {
                        State::Running
                    };
                    clock.since = (!paused).then_some(at);
                    aim(clock, terms);
                }
                steps.push(step(place, Change::Reopened));
                steps.extend(self.spent(place, at));
            }
            (None, Some(_)) => self.start(Metric::Resolution, at, terms, steps),
            (_, None) => {}
        }
        if std::mem::take(&mut self.asked_late) && !self.bot {
            self.ask(at, terms, steps);
        } else if self.answered && !self.bot {
            self.start(Metric::Update, at, terms, steps);
        }
    }

    fn pause(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        for place in self.live() {
            let Some(clock) = self.clocks.get_mut(place) else {
                continue;
            };
            let still = self.pauses.of(clock.metric);
            match (clock.state, still) {
                (State::Running, true) => {
                    settle(clock, at, terms);
                    clock.state = State::Paused;
                    clock.due_at = None;
                    clock.warn_at = None;
                    clock.pauses += 1;
                    steps.push(step(place, Change::Paused));
                }
                (State::Paused, false) => {
                    clock.state = State::Running;
                    clock.since = Some(at);
                    aim(clock, terms);
                    steps.push(step(place, Change::Resumed));
                }
                (_, _) => {}
            }
        }
    }

    fn retarget(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        for place in self.live() {
            let Some(clock) = self.clocks.get_mut(place) else {
                continue;
            };
            match terms.targets.of(clock.metric) {
                Some(target_s) if target_s == clock.target_s => {}
                Some(target_s) => {
                    clock.target_s = target_s;
                    aim(clock, terms);
                    steps.push(step(place, Change::Retargeted));
                    steps.extend(self.spent(place, at));
                }
                None => steps.push(self.give_up(place, at, Why::NoTarget, terms)),
            }
        }
        if self.finished {
            return;
        }
        if self.asked {
            let metric = self.response();
            self.start(metric, at, terms, steps);
        }
        self.start(Metric::Resolution, at, terms, steps);
    }

    /// A target that the change has left behind is overrun at the change, not before it.
    fn spent(&mut self, place: usize, at: Moment) -> Option<Step> {
        let clock = self.clocks.get_mut(place)?;
        let overrun = clock.breached_at.is_none() && clock.due_at.is_some_and(|due| due < at);
        overrun.then(|| {
            clock.breached_at = Some(at);
            clock.warn_at = None;
            step(place, Change::Breached)
        })
    }

    fn response(&self) -> Metric {
        if self.answered {
            Metric::NextResponse
        } else {
            Metric::FirstResponse
        }
    }

    /// Starts a clock if there is a target and none of its kind is live.
    fn start(&mut self, metric: Metric, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        let Some(target_s) = terms.targets.of(metric) else {
            return;
        };
        if self.finished || self.live_one(metric).is_some() {
            return;
        }
        let paused = self.pauses.of(metric);
        let mut clock = Clock {
            metric,
            target_s,
            started_at: at,
            state: if paused {
                State::Paused
            } else {
                State::Running
            },
            used_ms: 0,
            since: (!paused).then_some(at),
            due_at: None,
            warn_at: None,
            stopped_at: None,
            breached_at: None,
            pauses: 0,
        };
        aim(&mut clock, terms);
        steps.push(step(self.clocks.len(), Change::Started));
        self.clocks.push(clock);
    }

    /// Stops a clock by what it waited for.
    fn satisfy(&mut self, place: usize, at: Moment, terms: &Terms<'_>) -> Step {
        let late = self.overrun(place);
        let (state, change) = if late {
            (State::Breached, Change::Ended)
        } else {
            (State::Met, Change::Met)
        };
        self.stop(place, at, state, terms);
        step(place, change)
    }

    /// Stops a clock without what it waited for; what was overrun stays so.
    fn give_up(&mut self, place: usize, at: Moment, why: Why, terms: &Terms<'_>) -> Step {
        let late = self.overrun(place);
        let (state, change) = if late {
            (State::Breached, Change::Ended)
        } else {
            (State::Cancelled, Change::Cancelled(why))
        };
        self.stop(place, at, state, terms);
        step(place, change)
    }

    fn overrun(&self, place: usize) -> bool {
        let clock = self.clocks.get(place);
        clock.is_some_and(|clock| clock.breached_at.is_some())
    }

    fn stop(&mut self, place: usize, at: Moment, state: State, terms: &Terms<'_>) {
        let Some(clock) = self.clocks.get_mut(place) else {
            return;
        };
        settle(clock, at, terms);
        clock.state = state;
        clock.stopped_at = Some(at);
        clock.warn_at = None;
    }

    fn live(&self) -> Vec<usize> {
        let live = self.clocks.iter().enumerate();
        live.filter(|(_, clock)| clock.state.is_live())
            .map(|(place, _)| place)
            .collect()
    }

    fn live_one(&self, metric: Metric) -> Option<usize> {
        self.clocks
            .iter()
            .rposition(|clock| clock.metric == metric && clock.state.is_live())
    }
}

/// Takes what was counted since the last time into what was used.
fn settle(clock: &mut Clock, at: Moment, terms: &Terms<'_>) {
    if let Some(since) = clock.since.take() {
        clock.used_ms += terms.hours.between(since, at);
    }
}

/// Computes when a running clock is due and when to warn.
fn aim(clock: &mut Clock, terms: &Terms<'_>) {
    let target_ms = clock.target_s.saturating_mul(1_000);
    let due = |since| terms.hours.add(since, target_ms - clock.used_ms);
    clock.due_at = clock.since.and_then(due);
    let warn_ms = target_ms / 100 * i64::from(terms.warn_pct);
    let told = clock.used_ms > 0 && clock.used_ms >= warn_ms;
    let warns = (1..100).contains(&terms.warn_pct) && clock.breached_at.is_none() && !told;
    let warn = |since| terms.hours.add(since, warn_ms - clock.used_ms);
    clock.warn_at = clock.since.filter(|_| warns).and_then(warn);
}

fn step(clock: usize, change: Change) -> Step {
    Step { clock, change }
}
