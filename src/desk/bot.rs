//! The bot at work: where it begins, when it may speak, and how it gives a conversation up. What it
//! makes of a message is arithmetic in the domain. Its words are queued in the transaction that
//! looks whether the conversation is still its own: whoever takes over silences it at once.

use super::conversations::{self, relate};
use super::sla::calendars;
use super::{articles, channels, settings};
use crate::domain::actor::{Actor, Door, Who};
use crate::domain::bot::language::Tongue;
use crate::domain::bot::{self, Check, Desk, Heard, Known, MESSAGES_MAX, Turn};
use crate::domain::calendar::date_of;
use crate::domain::conversation::{Owner, Summary, Transfer};
use crate::domain::event::bot::{BotEvent, SealedOrder};
use crate::domain::event::{
    ArticleEvent, Cause, ConversationEvent, Fact, Said, SealedContent, SealedSummary,
};
use crate::domain::id::{ArticleId, ChannelId, ConversationId};
use crate::domain::message::Content;
use crate::domain::moment::Moment;
use crate::error::{Error, Refusal, Result};
use crate::ledger::{Now, Recorded, Writer};

/// Who the bot is in the trail: its version.
pub fn who() -> Who {
    let version = bot::VERSION.to_owned();
    Who::of(Actor::Bot { version }, Door::Timer, None)
}

// Decide

/// Lets new conversations of a channel begin with the bot, or no longer.
///
/// **Refuses:** channels it cannot write on.
pub fn switch(now: &Now<'_>, channel: ChannelId, to: bool) -> Result<Vec<Fact>> {
    let kind = channels::get(now, channel)?.kind;
    if to && kind != "whatsapp" {
        let text = format!("the bot writes on WhatsApp only; {channel} is {kind}");
        return Err(Refusal::conflict(text).into());
    }
    let from = begins(now, channel)?;
    if from == to {
        return Ok(Vec::new());
    }
    Ok(vec![BotEvent::Switched { channel, from, to }.into()])
}

/// What the bot does about what a customer wrote since it looked last. Nothing, if the conversation
/// is not its own at this moment.
pub fn answer(now: &Now<'_>, id: ConversationId, tag: &str) -> Result<Vec<Fact>> {
    let present = conversations::get(now, id)?;
    let closed = present.status == crate::domain::conversation::Status::Closed;
    if present.owner != Owner::Bot || closed {
        return Ok(Vec::new());
    }
    let (known, seen) = known(now, id)?;
    let heard = heard(now, id, seen)?;
    let Some((article, _)) = heard.last() else {
        return Ok(Vec::new());
    };
    let (shop, pattern) = (
        settings::text(now, "desk.name")?,
        settings::text(now, "bot.order_pattern")?,
    );
    let messages: Vec<Heard> = heard.iter().map(|(_, heard)| heard.clone()).collect();
    let tongue = usual_tongue(now)?;
    let back = back_words(now, &present)?;
    let desk = Desk {
        shop: &shop,
        pattern: &pattern,
        tongue,
        back: back.as_deref(),
        may_write: present.window_until.is_some_and(|until| until > now.at()),
    };
    let turn = bot::turn(desk, &known, &messages);
    facts(now, &present, *article, &known, turn, tag)
}

fn facts(
    now: &Now<'_>,
    present: &conversations::Conversation,
    article: ArticleId,
    known: &Known,
    turn: Turn,
    tag: &str,
) -> Result<Vec<Fact>> {
    let conversation = present.id;
    let language = turn.tongue.code().to_owned();
    let decided: Fact = BotEvent::Decided {
        conversation,
        article,
        check: turn.check.as_str().to_owned(),
        action: match (turn.gives_up, turn.say.is_empty()) {
            (true, _) => "give_up",
            (false, false) => "answer",
            (false, true) => "silent",
        }
        .to_owned(),
        language: language.clone(),
        turn: turn.known.turns,
        stuck: turn.known.stuck,
        matter: turn.known.matter,
        sealed: SealedOrder {
            order: turn.known.order.clone(),
        },
    }
    .into();
    let mut facts = vec![decided.because(Cause::Event(article))];
    if !turn.say.is_empty() {
        let said = Said::from(Content::text(&turn.say));
        let queued: Fact = ArticleEvent::Queued {
            conversation,
            contact: present.contact,
            channel: present.channel,
            kind: said.kind().to_owned(),
            reply_to: None,
            tag: tag.to_owned(),
            corrects: None,
            sealed: SealedContent { said: Some(said) },
        }
        .into();
        facts.push(queued.because(Cause::Earlier(0)));
        if known.turns == 0 {
            let article = ArticleId::from(crate::domain::id::Seq(now.next_seq().0 + 1));
            let disclosed: Fact = BotEvent::Disclosed {
                conversation,
                article,
                language,
            }
            .into();
            facts.push(disclosed.because(Cause::Earlier(1)));
        }
    }
    if turn.gives_up {
        facts.extend(give_up(now, present, &turn)?);
    }
    Ok(facts)
}

/// The summary and the change of owner, because of the turn's own fact.
fn give_up(now: &Now<'_>, present: &conversations::Conversation, turn: &Turn) -> Result<Vec<Fact>> {
    let reason = turn.check.words();
    let summary = Summary {
        issue: articles::longest_words(now, present.id)?,
        actions: match turn.known.turns {
            1 => "The bot answered once".to_owned(),
            n => format!("The bot answered {n} times"),
        },
        outcome: format!("Given to a person: {reason}"),
        next_step: match (&turn.known.order, turn.check) {
            (Some(order), _) => format!("Answer about order {order}"),
            (None, Check::OutOfHours) => "Answer when the desk is open".to_owned(),
            (None, _) => "Answer; no order number is known".to_owned(),
        },
    };
    let summarised: Fact = ConversationEvent::Summarised {
        conversation: present.id,
        sealed: SealedSummary {
            summary: Some(summary),
        },
    }
    .into();
    let given = conversations::owned(present, Owner::Nobody, Transfer::Escalated, reason);
    Ok(vec![
        summarised.because(Cause::Earlier(0)),
        given.because(Cause::Earlier(0)),
    ])
}

/// Gives a conversation back to the bot.
///
/// **Refuses:** one that somebody else holds; a channel the bot cannot write on; a closed one.
pub fn hand_back(now: &Now<'_>, id: ConversationId, reason: &str) -> Result<Vec<Fact>> {
    let present = conversations::open(now, id)?;
    if present.owner == Owner::Bot {
        return Err(Refusal::conflict(format!("{id} is with the bot already")).into());
    }
    conversations::demand_hold(now, &present)?;
    let channel = channels::get(now, present.channel)?;
    if channel.kind != "whatsapp" {
        let text = format!("the bot does not write on {}", channel.title);
        return Err(Refusal::conflict(text).at("owner").into());
    }
    let reason = super::members::valid_reason(reason)?;
    Ok(vec![conversations::owned(
        &present,
        Owner::Bot,
        Transfer::Assigned,
        &reason,
    )])
}

// Apply

/// Applies a fact about the bot.
pub fn apply(write: &Writer<'_>, recorded: &Recorded<'_>, event: &BotEvent) -> Result<()> {
    match event {
        BotEvent::Switched { channel, to, .. } => {
            write.run(
                "UPDATE channel SET bot = :bot, seq = :seq WHERE id = :id",
                &[(":bot", to), (":seq", &recorded.seq), (":id", channel)],
            )?;
            Ok(())
        }
        BotEvent::Decided {
            conversation,
            article,
            language,
            turn,
            stuck,
            matter,
            sealed,
            ..
        } => {
            write.run(
                "INSERT INTO bot_talk (conversation, article, turns, stuck, language, matter,
                     order_number, seq)
                 VALUES (:id, :article, :turns, :stuck, :language, :matter, :order, :seq)
                 ON CONFLICT (conversation) DO UPDATE SET article = excluded.article,
                     turns = excluded.turns, stuck = excluded.stuck, matter = excluded.matter,
                     language = excluded.language, order_number = excluded.order_number,
                     seq = excluded.seq",
                &[
                    (":id", conversation),
                    (":article", article),
                    (":turns", turn),
                    (":stuck", stuck),
                    (":language", language),
                    (":matter", matter),
                    (":order", &sealed.order),
                    (":seq", &recorded.seq),
                ],
            )?;
            relate(write, *conversation)
        }
        BotEvent::Disclosed { conversation, .. } => relate(write, *conversation),
    }
}

/// Lets the bot begin again where a person gave a conversation back to it.
pub fn begin_again(write: &Writer<'_>, conversation: ConversationId) -> Result<()> {
    write.run(
        "UPDATE bot_talk SET stuck = 0, turns = min(turns, 1) WHERE conversation = :id",
        &[(":id", &conversation)],
    )?;
    Ok(())
}

// Ask

/// Whether new conversations of a channel begin with the bot.
pub fn begins(now: &Now<'_>, channel: ChannelId) -> Result<bool> {
    now.value(
        "SELECT bot FROM channel WHERE id = :id",
        &[(":id", &channel)],
    )
}

/// What [`due`] asks whenever somebody wrote: of the bot's conversations those that wait, which
/// stand first in an index; the number is behind them all. The signs keep it from being read in the
/// order of the newest articles, where nobody waits for long stretches.
pub const DUE: &str = "SELECT conversation.id FROM conversation
       LEFT JOIN bot_talk ON bot_talk.conversation = conversation.id
      WHERE owner_kind = 'bot' AND owner IS NULL AND status <> 'closed'
        AND coalesce(waiting_since, 9000000000000000 - last_at) < 8000000000000000
        AND last_article > coalesce(bot_talk.article, -1) AND +last_at <= :before
      ORDER BY +last_at, conversation.id LIMIT 200";

/// Conversations of the bot in which a customer wrote something it has not looked at, and nothing
/// after an instant: people send one thought in several messages.
pub fn due(now: &Now<'_>, before: Moment) -> Result<Vec<ConversationId>> {
    now.all(DUE, &[(":before", &before)], |row| row.get("id"))
}

/// The language the bot spoke with this customer, or the desk's usual one.
pub fn tongue(now: &Now<'_>, id: ConversationId) -> Result<Tongue> {
    match known(now, id)?.0.tongue {
        Some(tongue) => Ok(tongue),
        None => usual_tongue(now),
    }
}

/// The words in which a person takes over from the bot, for a conversation that was just taken:
/// none once a person has written in it, or where it was never the bot's.
pub fn transition(now: &Now<'_>, present: &conversations::Conversation) -> Result<Option<String>> {
    let Owner::Member { name, .. } = &present.owner else {
        return Ok(None);
    };
    let (_, seen) = known(now, present.id)?;
    if seen.is_none() {
        return Ok(None);
    }
    let spoke: bool = now.value(
        "SELECT EXISTS (SELECT 1 FROM article
          WHERE conversation = :id AND direction = 'out' AND author_kind <> 'bot'
            AND seq > coalesce((SELECT max(seq) FROM article
                                 WHERE conversation = :id AND author_kind = 'bot'), 0))",
        &[(":id", &present.id)],
    )?;
    if spoke {
        return Ok(None);
    }
    let shop = settings::text(now, "desk.name")?;
    let tongue = tongue(now, present.id)?;
    let first = name.split_whitespace().next().unwrap_or(name);
    Ok(Some(bot::transition(tongue, &shop, first)))
}

fn usual_tongue(now: &Now<'_>) -> Result<Tongue> {
    let code = settings::text(now, "bot.language")?;
    Ok(Tongue::of_code(&code).unwrap_or(Tongue::English))
}

/// When the team is back, in words, if it is not there now. The hours of the group's calendar tell;
/// a group without one counts as always there.
fn back_words(now: &Now<'_>, present: &conversations::Conversation) -> Result<Option<String>> {
    let Some(calendar) = calendars::of_group(now, present.group)? else {
        return Ok(None);
    };
    let hours = calendar.timetable.hours().map_err(Error::fault)?;
    let at = now.at();
    let opens = hours.next_change(at).filter(|_| !hours.is_open(at));
    Ok(opens.map(|opens| {
        let zone = hours.zone();
        let (today, then) = (zone.local(at).day_number, zone.local(opens));
        let time = format!("{:02}:{:02} ({})", then.hour, then.minute, zone.name());
        if then.day_number == today {
            return time;
        }
        format!("{} {time}", date_of(then.day_number))
    }))
}

/// What the bot knows of a conversation, and the newest message it looked at.
fn known(now: &Now<'_>, id: ConversationId) -> Result<(Known, Option<ArticleId>)> {
    let found = now.maybe(
        "SELECT article, turns, stuck, language, matter, order_number FROM bot_talk
          WHERE conversation = :id",
        &[(":id", &id)],
        |row| {
            let language: String = row.get("language")?;
            let known = Known {
                turns: row.get("turns")?,
                stuck: row.get("stuck")?,
                tongue: Tongue::of_code(&language),
                order: row.get("order_number")?,
                matter: row.get("matter")?,
            };
            Ok((known, Some(row.get("article")?)))
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// What the customer wrote after an article, the oldest first.
fn heard(
    now: &Now<'_>,
    id: ConversationId,
    after: Option<ArticleId>,
) -> Result<Vec<(ArticleId, Heard)>> {
    let mut heard = now.all(
        "SELECT seq, kind, content FROM article
          WHERE conversation = :id AND direction = 'in' AND (:after IS NULL OR seq > :after)
          ORDER BY seq DESC LIMIT :limit",
        &[(":id", &id), (":after", &after), (":limit", &MESSAGES_MAX)],
        |row| {
            let said: Option<Said> = row.json_if_any("content")?;
            let text = said.map(|said| said.content.text_for_search());
            let heard = Heard {
                kind: row.get("kind")?,
                text: text.unwrap_or_default(),
            };
            Ok((row.get("seq")?, heard))
        },
    )?;
    heard.reverse();
    Ok(heard)
}
