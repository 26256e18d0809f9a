//! Rules that hold for every trail this program writes, checked on the facts themselves.

use super::report::{Code, Findings, Place};
use crate::domain::actor::Actor;
use crate::domain::conversation::Owner;
use crate::domain::event::{ArticleEvent, ConversationEvent, Event, MemberEvent, TicketEvent};
use crate::domain::id::{ArticleId, ConversationId, MemberId, Seq};
use std::collections::{HashMap, HashSet};

/// What has to be remembered of the trail so far.
#[derive(Debug, Default)]
pub(super) struct Invariants {
    members: HashSet<MemberId>,
    /// Conversations a person is responsible for.
    personal: HashMap<ConversationId, MemberId>,
    /// Attempts to send whose outcome is not told yet.
    open: HashMap<ArticleId, Seq>,
}

impl Invariants {
    /// Takes one event in; events come in ascending order.
    pub fn take(&mut self, seq: Seq, actor: &Actor, event: &Event, findings: &mut Findings) {
        match event {
            Event::Member(MemberEvent::Added { member, .. }) => {
                self.members.insert(*member);
            }
            Event::Conversation(
                ConversationEvent::Started {
                    conversation,
                    owner,
                    ..
                }
                | ConversationEvent::OwnerChanged {
                    conversation,
                    to: owner,
                    ..
                },
            ) => {
                self.responsible(seq, owner, findings);
                match owner.member() {
                    Some(member) => self.personal.insert(*conversation, member),
                    None => self.personal.remove(conversation),
                };
            }
            Event::Ticket(
                TicketEvent::Opened { owner, .. } | TicketEvent::OwnerChanged { to: owner, .. },
            ) => self.responsible(seq, owner, findings),
            Event::Article(event) => self.article(seq, actor, event, findings),
            Event::Desk(_)
            | Event::Member(_)
            | Event::Group(_)
            | Event::Channel(_)
            | Event::Contact(_)
            | Event::Conversation(_)
            | Event::Ticket(_)
            | Event::Label(_)
            | Event::View(_)
            | Event::Access(_)
            | Event::Export(_)
            | Event::Pack(_)
            | Event::Privacy(_)
            | Event::Webhook(_)
            | Event::Status(_)
            | Event::Field(_)
            | Event::Rule(_)
            | Event::Bot(_)
            | Event::Sla(_)
            | Event::Call(_)
            | Event::Commitment(_)
            | Event::Import(_)
            | Event::Assignment(_)
            | Event::Notification(_)
            | Event::Bulk(_)
            | Event::Macro(_)
            | Event::Audit(_)
            | Event::Checkpoint(_)
            | Event::Email(_) => {}
        }
    }

    fn article(&mut self, seq: Seq, actor: &Actor, event: &ArticleEvent, findings: &mut Findings) {
        match event {
            ArticleEvent::Queued { conversation, .. } => {
                let person = self.personal.get(conversation);
                if let (Actor::Bot { .. }, Some(member)) = (actor, person) {
                    let meaning = format!(
                        "the assistant wrote in {conversation} while {member} was responsible"
                    );
                    findings.add(Code::BotSpokeOver, Place::event(seq.0), meaning);
                }
            }
            ArticleEvent::Attempted { article, .. } => {
                if let Some(earlier) = self.open.insert(*article, seq) {
                    let meaning = format!(
                        "article {article} is handed over again, although event {earlier} began \
                         that and nothing tells what came of it"
                    );
                    findings.add(Code::OutcomeMissing, Place::event(seq.0), meaning);
                }
            }
            ArticleEvent::Accepted { article, .. }
            | ArticleEvent::Deferred { article, .. }
            | ArticleEvent::Doubted { article, .. }
            | ArticleEvent::Failed { article, .. }
            | ArticleEvent::Requeued { article, .. }
            | ArticleEvent::Reported {
                article: Some(article),
                ..
            } => {
                self.open.remove(article);
            }
            ArticleEvent::Received { .. }
            | ArticleEvent::Echoed { .. }
            | ArticleEvent::Noted { .. }
            | ArticleEvent::Reported { article: None, .. }
            | ArticleEvent::Reacted { .. }
            | ArticleEvent::Edited { .. }
            | ArticleEvent::Revoked { .. }
            | ArticleEvent::MediaFetched { .. }
            | ArticleEvent::MediaFailed { .. }
            | ArticleEvent::ReadMarked { .. } => {}
        }
    }

    fn responsible(&self, seq: Seq, owner: &Owner, findings: &mut Findings) {
        if let Some(member) = owner
            .member()
            .filter(|member| !self.members.contains(member))
        {
            let meaning = format!("it makes {member} responsible, who never worked here");
            findings.add(Code::OwnerUnknown, Place::event(seq.0), meaning);
        }
    }
}
