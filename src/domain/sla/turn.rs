//! Whose turn it is in a case: who owns it, whether it is finished, whether the customer waits for
//! a person. It follows from what happens alone; targets and hours have no part in it.

use super::Metric;

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
    /// It began, and is measured from now on.
    Opened {
        /// Whether the customer began it, and so waits for an answer.
        by_customer: bool,
        /// Whether the bot owns it.
        bot: bool,
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
    /// The customer who waited does so elsewhere: what was merged into it was taken out again.
    Relieved,
    /// It was spam, or was merged: nothing counts any more.
    Voided,
    /// That was undone: what counted goes on.
    Restored,
}

/// A case as it stands between customer, bot and people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
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

    /// Waiting as it is meant where nothing else is said: for us to keep the customer informed and
    /// to finish, not for the answers they wait for.
    pub fn waiting() -> Self {
        Pauses {
            update: true,
            resolution: true,
            ..Pauses::default()
        }
    }
}

impl Turn {
    /// How it stands after something happened.
    pub fn after(self, input: Input) -> Self {
        let mut next = self;
        match input {
            Input::Opened { by_customer, bot } => {
                next.bot = bot;
                next.heard |= by_customer;
                next.asked = by_customer && !bot;
            }
            Input::Heard => {
                next.heard = true;
                next.asked_late |= self.finished;
                next.asked |= !self.finished && !self.bot;
            }
            Input::Answered if self.finished => {}
            Input::Answered => {
                next.asked = false;
                next.answered |= self.heard;
            }
            Input::Owned { bot } => {
                next.bot = bot;
                if bot != self.bot && !self.finished {
                    next.asked = !bot;
                    next.heard |= !bot;
                }
            }
            Input::Status { finished, pauses } => {
                next.pauses = pauses;
                next.finished = finished;
                if finished && !self.finished {
                    next.asked = false;
                    next.asked_late = false;
                }
                if self.finished && !finished {
                    next.asked = self.asked_late && !self.bot;
                    next.asked_late = false;
                }
            }
            Input::Relieved => next.asked = false,
            // Whose turn it is goes on being followed: undoing it asks for that.
            Input::Voided => next.void = true,
            Input::Restored => next.void = false,
        }
        next
    }

    /// As one number, for the database.
    pub fn bits(self) -> i64 {
        self.flags()
            .into_iter()
            .rev()
            .fold(0, |bits, flag| bits * 2 + i64::from(flag))
    }

    /// Back from the number.
    pub fn of_bits(bits: i64) -> Self {
        let flag = |place: u32| bits >> place & 1 == 1;
        Turn {
            bot: flag(0),
            finished: flag(1),
            pauses: Pauses {
                first_response: flag(2),
                next_response: flag(3),
                update: flag(4),
                resolution: flag(5),
            },
            heard: flag(6),
            answered: flag(7),
            asked: flag(8),
            asked_late: flag(9),
            void: flag(10),
        }
    }

    fn flags(self) -> [bool; 11] {
        [
            self.bot,
            self.finished,
            self.pauses.first_response,
            self.pauses.next_response,
            self.pauses.update,
            self.pauses.resolution,
            self.heard,
            self.answered,
            self.asked,
            self.asked_late,
            self.void,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::Turn;

    #[test]
    fn a_turn_is_kept_as_a_number() {
        for bits in 0..1 << 11 {
            assert_eq!(Turn::of_bits(bits).bits(), bits);
        }
    }
}
