//! The course of a case's clocks: what each thing that happens does to them.
//!
//! A breach is strictly after the due instant and is dated there, whenever it is noticed. Waiting
//! pauses update and resolution, not the answers a customer waits for.

use super::{Change, Clock, Input, Metric, State, Step, Targets, Turn, Why};
use crate::domain::calendar::hours::Hours;
use crate::domain::moment::Moment;

/// The clocks that a person's answer stops.
const ANSWERS: [Metric; 3] = [Metric::FirstResponse, Metric::NextResponse, Metric::Update];

/// What a case is measured by at the moment.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    /// What may be counted at most.
    pub targets: Targets,
    /// What counts as time.
    pub hours: &'a Hours,
    /// At which share of a target to warn. **Unit:** percent; none above 99 or at 0.
    pub warn_pct: u8,
    /// Whether waiting pauses the first response too.
    pub pause_first_response: bool,
}

/// A case as its clocks see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Course {
    /// Every clock it ever had, in the order they began.
    pub clocks: Vec<Clock>,
    /// Whose turn it is.
    pub turn: Turn,
}

impl Course {
    /// Lets something happen; answers what that did to the clocks, in order.
    pub fn step(&mut self, at: Moment, input: Input, terms: &Terms<'_>) -> Vec<Step> {
        let mut steps = self.lapse(at);
        let before = self.turn;
        self.turn = before.after(input);
        if before.void && input != Input::Restored {
            return steps;
        }
        let asks = self.turn.asked && !before.asked;
        match input {
            Input::Opened { .. } => self.measure(at, terms, &mut steps),
            Input::Heard if asks => self.ask(at, terms, &mut steps),
            Input::Heard => {}
            Input::Answered => self.answer(at, terms, &mut steps),
            Input::Owned { bot: true } if !before.bot && !before.finished => {
                for place in self.live_ones(&ANSWERS) {
                    steps.push(self.give_up(place, at, Why::Bot, terms));
                }
            }
            Input::Owned { .. } if asks => self.ask(at, terms, &mut steps),
            Input::Owned { .. } => {}
            Input::Status { finished, .. } => match (before.finished, finished) {
                (false, true) => self.finish(at, terms, &mut steps),
                (true, false) => self.reopen(at, asks, terms, &mut steps),
                (true, true) => {}
                (false, false) => self.pause(at, terms, &mut steps),
            },
            Input::Relieved => {
                for place in self.live_ones(&[Metric::FirstResponse, Metric::NextResponse]) {
                    steps.push(self.give_up(place, at, Why::Void, terms));
                }
            }
            Input::Voided => {
                for place in self.live_ones(&Metric::ALL) {
                    self.stop(place, at, State::Cancelled, terms);
                    steps.push(step(place, Change::Cancelled(Why::Void)));
                }
            }
            Input::Restored => self.restore(at, terms, &mut steps),
        }
        steps
    }

    /// Begins to measure a case as it stands.
    pub fn measure(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        if self.turn.void || self.turn.finished {
            return;
        }
        if self.turn.asked {
            self.ask(at, terms, steps);
        }
        if self.turn.answered && !self.turn.bot {
            self.start(Metric::Update, at, terms, steps);
        }
        self.start(Metric::Resolution, at, terms, steps);
    }

    /// Changes the targets: what was counted stays, and what the change leaves no time for is
    /// overrun at the change. Other hours count from then on; `before` are those until then.
    pub fn retarget(&mut self, at: Moment, before: Option<&Hours>, terms: &Terms<'_>) -> Vec<Step> {
        let mut steps = self.lapse(at);
        if self.turn.void {
            return steps;
        }
        for place in self.live_ones(&Metric::ALL) {
            let Some(clock) = self.clocks.get_mut(place) else {
                continue;
            };
            if let (Some(before), Some(since)) = (before, clock.since) {
                clock.used_ms += before.between(since, at);
                clock.since = Some(since.max(at));
            }
            match terms.targets.of(clock.metric) {
                Some(target_s) if target_s == clock.target_s && before.is_none() => {}
                Some(target_s) => {
                    clock.target_s = target_s;
                    aim(clock, terms);
                    steps.push(step(place, Change::Retargeted));
                    steps.extend(self.spent(place, at));
                }
                None => steps.push(self.give_up(place, at, Why::NoTarget, terms)),
            }
        }
        if !self.turn.finished {
            if self.turn.asked {
                self.ask(at, terms, &mut steps);
            }
            self.start(Metric::Resolution, at, terms, &mut steps);
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
        let metric = if self.turn.answered {
            Metric::NextResponse
        } else {
            Metric::FirstResponse
        };
        self.start(metric, at, terms, steps);
    }

    fn answer(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        if self.turn.finished {
            return;
        }
        for place in self.live_ones(&ANSWERS) {
            steps.push(self.satisfy(place, at, terms));
        }
        self.start(Metric::Update, at, terms, steps);
    }

    fn finish(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        for place in self.live_ones(&ANSWERS) {
            steps.push(self.give_up(place, at, Why::Finished, terms));
        }
        for place in self.live_ones(&[Metric::Resolution]) {
            steps.push(self.satisfy(place, at, terms));
        }
    }

    fn reopen(&mut self, at: Moment, asks: bool, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        let ended = self.clocks.iter().rposition(|clock| {
            clock.metric == Metric::Resolution
                && matches!(clock.state, State::Met | State::Breached)
        });
        match (ended, terms.targets.resolution) {
            (Some(place), Some(target_s)) => {
                let paused = self.pauses(Metric::Resolution, terms);
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
        if asks {
            self.ask(at, terms, steps);
        } else if self.turn.answered && !self.turn.bot {
            self.start(Metric::Update, at, terms, steps);
        }
    }

    /// What was cancelled when it was voided goes on with what it had used; what nobody measured
    /// before begins.
    fn restore(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        if self.turn.finished {
            return;
        }
        // Nothing stops while it is void, so what stopped last stopped then.
        let voided_at = self
            .clocks
            .iter()
            .filter_map(|clock| clock.stopped_at)
            .max();
        for metric in Metric::ALL {
            let wanted = match metric {
                Metric::FirstResponse => self.turn.asked && !self.turn.answered,
                Metric::NextResponse => self.turn.asked && self.turn.answered,
                Metric::Update => self.turn.answered && !self.turn.bot,
                Metric::Resolution => true,
            };
            let Some(target_s) = terms.targets.of(metric).filter(|_| wanted) else {
                continue;
            };
            let last = self.clocks.iter().rposition(|clock| clock.metric == metric);
            let paused = self.pauses(metric, terms);
            let voided = last.and_then(|place| Some((place, self.clocks.get_mut(place)?)));
            match voided {
                Some((place, clock))
                    if clock.state == State::Cancelled && clock.stopped_at == voided_at =>
                {
                    clock.target_s = target_s;
                    clock.stopped_at = None;
                    clock.state = match paused {
                        true => State::Paused,
                        false => State::Running,
                    };
                    clock.since = (!paused).then_some(at);
                    aim(clock, terms);
                    steps.push(step(place, Change::Reopened));
                    steps.extend(self.spent(place, at));
                }
                Some(_) | None => self.start(metric, at, terms, steps),
            }
        }
    }

    fn pauses(&self, metric: Metric, terms: &Terms<'_>) -> bool {
        let first = metric == Metric::FirstResponse && terms.pause_first_response;
        self.turn.pauses.of(metric) || first && self.turn.pauses.resolution
    }

    fn pause(&mut self, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        for place in self.live_ones(&Metric::ALL) {
            let metric = self.clocks.get(place).map(|clock| clock.metric);
            let still = metric.is_some_and(|metric| self.pauses(metric, terms));
            let Some(clock) = self.clocks.get_mut(place) else {
                continue;
            };
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

    /// Starts a clock if there is a target and none of its kind is live.
    fn start(&mut self, metric: Metric, at: Moment, terms: &Terms<'_>, steps: &mut Vec<Step>) {
        let Some(target_s) = terms.targets.of(metric) else {
            return;
        };
        if !self.live_ones(&[metric]).is_empty() {
            return;
        }
        let paused = self.pauses(metric, terms);
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

    /// The places of the clocks of these kinds that may still count, kind by kind.
    fn live_ones(&self, metrics: &[Metric]) -> Vec<usize> {
        let mut places = Vec::new();
        for metric in metrics {
            let clocks = self.clocks.iter().enumerate();
            let of_kind = clocks.filter(|(_, clock)| clock.metric == *metric);
            places.extend(
                of_kind
                    .filter(|(_, clock)| clock.state.is_live())
                    .map(|(n, _)| n),
            );
        }
        places
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
