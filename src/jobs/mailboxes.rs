//! Reading mailboxes: one worker per e-mail channel, woken by the server where it can, looking
//! every few minutes besides. A letter is kept first and put out of the way after: a crash between
//! the two only puts it away later.

use super::Shared;
use crate::channels::email::imap::{Folder, Imap};
use crate::desk::channels;
use crate::desk::mailboxes::{self, Place};
use crate::domain::actor::{Door, Who};
use crate::domain::event::Fact;
use crate::domain::id::ChannelId;
use crate::domain::mailbox::{MailConfig, MailSecret};
use crate::error::{Error, Refusal, Result};
use crate::ledger::Now;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How often the list of mailboxes is looked through.
const ROUND: Duration = Duration::from_secs(2);
/// How long the server is waited for to tell of news before the desk looks itself.
const LISTEN: Duration = Duration::from_secs(240);
/// How often a server that tells of nothing is looked at.
const POLL: Duration = Duration::from_secs(60);
/// The waits between tries to reach a server. **Unit:** seconds.
const WAITS_S: [u64; 7] = [1, 2, 5, 15, 60, 120, 300];
/// Letters kept before they are put away.
const BATCH: usize = 50;

/// What a worker was started with.
#[derive(Clone, PartialEq, Eq)]
struct Connected {
    config: MailConfig,
    secret: MailSecret,
}

fn who() -> Who {
    Who::system("mailboxes", Door::Timer)
}

/// Keeps a worker at every mailbox until told to end.
pub fn run(shared: &Shared) {
    thread::scope(|scope| {
        let mut workers: HashMap<ChannelId, (Connected, std::sync::Arc<AtomicBool>)> =
            HashMap::new();
        while !shared.mailboxes.is_closed() {
            shared.attend("looking for mailboxes", || {
                let wanted = connected(shared)?;
                workers.retain(|channel, (with, stop)| {
                    let stays = wanted.get(channel) == Some(with);
                    stop.fetch_or(!stays, Ordering::Relaxed);
                    stays
                });
                for (channel, with) in wanted {
                    workers.entry(channel).or_insert_with(|| {
                        let stop = std::sync::Arc::new(AtomicBool::new(false));
                        let (mine, told) = (with.clone(), std::sync::Arc::clone(&stop));
                        scope.spawn(move || work(shared, channel, &mine, &told));
                        (with, stop)
                    });
                }
                Ok(())
            });
            if !shared.mailboxes.wait(ROUND) && shared.mailboxes.is_closed() {
                break;
            }
        }
        workers
            .values()
            .for_each(|(_, stop)| stop.store(true, Ordering::Relaxed));
    });
}

fn connected(shared: &Shared) -> Result<HashMap<ChannelId, Connected>> {
    let who = who();
    let now = shared.ledger.now(&who)?;
    let mut all = HashMap::new();
    for channel in channels::list(&now)? {
        if channel.kind != "email" || channel.state == "disabled" {
            continue;
        }
        let config = mailboxes::config(&now, channel.id)?;
        if !config.imap_host.is_empty() {
            let secret = mailboxes::secret(&now, channel.id)?;
            all.insert(channel.id, Connected { config, secret });
        }
    }
    Ok(all)
}

fn work(shared: &Shared, channel: ChannelId, with: &Connected, stop: &AtomicBool) {
    let stopped = || stop.load(Ordering::Relaxed) || shared.mailboxes.is_closed();
    let mut tries = 0;
    while !stopped() {
        let before = tries;
        let ended = session(shared, channel, with, &stopped, &mut tries);
        match ended {
            Ok(()) => return,
            Err(Error::Fault(fault)) => tracing::error!("reading the mailbox {channel}: {fault}"),
            Err(Error::Refusal(refusal)) => {
                tracing::debug!("reading the mailbox {channel}: {}", refusal.text);
                // One cut line is no news: servers end them all the time.
                if before > 0 {
                    let text = refusal.text.clone();
                    shared.attend("recording that a mailbox is lost", || {
                        let told =
                            move |now: &Now<'_>| mailboxes::reached(now, channel, Some(&text));
                        shared.ledger.record(&who(), told).map(drop)
                    });
                }
            }
        }
        let wait = WAITS_S
            .get(tries)
            .or(WAITS_S.last())
            .copied()
            .unwrap_or(300);
        tries += 1;
        // Two desks, or two mailboxes of one, do not come back in step.
        let jitter = u64::from(channel.0.to_le_bytes().first().copied().unwrap_or(0)) * 37 % 500;
        let mut left = wait * 1000 + jitter;
        while left > 0 && !stopped() {
            thread::sleep(Duration::from_millis(left.min(200)));
            left = left.saturating_sub(200);
        }
    }
}

/// One line to the server, from signing in to its end; ends well only when told to stop.
fn session(
    shared: &Shared,
    channel: ChannelId,
    with: &Connected,
    stopped: &dyn Fn() -> bool,
    tries: &mut usize,
) -> Result<()> {
    let Connected { config, secret } = with;
    let here = Here {
        shared,
        channel,
        config,
    };
    let mut line = Imap::connect(config, secret).map_err(lost)?;
    if !config.processed.is_empty() {
        line.make_folder(&config.processed).map_err(lost)?;
    }
    let folder = line.select(&config.folder).map_err(lost)?;
    let mut place = {
        let who = who();
        mailboxes::place(&shared.ledger.now(&who)?, channel)?
    };
    if place.validity != folder.validity {
        match here.begin(&mut line, &folder, place, stopped)? {
            Some(begun) => place = begun,
            None => return Ok(()),
        }
    }
    here.record(move |now| mailboxes::reached(now, channel, None))?;
    here.put_left_away(&mut line, &place)?;
    loop {
        let fresh = line
            .numbers_from(place.last.saturating_add(1))
            .map_err(lost)?;
        for some in fresh.chunks(BATCH) {
            let mut kept = Vec::new();
            for uid in some {
                if stopped() {
                    break;
                }
                if here.keep(&mut line, place.validity, *uid, How::InPlace)? {
                    kept.push(*uid);
                }
                place.last = *uid;
            }
            line.put_away(&kept, &config.processed).map_err(lost)?;
        }
        *tries = 0;
        if stopped() {
            line.leave();
            return Ok(());
        }
        if line.can_idle() {
            line.idle(LISTEN, stopped).map_err(lost)?;
        } else {
            let mut slept = Duration::ZERO;
            while slept < POLL && !stopped() {
                thread::sleep(Duration::from_millis(500));
                slept += Duration::from_millis(500);
            }
        }
    }
}

fn lost(why: String) -> Error {
    Refusal::conflict(why).into()
}

/// A mailbox a worker reads.
struct Here<'a> {
    shared: &'a Shared,
    channel: ChannelId,
    config: &'a MailConfig,
}

/// How a letter is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// Everything before it was read.
    InPlace,
    /// Before the desk begins to count.
    Apart,
}

impl Here<'_> {
    /// Records something about the mailbox, unless the channel has another one by now.
    fn record(
        &self,
        wish: impl FnOnce(&Now<'_>) -> Result<Vec<Fact>> + Send + 'static,
    ) -> Result<()> {
        let (channel, config) = (self.channel, self.config.clone());
        self.shared.ledger.record(&who(), move |now| {
            mailboxes::demand_same(now, channel, &config)?;
            wish(now)
        })?;
        Ok(())
    }

    /// Begins a folder that was never read, or a new life of one: the server numbers its letters
    /// anew. What came since the desk began is read; letters known by their bytes or by their
    /// Message-ID change nothing. None if told to stop before.
    fn begin(
        &self,
        line: &mut Imap,
        folder: &Folder,
        place: Place,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Option<Place>> {
        let newest = match folder.next {
            0 => line.numbers_from(1).map_err(lost)?.last().copied(),
            next => next.checked_sub(1),
        };
        let newest = newest.unwrap_or_default();
        let (channel, validity) = (self.channel, folder.validity);
        if let (false, Some(begun_at)) = (self.config.read_old, place.begun_at) {
            let mut since = line.numbers_since(begun_at).map_err(lost)?;
            since.retain(|uid| *uid <= newest);
            for some in since.chunks(BATCH) {
                let mut kept = Vec::new();
                for uid in some {
                    if stopped() {
                        return Ok(None); // it begins anew: nothing says that it was read
                    }
                    if self.keep(line, validity, *uid, How::Apart)? {
                        kept.push(*uid);
                    }
                }
                line.put_away(&kept, &self.config.processed).map_err(lost)?;
            }
        }
        let uid = if self.config.read_old { 0 } else { newest };
        self.record(move |_| Ok(mailboxes::begin(channel, validity, uid)))?;
        Ok(Some(Place {
            validity,
            first: uid,
            last: uid,
            ..place
        }))
    }

    /// Puts away what a crash left kept but not put away, and nothing else.
    fn put_left_away(&self, line: &mut Imap, place: &Place) -> Result<()> {
        if self.config.processed.is_empty() {
            return Ok(());
        }
        let mut left = line
            .numbers_from(place.first.saturating_add(1))
            .map_err(lost)?;
        left.retain(|uid| *uid <= place.last);
        let who = who();
        let left = mailboxes::fetched(&self.shared.ledger.now(&who)?, self.channel, &left)?;
        line.put_away(&left, &self.config.processed).map_err(lost)
    }

    /// Keeps one letter; false if it was passed over or is gone.
    fn keep(&self, line: &mut Imap, validity: u32, uid: u32, how: How) -> Result<bool> {
        let channel = self.channel;
        match line.fetch(uid).map_err(lost)? {
            Ok(Some(bytes)) => {
                let digest = HEXLOWER.encode(&Sha256::digest(&bytes));
                let place = (how == How::InPlace).then_some((validity, uid));
                self.record(move |now| mailboxes::keep(now, channel, digest, bytes, place))?;
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(why) => {
                self.record(move |_| Ok(mailboxes::pass_over(channel, validity, uid, &why)))?;
                Ok(false)
            }
        }
    }
}
