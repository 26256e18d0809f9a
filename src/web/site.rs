//! The map of the site: every address, the right it needs, and its handler.

use crate::desk::inbox::demand_reach;
use crate::domain::id::{ContactId, ConversationId, Object, TicketId};
use crate::domain::member::Right;
use crate::error::{Error, Refusal, RefusalKind, Result};
use crate::web::app::App;
use crate::web::exchange::{Method, Request, Response, Subscription};
use crate::web::front::BodyKind;
use crate::web::notifications;
use crate::web::visit::{Visit, target};
use crate::web::{
    access, assets, audit, bulk, calls, case, contacts, conversations, exports, files, help, inbox,
    letters, packs, past, print, privacy, search, settings, signin, tickets, views, webhooks,
};
use Method::{Get, Head, Post};

/// Most topics one stream listens to.
const TOPICS_MAX: usize = 250;

/// Which body a route takes, asked before any of it is read.
pub fn body_kind(method: &Method, path: &str) -> BodyKind {
    #[cfg(debug_assertions)]
    if let Some(kind) = crate::web::front::probe::body_kind(method, path) {
        return kind;
    }
    if method.reads() {
        return BodyKind::None;
    }
    if path.starts_with("/hooks/") {
        return BodyKind::Webhook;
    }
    let uploads = ["/replies", "/notes", "/template", "/contacts/import"];
    if uploads.iter().any(|end| path.ends_with(end)) {
        BodyKind::Upload
    } else {
        BodyKind::Form
    }
}

/// Answers a request: pages of members, and what is open to others.
pub fn answer(app: &App, request: &Request) -> Response {
    route(app, request).unwrap_or_else(|error| refused(app, request, error))
}

fn route(app: &App, request: &Request) -> Result<Response> {
    let method = if request.method == Head {
        Get
    } else {
        request.method
    };
    let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
    match (method, segments.as_slice()) {
        (Get, ["assets", ..]) => asset(request),
        (Get, ["healthz"]) => Ok(Response::text("ok\n")),
        (Get, ["readyz"]) => ready(app),
        (Get, ["login"]) => signin::login(app, request),
        (Post, ["login"]) => signin::log_in(app, request),
        (Get, ["setup"]) => signin::setup(app, request),
        (Post, ["setup"]) => signin::set_up(app, request),
        (Get, ["hooks", "whatsapp", name]) => webhooks::handshake(app, request, name),
        (Post, ["hooks", "whatsapp", name]) => webhooks::receive(app, request, name),
        (Post, ["hooks", "cti", name]) => calls::hook::receive(app, request, name),
        (_, _) => match Visit::of(app, request)? {
            Some(visit) => member(&visit, method, &segments),
            None => Err(Refusal::of(RefusalKind::NotSignedIn, "sign in first").into()),
        },
    }
}

fn member(visit: &Visit<'_>, method: Method, segments: &[&str]) -> Result<Response> {
    let with = |right: Right| visit.demand(right);
    match (method, segments) {
        (Get, []) => Ok(Response::redirect_303("/inbox")),
        (Post, ["logout"]) => signin::log_out(visit),
        (Get, ["live"]) => {
            with(Right::Read)?;
            live(visit)
        }
        (Get, ["inbox"]) => {
            with(Right::Read)?;
            inbox::page::page(visit)
        }
        (Post, ["inbox", "views"]) => {
            with(Right::Read)?;
            views::save(visit, "inbox")
        }
        (Post, ["inbox", "views", view, "removal"]) => {
            with(Right::Read)?;
            views::remove(visit, "inbox", id(view)?)
        }
        (Get, ["conversations", of, "case"]) => {
            with(Right::Audit)?;
            case::show::page(visit, Object::Conversation(id(of)?))
        }
        (Post, ["conversations", of, "case", "report"]) => {
            with(Right::Export)?;
            print::of_case(visit, Object::Conversation(id(of)?))
        }
        (Get, ["conversations", of]) if looks_back(visit) => {
            with(Right::Audit)?;
            past::show::thing(visit, Object::Conversation(id(of)?))
        }
        (Get, ["conversations", of]) => {
            with(Right::Read)?;
            conversations::show::page(visit, id(of)?)
        }
        (Post, ["conversations", of, act]) => {
            with(Right::Work)?;
            conversation(visit, id(of)?, act)
        }
        (Post, ["articles", article, "retry"]) => {
            with(Right::Work)?;
            conversations::acts::retry(visit, id(article)?)
        }
        (Get, ["articles", article, "letter"]) => {
            with(Right::Read)?;
            letters::formatted(visit, id(article)?)
        }
        (Get, ["articles", article, "parts", part]) => {
            with(Right::Read)?;
            letters::part(visit, id(article)?, id(part)?)
        }
        (Get, ["articles", article, "original"]) => {
            with(Right::Read)?;
            letters::original(visit, id(article)?)
        }
        (Get, ["files", article]) => {
            with(Right::Read)?;
            files::article(visit, id(article)?)
        }
        (Get, ["payloads", payload]) => {
            with(Right::Raw)?;
            files::payload(visit, id(payload)?)
        }
        (Get, ["audit"]) => {
            with(Right::Audit)?;
            audit::explorer::index(visit)
        }
        (Post, ["audit", "exports"]) => {
            with(Right::Export)?;
            audit::explorer::export(visit)
        }
        (Get, ["exports"]) => {
            with(Right::Export)?;
            exports::page(visit)
        }
        (Get, ["exports", export, "file"]) => {
            with(Right::Export)?;
            exports::file(visit, export)
        }
        (Post, ["exports", list]) => {
            with(Right::Export)?;
            exports::list(visit, list)
        }
        (Post, ["audit", "views"]) => {
            with(Right::Audit)?;
            audit::views::save(visit)
        }
        (Post, ["audit", "views", view, "removal"]) => {
            with(Right::Audit)?;
            audit::views::remove(visit, id(view)?)
        }
        (Get, ["audit", "integrity"]) => {
            with(Right::Audit)?;
            audit::integrity::show(visit)
        }
        (Post, ["audit", "verification"]) => {
            with(Right::Audit)?;
            audit::integrity::verify_now(visit)
        }
        (Post, ["audit", "checkpoints"]) => {
            with(Right::Audit)?;
            audit::integrity::publish(visit)
        }
        (Get, ["me", "recorded"]) => {
            with(Right::Read)?;
            access::mine(visit)
        }
        (Get, ["conversations", of, "observing"]) => {
            with(Right::Audit)?;
            access::observe(visit, Object::Conversation(id(of)?))
        }
        (Get, ["tickets", of, "observing"]) => {
            with(Right::Audit)?;
            access::observe(visit, Object::Ticket(id(of)?))
        }
        (Get, ["packs"]) => {
            with(Right::Read)?;
            packs::show::index(visit)
        }
        (Post, ["packs"]) => {
            with(Right::Audit)?;
            packs::show::open(visit)
        }
        (Get, ["packs", pack]) => {
            with(Right::Read)?;
            packs::show::show(visit, id(pack)?)
        }
        (Post, ["packs", pack, "report"]) => {
            with(Right::Export)?;
            print::of_pack(visit, id(pack)?)
        }
        (Post, ["packs", pack, "answers"]) => {
            with(Right::Read)?;
            packs::show::answer(visit, id(pack)?)
        }
        (Post, ["packs", pack, act]) => {
            with(Right::Audit)?;
            packs::show::act(visit, id(pack)?, act)
        }
        (Get, ["audit", "configuration"]) => {
            with(Right::Audit)?;
            past::show::set_up(visit)
        }
        (Get, ["audit", seq, "causes"]) => {
            with(Right::Audit)?;
            audit::tree::show(visit, id(seq)?)
        }
        (Get, ["audit", "meaning"]) => {
            with(Right::Audit)?;
            audit::meaning::show(visit)
        }
        (Get, ["audit", "evidence"]) => {
            with(Right::Export)?;
            audit::evidence::show(visit)
        }
        (Post, ["audit", "evidence"]) => {
            with(Right::Export)?;
            audit::evidence::take(visit)
        }
        (Get, ["audit", seq]) => {
            with(Right::Audit)?;
            audit::event::show(visit, id(seq)?)
        }
        (Post, ["me", "presence"]) => {
            with(Right::Read)?;
            settings::mine::presence(visit)
        }
        (Post, ["me", "theme"]) => {
            with(Right::Read)?;
            settings::mine::theme(visit)
        }
        (Get, ["notifications"]) => {
            with(Right::Read)?;
            notifications::index(visit)
        }
        (Post, ["notifications", "read"]) => {
            with(Right::Read)?;
            notifications::read(visit)
        }
        (Get, ["notifications", "preferences"]) => {
            with(Right::Read)?;
            notifications::preferences(visit)
        }
        (Post, ["notifications", "preferences"]) => {
            with(Right::Read)?;
            notifications::prefer(visit)
        }
        (Post, ["tickets", "views"]) => {
            with(Right::Read)?;
            views::save(visit, "tickets")
        }
        (Post, ["tickets", "views", view, "removal"]) => {
            with(Right::Read)?;
            views::remove(visit, "tickets", id(view)?)
        }
        (Get, ["tickets"]) => {
            with(Right::Read)?;
            tickets::list::index(visit)
        }
        (Get, ["tickets", of, "case"]) => {
            with(Right::Audit)?;
            case::show::page(visit, Object::Ticket(id(of)?))
        }
        (Post, ["tickets", of, "case", "report"]) => {
            with(Right::Export)?;
            print::of_case(visit, Object::Ticket(id(of)?))
        }
        (Get, ["tickets", of]) if looks_back(visit) => {
            with(Right::Audit)?;
            past::show::thing(visit, Object::Ticket(id(of)?))
        }
        (Get, ["tickets", of]) => {
            with(Right::Read)?;
            tickets::show::page(visit, id(of)?)
        }
        (Post, ["tickets", of, act]) => {
            with(Right::Work)?;
            ticket(visit, id(of)?, act)
        }
        (Post, ["bulk"]) => {
            with(Right::Work)?;
            bulk::start(visit)
        }
        (Get, ["bulk", of]) => {
            with(Right::Read)?;
            bulk::show(visit, id(of)?)
        }
        (Post, ["bulk", of, "undoing"]) => {
            with(Right::Work)?;
            bulk::undo(visit, id(of)?)
        }
        (Get, ["calls"]) => {
            with(Right::Read)?;
            calls::page::index(visit)
        }
        (Post, ["calls"]) => {
            with(Right::Work)?;
            calls::acts::open(visit)
        }
        (Get, ["calls", "new"]) => {
            with(Right::Work)?;
            calls::page::new(visit)
        }
        (Post, ["commitments", of, act]) => {
            with(Right::Work)?;
            calls::acts::promise(visit, id(of)?, act)
        }
        (Get, ["contacts"]) => {
            with(Right::Read)?;
            contacts::index(visit)
        }
        (Get, ["contacts", "import"]) => {
            with(Right::Work)?;
            contacts::import::form(visit)
        }
        (Post, ["contacts", "import"]) => {
            with(Right::Work)?;
            contacts::import::post(visit)
        }
        (Get, ["contacts", of, "erasure"]) => {
            with(Right::Erase)?;
            privacy::erasure::of_contact(visit, id(of)?)
        }
        (Post, ["contacts", of, "erasure"]) => {
            with(Right::Erase)?;
            privacy::erasure::erase_contact(visit, id(of)?)
        }
        (Post, ["contacts", of, "copy"]) => {
            with(Right::Export)?;
            privacy::copy::take(visit, id(of)?)
        }
        (Get, ["audit", event, "erasure"]) => {
            with(Right::Erase)?;
            privacy::erasure::of_event(visit, id(event)?)
        }
        (Post, ["audit", event, "erasure"]) => {
            with(Right::Erase)?;
            privacy::erasure::erase_event(visit, id(event)?)
        }
        (Get, ["privacy", "requests", request]) => {
            with(Right::Erase)?;
            privacy::erasure::request(visit, id(request)?)
        }
        (Post, ["privacy", "requests", request, act]) => {
            with(Right::Erase)?;
            privacy::erasure::decide(visit, id(request)?, act)
        }
        (Get, ["settings", "retention"]) => {
            with(Right::Erase)?;
            privacy::retention::show(visit)
        }
        (Post, ["settings", "retention", kind]) => {
            with(Right::Erase)?;
            privacy::retention::set(visit, kind)
        }
        (Get, ["holds", object]) => {
            with(Right::Hold)?;
            privacy::hold::show(visit, object)
        }
        (Post, ["holds", object]) => {
            with(Right::Hold)?;
            privacy::hold::place(visit, object)
        }
        (Post, ["holds", object, "release"]) => {
            with(Right::Hold)?;
            privacy::hold::release(visit, object)
        }
        (Get, ["contacts", of]) if looks_back(visit) => {
            with(Right::Audit)?;
            past::show::thing(visit, Object::Contact(id(of)?))
        }
        (Get, ["contacts", of]) => {
            with(Right::Read)?;
            contacts::show::show(visit, id(of)?)
        }
        (Post, ["contacts", of, act]) => {
            with(Right::Work)?;
            contact(visit, id(of)?, act)
        }
        (Get, ["search"]) => {
            with(Right::Read)?;
            search::page(visit)
        }
        (Get, ["help"]) => {
            with(Right::Read)?;
            help::page(visit, None)
        }
        (Get, ["help", word]) => {
            with(Right::Read)?;
            help::page(visit, Some(word))
        }
        (_, ["settings", ..]) => setting(visit, method, segments),
        (_, _) => Err(nothing_here(&visit.request.path)),
    }
}

/// The pages of the settings.
fn setting(visit: &Visit<'_>, method: Method, segments: &[&str]) -> Result<Response> {
    use settings::{
        calendars, channels, desk, fields, groups, home, labels, macros, mailboxes, members, mine,
        rules, sla, statuses, webhooks,
    };
    let with = |right: Right| visit.demand(right);
    match (method, segments) {
        (Get, ["settings"]) => {
            with(Right::Read)?;
            home::show(visit)
        }
        (Get, ["settings", "channels"]) => {
            with(Right::Settings)?;
            channels::index(visit)
        }
        (Post, ["settings", "channels"]) => {
            with(Right::Settings)?;
            channels::add(visit)
        }
        (Get, ["settings", "channels", of]) => {
            with(Right::Settings)?;
            channels::show(visit, id(of)?)
        }
        (Post, ["settings", "channels", of]) => {
            with(Right::Settings)?;
            channels::change(visit, id(of)?)
        }
        (Post, ["settings", "channels", of, "state"]) => {
            with(Right::Settings)?;
            channels::switch(visit, id(of)?)
        }
        (Post, ["settings", "channels", of, "test"]) => {
            with(Right::Settings)?;
            channels::test(visit, id(of)?)
        }
        (Post, ["settings", "channels", of, "templates"]) => {
            with(Right::Settings)?;
            channels::sync(visit, id(of)?)
        }
        (Post, ["settings", "channels", of, "rereading"]) => {
            with(Right::Raw)?;
            channels::read_again(visit, id(of)?)
        }
        (Get, ["settings", "mailboxes"]) => {
            with(Right::Settings)?;
            mailboxes::fresh(visit)
        }
        (Post, ["settings", "mailboxes"]) => {
            with(Right::Settings)?;
            mailboxes::add(visit)
        }
        (Get, ["settings", "signatures"]) => {
            with(Right::Read)?;
            mailboxes::signatures(visit)
        }
        (Post, ["settings", "signatures", "mine"]) => {
            with(Right::Read)?;
            mailboxes::sign(visit, Object::Member(visit.member.id))
        }
        (Post, ["settings", "signatures", of]) => {
            with(Right::Settings)?;
            mailboxes::sign(visit, Object::Group(id(of)?))
        }
        (Get, ["settings", "members"]) => {
            with(Right::Members)?;
            members::index(visit)
        }
        (Post, ["settings", "members"]) => {
            with(Right::Members)?;
            members::add(visit)
        }
        (Get, ["settings", "members", of]) => {
            with(Right::Members)?;
            members::show(visit, id(of)?)
        }
        (Post, ["settings", "members", of, "role"]) => {
            with(Right::Members)?;
            members::change_role(visit, id(of)?)
        }
        (Post, ["settings", "members", of, "shift"]) => {
            with(Right::Members)?;
            members::shift(visit, id(of)?)
        }
        (Post, ["settings", "members", of, "password"]) => {
            with(Right::Members)?;
            members::change_password(visit, id(of)?)
        }
        (Post, ["settings", "members", of, "deactivation"]) => {
            with(Right::Members)?;
            members::deactivate(visit, id(of)?)
        }
        (Post, ["settings", "members", of, "activation"]) => {
            with(Right::Members)?;
            members::reactivate(visit, id(of)?)
        }
        (Get, ["settings", "groups"]) => {
            with(Right::Settings)?;
            groups::index(visit)
        }
        (Post, ["settings", "groups"]) => {
            with(Right::Settings)?;
            groups::add(visit)
        }
        (Post, ["settings", "groups", of]) => {
            with(Right::Settings)?;
            groups::change(visit, id(of)?)
        }
        (Get, ["settings", "labels", list]) => {
            with(Right::Settings)?;
            labels::index(visit, id(list)?)
        }
        (Post, ["settings", "labels", list]) => {
            with(Right::Settings)?;
            labels::add(visit, id(list)?)
        }
        (Post, ["settings", "labels", list, name]) => {
            with(Right::Settings)?;
            labels::change(visit, id(list)?, name)
        }
        (Post, ["settings", "labels", list, name, "retirement"]) => {
            with(Right::Settings)?;
            labels::retire(visit, id(list)?, name)
        }
        (Get, ["settings", "statuses"]) => {
            with(Right::Settings)?;
            statuses::index(visit)
        }
        (Get, ["settings", "statuses", of]) => {
            with(Right::Settings)?;
            statuses::show(visit, of)
        }
        (Post, ["settings", "statuses", of]) => {
            with(Right::Settings)?;
            statuses::change(visit, of)
        }
        (Post, ["settings", "statuses", of, "retirement"]) => {
            with(Right::Settings)?;
            statuses::retire(visit, of)
        }
        (Get, ["settings", "fields"]) => {
            with(Right::Settings)?;
            fields::index(visit)
        }
        (Get, ["settings", "fields", of]) => {
            with(Right::Settings)?;
            fields::show(visit, of)
        }
        (Post, ["settings", "fields", of]) => {
            with(Right::Settings)?;
            fields::change(visit, of)
        }
        (Post, ["settings", "fields", of, "retirement"]) => {
            with(Right::Settings)?;
            fields::retire(visit, of)
        }
        (Get, ["settings", "webhooks"]) => {
            with(Right::Settings)?;
            webhooks::index(visit)
        }
        (Get, ["settings", "webhooks", of]) => {
            with(Right::Settings)?;
            webhooks::show(visit, of)
        }
        (Post, ["settings", "webhooks", of]) => {
            with(Right::Settings)?;
            webhooks::change(visit, of)
        }
        (Post, ["settings", "webhooks", of, "state"]) => {
            with(Right::Settings)?;
            webhooks::switch(visit, of)
        }
        (Post, ["settings", "webhooks", of, "redelivery"]) => {
            with(Right::Settings)?;
            webhooks::renew(visit, of)
        }
        (Get, ["settings", "macros"]) => {
            with(Right::Work)?;
            macros::index(visit)
        }
        (Post, ["settings", "macros"]) => {
            with(Right::Work)?;
            macros::add(visit)
        }
        (Get, ["settings", "macros", of]) => {
            with(Right::Work)?;
            macros::show(visit, of)
        }
        (Post, ["settings", "macros", of]) => {
            with(Right::Work)?;
            macros::change(visit, of)
        }
        (Post, ["settings", "macros", of, "retirement"]) => {
            with(Right::Work)?;
            macros::retire(visit, of)
        }
        (Get, ["settings", "rules"]) => {
            with(Right::Settings)?;
            rules::index(visit)
        }
        (Post, ["settings", "rules"]) => {
            with(Right::Settings)?;
            rules::add(visit)
        }
        (Get, ["settings", "rules", of]) => {
            with(Right::Settings)?;
            rules::show(visit, of)
        }
        (Post, ["settings", "rules", of]) => {
            with(Right::Settings)?;
            rules::change(visit, of)
        }
        (Post, ["settings", "rules", of, "state"]) => {
            with(Right::Settings)?;
            rules::switch(visit, of)
        }
        (Post, ["settings", "groups", of, "rule"]) => {
            with(Right::Settings)?;
            groups::rule(visit, id(of)?)
        }
        (Get, ["settings", "bot"]) => {
            with(Right::Settings)?;
            settings::bot::show(visit)
        }
        (Post, ["settings", "bot"]) => {
            with(Right::Settings)?;
            settings::bot::change(visit)
        }
        (Get, ["settings", "calendars"]) => {
            with(Right::Settings)?;
            calendars::show(visit, None)
        }
        (Post, ["settings", "calendars"]) => {
            with(Right::Settings)?;
            calendars::save(visit, None)
        }
        (Post, ["settings", "calendars", "assignment"]) => {
            with(Right::Settings)?;
            calendars::assign(visit)
        }
        (Get, ["settings", "calendars", of]) => {
            with(Right::Settings)?;
            calendars::show(visit, Some(id(of)?))
        }
        (Post, ["settings", "calendars", of]) => {
            with(Right::Settings)?;
            calendars::save(visit, Some(id(of)?))
        }
        (Get, ["settings", "sla"]) => {
            with(Right::Settings)?;
            sla::index(visit)
        }
        (Post, ["settings", "sla", "start"]) => {
            with(Right::Settings)?;
            sla::start(visit)
        }
        (Get, ["settings", "sla", of]) => {
            with(Right::Settings)?;
            sla::show(visit, of)
        }
        (Post, ["settings", "sla", of]) => {
            with(Right::Settings)?;
            sla::save(visit, of)
        }
        (Post, ["settings", "sla", of, "retirement"]) => {
            with(Right::Settings)?;
            sla::retire(visit, id(of)?)
        }
        (Get, ["settings", "desk"]) => {
            with(Right::Settings)?;
            desk::show(visit)
        }
        (Post, ["settings", "desk", key]) => {
            with(Right::Settings)?;
            desk::change(visit, key)
        }
        (Get, ["settings", "profile"]) => {
            with(Right::Read)?;
            mine::my_profile(visit)
        }
        (Post, ["settings", "profile"]) => {
            with(Right::Read)?;
            mine::change_profile(visit)
        }
        (Post, ["settings", "profile", "password"]) => {
            with(Right::Read)?;
            mine::change_password(visit)
        }
        (Get, ["settings", "sessions"]) => {
            with(Right::Read)?;
            mine::sessions(visit)
        }
        (Post, ["settings", "sessions", "end"]) => {
            with(Right::Read)?;
            mine::end_sessions(visit)
        }
        (Post, ["settings", "sessions", session, "end"]) => {
            with(Right::Read)?;
            mine::end_session(visit, session)
        }
        (_, _) => Err(nothing_here(&visit.request.path)),
    }
}

fn asset(request: &Request) -> Result<Response> {
    let encodings = request.header("accept-encoding").unwrap_or_default();
    let found =
        assets::find(&request.path, encodings).ok_or_else(|| nothing_here(&request.path))?;
    let known = request.header("if-none-match").unwrap_or_default();
    let response = if assets::is_fresh(known, &found.etag) {
        Response::status(304)
    } else {
        Response::bytes(found.content_type, found.bytes.into_owned()).uncompressed()
    };
    let response = response
        .with_header("cache-control", assets::CACHE_CONTROL)
        .with_header("etag", &found.etag)
        .with_header("vary", "Accept-Encoding");
    Ok(match found.content_encoding {
        Some(encoding) => response.with_header("content-encoding", encoding),
        None => response,
    })
}

/// What can be done with a conversation; all of it needs the right to work.
fn conversation(visit: &Visit<'_>, id: ConversationId, act: &str) -> Result<Response> {
    use conversations::{acts, compose};
    match act {
        "replies" => compose::reply(visit, id),
        "template" => compose::template(visit, id),
        "notes" => acts::note(visit, id),
        "calls" => calls::acts::on_conversation(visit, id),
        "draft" => acts::draft(visit, Object::Conversation(id)),
        "presence" => acts::presence(visit, Object::Conversation(id)),
        "owner" => acts::owner(visit, id),
        "status" => acts::status(visit, id),
        "closing" => acts::closing(visit, id),
        "reopening" => acts::reopening(visit, id),
        "spam" => acts::spam(visit, id),
        "snooze" => acts::snooze(visit, id),
        "tags" => acts::tags(visit, id),
        "escalation" => acts::escalation(visit, id),
        "macro" => acts::perform(visit, id),
        "tickets" => acts::ticket(visit, id),
        "splitting" => tickets::joins::split(visit, Object::Conversation(id)),
        _ => Err(nothing_here(&visit.request.path)),
    }
}

/// What can be done with a ticket; all of it needs the right to work.
fn ticket(visit: &Visit<'_>, id: TicketId, act: &str) -> Result<Response> {
    use tickets::{acts, joins, own};
    match act {
        "splitting" => joins::split(visit, Object::Ticket(id)),
        "rejoining" => joins::rejoin(visit, id),
        "merging" => joins::merge(visit, id),
        "unmerging" => joins::unmerge(visit, id),
        "links" => joins::link(visit, id),
        "unlinking" => joins::unlink(visit, id),
        "notes" => acts::note(visit, id),
        "calls" => calls::acts::on_ticket(visit, id),
        "draft" => conversations::acts::draft(visit, Object::Ticket(id)),
        "presence" => conversations::acts::presence(visit, Object::Ticket(id)),
        "owner" => acts::owner(visit, id),
        "status" => acts::status(visit, id),
        "reopening" => acts::reopening(visit, id),
        "fields" => acts::fields(visit, id),
        "values" => own::fill(visit, id),
        "tags" => acts::tags(visit, id),
        "escalation" => acts::escalation(visit, id),
        "macro" => acts::perform(visit, id),
        _ => Err(nothing_here(&visit.request.path)),
    }
}

/// What can be done with a customer; all of it needs the right to work.
fn contact(visit: &Visit<'_>, id: ContactId, act: &str) -> Result<Response> {
    use contacts::acts;
    match act {
        "notes" => acts::note(visit, id),
        "profile" => acts::describe(visit, id),
        "identities" => acts::add_identity(visit, id),
        "identity_removal" => acts::remove_identity(visit, id),
        "merging" => acts::merge(visit, id),
        "unmerging" => acts::unmerge(visit, id),
        "block" => acts::block(visit, id),
        "unblock" => acts::unblock(visit, id),
        _ => Err(nothing_here(&visit.request.path)),
    }
}

fn ready(app: &App) -> Result<Response> {
    match app.ledger.trouble() {
        None => Ok(Response::text("ready\n")),
        Some(trouble) => Ok(Response::text(format!("{trouble}\n")).with_status(503)),
    }
}

/// A segment of the address as an id or a number.
/// Whether a page is asked for as it stood once.
fn looks_back(visit: &Visit<'_>) -> bool {
    ["as_of", "nth"]
        .iter()
        .any(|name| visit.query(name).is_some())
}

fn id<T: std::str::FromStr>(segment: &str) -> Result<T> {
    segment.parse().map_err(|_| nothing_here(segment))
}

fn nothing_here(what: &str) -> Error {
    Refusal::not_found(format!("there is nothing at {what}")).into()
}

/// Somebody who is not signed in is sent to sign in, and comes back; everything else is a page that
/// says what is wrong. Callers that are no browsers get one plain sentence.
fn refused(app: &App, request: &Request, error: Error) -> Response {
    let unsigned = error
        .refusal()
        .is_some_and(|refusal| refusal.kind == RefusalKind::NotSignedIn);
    if request.path.starts_with("/hooks/") || request.path == "/live" {
        return plainly(request, &error);
    }
    if unsigned && request.method.reads() {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("next", &target(request));
        return Response::redirect_303(&format!("/login?{}", query.finish()));
    }
    signin::problem(app, request, error)
}

fn plainly(request: &Request, error: &Error) -> Response {
    match error {
        Error::Refusal(refusal) => {
            Response::text(format!("{}\n", refusal.text)).with_status(refusal.status())
        }
        Error::Fault(fault) => {
            tracing::error!(
                incident = request.id,
                "{} {}: {fault}",
                request.method,
                request.path
            );
            Response::text(format!("incident {}\n", request.id)).with_status(500)
        }
    }
}

/// The topics a member may listen to: the desk's lists, and objects within their reach.
fn live(visit: &Visit<'_>) -> Result<Response> {
    let now = visit.now()?;
    let mut topics = Vec::new();
    for topic in visit
        .query("topics")
        .unwrap_or_default()
        .split(',')
        .take(TOPICS_MAX)
    {
        let object = topic.strip_prefix("presence:").unwrap_or(topic);
        let allowed = match object.parse() {
            Ok(Object::Conversation(id)) => demand_reach(&now, id).is_ok(),
            Ok(Object::Ticket(_) | Object::Contact(_)) => true,
            Ok(Object::Member(id)) if id == visit.member.id => true,
            Ok(Object::Member(_) | Object::Channel(_) | Object::Group(_)) => {
                visit.may(Right::Audit)
            }
            Err(_) => match topic {
                "inbox" | "tickets" | "bulk" | "calls" => true,
                "audit" | "integrity" => visit.may(Right::Audit),
                "exports" => visit.may(Right::Export),
                _ => false, // an address anybody can type
            },
        };
        if allowed {
            topics.push(topic.to_owned());
        }
    }
    drop(now);
    // A browser that comes back says what it heard last, a new page what it was made from.
    let after = visit
        .request
        .header("last-event-id")
        .or_else(|| visit.query("after"))
        .and_then(|id| id.parse().ok());
    Ok(Response::live(Subscription { topics, after }))
}
