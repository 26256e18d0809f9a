//! Intake: what an update from a channel makes happen. The customer is found or met, the
//! conversation found, reopened or started, the article recorded. A repeat changes nothing, and
//! the order of arrival does not matter.

mod place;

pub use place::{Placed, place};

use super::conversations::{self, Conversation};
use super::{channels, contacts};
use crate::domain::actor::Actor;
use crate::domain::conversation::{Owner, Status, Transfer};
use crate::domain::event::{
    ArticleEvent, Cause, ChannelEvent, ContactEvent, ConversationEvent, Fact, Said, SealedContent,
    SealedEmoji,
};
use crate::domain::id::{ArticleId, ChannelId, ContactId, ConversationId, Seq};
use crate::domain::message::{CallDirection, CallOutcome, Content};
use crate::domain::moment::{HOUR_MS, Moment};
use crate::domain::update::{
    self, AccountNotice, CallStep, Identity, IdentityChange, News, Party, Preference,
    TemplateChange, TemplateProperty, Update,
};
use crate::error::Result;
use crate::ledger::Now;

/// How long the provider lets us write freely after a customer's message. **Unit:** milliseconds.
///
/// **Source:** WhatsApp Business Platform, customer service window, 24 hours.
pub const WINDOW_MS: i64 = 24 * HOUR_MS;

/// Decides what one update of a payload makes happen.
pub fn receive(
    now: &Now<'_>,
    channel: ChannelId,
    payload: Seq,
    update: &Update,
) -> Result<Vec<Fact>> {
    let from = From {
        now,
        channel,
        payload,
    };
    match &update.news {
        News::Message(message) => from.message(message),
        News::Echo(message) => from.echo(message),
        News::Status(status) => from.status(status),
        News::Reaction(reaction) => from.reaction(reaction),
        News::Edit(edit) => from.edit(edit),
        News::Revoke(revoke) => from.revoke(revoke),
        News::Identity(change) => from.identity(change),
        News::Preference(preference) => from.preference(preference),
        News::Template(change) => from.template(change),
        News::Call(step) => from.call(step),
        News::Notice(notice) => Ok(vec![from.notice(notice)]),
        News::Unreadable(part) => Ok(vec![channels::payload_unreadable(
            channel, payload, &part.why,
        )]),
    }
}

/// Where an update came from.
struct From<'a> {
    now: &'a Now<'a>,
    channel: ChannelId,
    payload: Seq,
}

/// Where an article goes, and what had to happen for it.
struct Place {
    contact: ContactId,
    conversation: ConversationId,
    present: Option<Conversation>,
    facts: Vec<Fact>,
}

impl From<'_> {
    fn message(&self, message: &update::Message) -> Result<Vec<Fact>> {
        if known(self.now, &message.provider_id)? {
            return Ok(Vec::new());
        }
        let Place {
            contact,
            conversation,
            present,
            mut facts,
        } = self.place(&message.party, message.sent_at, update::Side::Customer)?;
        let said = Said::from(message);
        let received = ArticleEvent::Received {
            conversation,
            contact,
            kind: said.kind().to_owned(),
            provider_id: message.provider_id.clone(),
            sent_at: message.sent_at,
            reply_to: message
                .context
                .as_ref()
                .and_then(|context| context.reply_to.clone()),
            payload: self.payload,
            sealed: SealedContent { said: Some(said) },
        };
        facts.push(
            self.caused(received.into())
                .by(Actor::Contact { id: contact }),
        );
        let cause = Cause::Earlier(facts.len() - 1);
        if let Some(present) = present {
            if present.status == Status::Waiting {
                let open = conversations::status(&present, Status::Open);
                facts.push(open.because(cause).by(system()));
            }
            if present.snoozed_until.is_some() {
                let woken: Fact = ConversationEvent::Snoozed {
                    conversation,
                    until: None,
                }
                .into();
                facts.push(woken.because(cause).by(system()));
            }
        }
        Ok(facts)
    }

    fn echo(&self, message: &update::Message) -> Result<Vec<Fact>> {
        let (id, party) = (&message.provider_id, &message.party);
        self.said_by_us(id, party, message.sent_at, Said::from(message))
    }

    /// Something of ours that did not go through the desk.
    fn said_by_us(
        &self,
        provider_id: &str,
        party: &Party,
        sent_at: Moment,
        said: Said,
    ) -> Result<Vec<Fact>> {
        if known(self.now, provider_id)? {
            return Ok(Vec::new());
        }
        let Place {
            contact,
            conversation,
            present,
            mut facts,
        } = self.place(party, sent_at, update::Side::Business)?;
        let echoed = ArticleEvent::Echoed {
            conversation,
            contact,
            kind: said.kind().to_owned(),
            provider_id: provider_id.to_owned(),
            sent_at,
            payload: self.payload,
            sealed: SealedContent { said: Some(said) },
        };
        facts.push(self.caused(echoed.into()).by(self.provider()));
        let spoken = Cause::Earlier(facts.len() - 1);
        if let Some(present) = present.filter(|present| present.owner == Owner::Bot) {
            let why = "somebody answered from the phone";
            let silent = conversations::owned(&present, Owner::Nobody, Transfer::Released, why);
            facts.push(silent.because(spoken).by(system()));
        }
        Ok(facts)
    }

    fn status(&self, status: &update::Status) -> Result<Vec<Fact>> {
        let state = String::from(status.state.clone());
        let told: bool = self.now.value(
            "SELECT EXISTS (SELECT 1 FROM report
              WHERE provider_id = :id AND state = :state AND at = :at)",
            &[
                (":id", &status.provider_id),
                (":state", &state),
                (":at", &status.at),
            ],
        )?;
        if told {
            return Ok(Vec::new());
        }
        let mut found = article_of(self.now, &status.provider_id)?;
        if let (None, Some(tag)) = (&found, &status.tag) {
            found = self.now.maybe(
                "SELECT delivery.article AS seq, article.conversation
                   FROM delivery JOIN article ON article.seq = delivery.article
                  WHERE delivery.tag = :tag",
                &[(":tag", tag)],
                |row| Ok((row.get("seq")?, row.get("conversation")?)),
            )?;
        }
        let problem = status.errors.first();
        let reported = ArticleEvent::Reported {
            article: found.map(|(article, _)| article),
            conversation: found.and_then(|(_, conversation)| conversation),
            provider_id: status.provider_id.clone(),
            state,
            reported_at: status.at,
            code: problem.map(|problem| problem.code),
            text: problem.map(update_text),
            tag: status.tag.clone(),
        };
        Ok(vec![self.caused(reported.into()).by(self.provider())])
    }

    fn reaction(&self, reaction: &update::Reaction) -> Result<Vec<Fact>> {
        let (contact, mut facts) = self.contact(&reaction.party)?;
        let author = match reaction.by {
            update::Side::Customer => contact.to_string(),
            update::Side::Business => self.channel.to_string(),
        };
        let present: Option<String> = self.now.maybe(
            "SELECT emoji FROM reaction WHERE target = :target AND author = :author",
            &[(":target", &reaction.target), (":author", &author)],
            |row| row.get("emoji"),
        )?;
        if present == reaction.emoji {
            return Ok(facts);
        }
        let reacted = ArticleEvent::Reacted {
            target: reaction.target.clone(),
            conversation: article_of(self.now, &reaction.target)?.and_then(|found| found.1),
            contact,
            side: reaction.by,
            removed: reaction.emoji.is_none(),
            sealed: SealedEmoji {
                emoji: reaction.emoji.clone(),
            },
        };
        facts.push(
            self.caused(reacted.into())
                .by(self.author(reaction.by, contact)),
        );
        Ok(facts)
    }

    fn edit(&self, edit: &update::Edit) -> Result<Vec<Fact>> {
        if revised(self.now, &edit.target, "edited", edit.sent_at.0)? {
            return Ok(Vec::new());
        }
        let (contact, mut facts) = self.contact(&edit.party)?;
        let edited = ArticleEvent::Edited {
            target: edit.target.clone(),
            conversation: article_of(self.now, &edit.target)?.and_then(|found| found.1),
            contact,
            side: edit.by,
            sent_at: edit.sent_at,
            sealed: SealedContent {
                said: Some(edit.content.clone().into()),
            },
        };
        facts.push(self.caused(edited.into()).by(self.author(edit.by, contact)));
        Ok(facts)
    }

    fn revoke(&self, revoke: &update::Revoke) -> Result<Vec<Fact>> {
        if revised(self.now, &revoke.target, "revoked", revoke.sent_at.0)? {
            return Ok(Vec::new());
        }
        let (contact, mut facts) = self.contact(&revoke.party)?;
        let revoked = ArticleEvent::Revoked {
            target: revoke.target.clone(),
            conversation: article_of(self.now, &revoke.target)?.and_then(|found| found.1),
            contact,
            side: revoke.by,
            sent_at: revoke.sent_at,
        };
        facts.push(
            self.caused(revoked.into())
                .by(self.author(revoke.by, contact)),
        );
        Ok(facts)
    }

    fn identity(&self, change: &IdentityChange) -> Result<Vec<Fact>> {
        let why = match change.change {
            Identity::Number => "number_changed",
            Identity::UserId => "user_id_changed",
            Identity::Keys => "keys_changed",
        };
        let renamed = contacts::rename_identity(self.now, change, why)?;
        Ok(renamed
            .map(|fact| self.caused(fact).by(self.provider()))
            .into_iter()
            .collect())
    }

    fn preference(&self, preference: &Preference) -> Result<Vec<Fact>> {
        let (contact, mut facts) = self.contact(&preference.party)?;
        let changed = ContactEvent::PreferenceChanged {
            contact,
            category: preference.category.clone(),
            value: preference.value.clone(),
        };
        facts.push(
            self.caused(changed.into())
                .by(Actor::Contact { id: contact }),
        );
        Ok(facts)
    }

    fn template(&self, change: &TemplateChange) -> Result<Vec<Fact>> {
        let name = change
            .name
            .clone()
            .unwrap_or_else(|| "a template".to_owned());
        let after = change.after.clone().unwrap_or_else(|| "changed".to_owned());
        let (property, field) = match change.property {
            TemplateProperty::Status => ("status", "message_template_status_update"),
            TemplateProperty::Quality => ("quality", "message_template_quality_update"),
            TemplateProperty::Category => ("category", "template_category_update"),
            TemplateProperty::Components => ("text", "message_template_components_update"),
        };
        let mut text = format!("template {name}: {property} is now {after}");
        if let Some(reason) = &change.reason {
            text = format!("{text} ({reason})");
        }
        let mut facts = vec![self.told(field, &text)];
        if let (TemplateProperty::Status, Some(name), Some(language), Some(status)) = (
            change.property,
            &change.name,
            &change.language,
            &change.after,
        ) {
            let synced = channels::template_status(self.now, self.channel, name, language, status)?;
            facts.extend(synced.map(|fact| fact.because(Cause::Earlier(0))));
        }
        Ok(facts)
    }

    fn call(&self, step: &CallStep) -> Result<Vec<Fact>> {
        let over = step.step.eq_ignore_ascii_case("terminate");
        if !over || step.party.is_nobody() {
            return Ok(vec![
                self.told("calls", &format!("call {}: {}", step.call_id, step.step)),
            ]);
        }
        let said = Said::from(Content::Call(step.call.clone()));
        match (step.call.direction, step.call.outcome) {
            (CallDirection::In, _) => {}
            (CallDirection::Out, CallOutcome::Answered) => {
                return self.said_by_us(&step.call_id, &step.party, step.at, said);
            }
            // Nobody said anything: the customer neither wrote nor was answered.
            (
                CallDirection::Out,
                CallOutcome::Open
                | CallOutcome::Missed
                | CallOutcome::Rejected
                | CallOutcome::Failed,
            ) => {
                let text = format!("call {}: {}", step.call_id, step.call.sentence());
                return Ok(vec![self.told("calls", &text)]);
            }
        }
        if known(self.now, &step.call_id)? {
            return Ok(Vec::new());
        }
        let Place {
            contact,
            conversation,
            mut facts,
            ..
        } = self.place(&step.party, step.at, update::Side::Business)?;
        let received = ArticleEvent::Received {
            conversation,
            contact,
            kind: said.kind().to_owned(),
            provider_id: step.call_id.clone(),
            sent_at: step.at,
            reply_to: None,
            payload: self.payload,
            sealed: SealedContent { said: Some(said) },
        };
        facts.push(
            self.caused(received.into())
                .by(Actor::Contact { id: contact }),
        );
        Ok(facts)
    }

    fn notice(&self, notice: &AccountNotice) -> Fact {
        let mut text = notice
            .event
            .clone()
            .unwrap_or_else(|| "told something".to_owned());
        if let Some(problem) = notice.errors.first() {
            text = format!("{text}: {}", update_text(problem));
        }
        self.told(&notice.field, &text)
    }

    fn told(&self, field: &str, text: &str) -> Fact {
        let told = ChannelEvent::NoticeReceived {
            channel: self.channel,
            field: field.to_owned(),
            text: text.chars().take(500).collect(),
            payload: self.payload,
        };
        self.caused(told.into()).by(self.provider())
    }

    /// The customer, and what is new about them.
    fn contact(&self, party: &Party) -> Result<(ContactId, Vec<Fact>)> {
        let (contact, met) = contacts::meet(self.now, party, "profile")?;
        Ok((
            contact,
            met.map(|fact| self.caused(fact).by(self.provider()))
                .into_iter()
                .collect(),
        ))
    }

    /// The customer, and the conversation an article of theirs belongs to.
    fn place(&self, party: &Party, sent_at: Moment, side: update::Side) -> Result<Place> {
        let (contact, mut facts) = self.contact(party)?;
        let cause = Cause::Event(self.payload);
        let bot = side == update::Side::Customer && super::bot::begins(self.now, self.channel)?;
        let owner = if bot { Owner::Bot } else { Owner::Nobody };
        let placed = place(self.now, self.channel, contact, sent_at, owner, cause)?;
        facts.extend(placed.facts);
        Ok(Place {
            contact,
            conversation: placed.conversation,
            present: placed.present,
            facts,
        })
    }

    fn caused(&self, fact: Fact) -> Fact {
        fact.because(Cause::Event(self.payload))
    }

    fn provider(&self) -> Actor {
        Actor::Provider { id: self.channel }
    }

    fn author(&self, side: update::Side, contact: ContactId) -> Actor {
        match side {
            update::Side::Customer => Actor::Contact { id: contact },
            update::Side::Business => self.provider(),
        }
    }
}

fn system() -> Actor {
    Actor::System {
        id: "intake".to_owned(),
    }
}

fn update_text(problem: &crate::domain::message::Problem) -> String {
    let words = [problem.title.as_str(), problem.details.as_str()];
    let words: Vec<&str> = words.into_iter().filter(|text| !text.is_empty()).collect();
    if words.is_empty() {
        format!("error {}", problem.code)
    } else {
        words.join(": ")
    }
}

fn known(now: &Now<'_>, provider_id: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM article WHERE provider_id = :id)";
    now.value(sql, &[(":id", &provider_id)])
}

fn revised(now: &Now<'_>, target: &str, kind: &str, at: i64) -> Result<bool> {
    now.value(
        "SELECT EXISTS (SELECT 1 FROM revision
          WHERE target = :target AND kind = :kind AND at = :at)",
        &[(":target", &target), (":kind", &kind), (":at", &at)],
    )
}

/// The article with a provider's id, and its conversation.
pub fn article_of(
    now: &Now<'_>,
    provider_id: &str,
) -> Result<Option<(ArticleId, Option<ConversationId>)>> {
    now.maybe(
        "SELECT seq, conversation FROM article WHERE provider_id = :id ORDER BY seq LIMIT 1",
        &[(":id", &provider_id)],
        |row| Ok((row.get("seq")?, row.get("conversation")?)),
    )
}
