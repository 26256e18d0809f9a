//! One request on its way to a worker and its answer on the way back.

use super::answer::{FilePart, Payload, Streams};
use super::backend::{Backend, Busy, Question, Reply};
use super::body::{Budgets, Failed, Gathered};
use super::gate::{Head, Turned};
use super::headers;
use super::roster::{Card, Phase, Roster};
use super::workers::{Parcel, Parcels, private};
use crate::config::{AddressRange, ServerConfig};
use crate::web::exchange::Answer;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use percent_encoding::{AsciiSet, percent_encode};
use std::cell::Cell;
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// Headers that speak of one connection only, or that the front says itself.
const NOT_FORWARDED: [&str; 14] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "content-length",
    "forwarded",
    "x-real-ip",
    "date",
    "server",
];

/// Everything a request needs on its way; shared by all connections, on the front's thread.
pub(super) struct Desk {
    pub config: ServerConfig,
    pub roster: Rc<Roster>,
    pub streams: Rc<Streams>,
    pub backend: Rc<Backend>,
    pub parcels: Arc<Parcels>,
    pub budgets: Budgets,
    pub stopping: Cell<bool>,
    /// What makes the ids of this start differ from those of any other.
    pub start: u32,
    pub count: Cell<u64>,
}

/// Who really asks.
struct Client {
    address: IpAddr,
    secure: bool,
}

impl Desk {
    /// Answers one request. An error means that the client broke off.
    pub(super) async fn respond(
        &self,
        card: &Rc<Card>,
        head: &Head,
        peer: (IpAddr, bool),
        request: Request<Incoming>,
    ) -> io::Result<Response<Payload>> {
        let (parts, body) = request.into_parts();
        let gathered = match self.budgets.gather(head, body).await {
            Ok(gathered) => gathered,
            Err(Failed::Broken) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(Failed::Turned(turned)) => return Ok(self.refuse(card, turned)),
            Err(Failed::Disk(error)) => {
                tracing::error!(%error, "an upload could not be written down");
                let turned = Turned(503, "the upload cannot be stored right now");
                return Ok(self.refuse(card, turned));
            }
        };
        self.roster.enter(card, Phase::Running);
        let id = format!(
            "{:08x}-{:x}",
            self.start,
            self.count.replace(self.count.get() + 1)
        );
        let client = self.client(&parts.headers, peer);
        let (gathered, _share) = gathered;
        let bytes = match gathered {
            Gathered::Bytes(bytes) => bytes,
            Gathered::File(file) => {
                self.parcels.leave_upload(&id, file);
                Vec::new()
            }
        };
        let mut question = Question::new(Full::new(Bytes::from(bytes)));
        *question.method_mut() = parts.method;
        *question.uri_mut() = parts.uri;
        forward(&parts.headers, question.headers_mut());
        client.tell(&id, question.headers_mut());
        match self.backend.ask(question, id).await {
            Ok(reply) => Ok(self.answer(card, reply)),
            Err(Busy) => Ok(self.refuse(card, Turned(503, "the desk is busy; please try again"))),
        }
    }

    fn answer(&self, card: &Rc<Card>, reply: Reply) -> Response<Payload> {
        let mut response = Response::new(Payload::Bytes(Bytes::new()));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        for name in [
            header::CONNECTION,
            header::TRANSFER_ENCODING,
            header::SERVER,
        ] {
            response.headers_mut().remove(name);
        }
        if matches!(
            reply.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        ) {
            response.headers_mut().remove(header::CONTENT_LENGTH);
        }
        let payload = match reply.parcel {
            None => Ok(Payload::Bytes(reply.body)),
            Some(parcel) => self.unpack(card, parcel),
        };
        match payload {
            Ok(payload) => *response.body_mut() = payload,
            Err(turned) => return self.refuse(card, turned),
        }
        match response.body() {
            Payload::Bytes(bytes) => {
                self.roster.enter(card, Phase::Answer);
                self.roster.hold_answer(card, bytes.len());
            }
            Payload::File(_) => {
                response.headers_mut().remove(header::CONTENT_LENGTH);
                self.roster.enter(card, Phase::Answer);
            }
            Payload::Live(_) => {
                response.headers_mut().remove(header::CONTENT_LENGTH);
                self.roster.enter(card, Phase::Live);
            }
        }
        self.seal(response)
    }

    fn unpack(&self, card: &Rc<Card>, parcel: Parcel) -> Result<Payload, Turned> {
        match parcel.answer {
            Answer::File(file) => match FilePart::new(&file, parcel.start, parcel.len) {
                Ok(part) => Ok(Payload::File(part)),
                Err(error) => {
                    tracing::error!(%error, "a file could not be sent");
                    Err(Turned(500, "the file cannot be read"))
                }
            },
            Answer::Live(subscription) => match self.streams.listen(&subscription, card.clone()) {
                Some(stream) if !self.stopping.get() => Ok(Payload::Live(stream)),
                _ => Err(Turned(503, "no more live streams are taken right now")),
            },
            Answer::Empty => Ok(Payload::Bytes(Bytes::new())),
            Answer::Bytes(bytes) => Ok(Payload::Bytes(Bytes::from(bytes))),
        }
    }

    /// A small honest answer of the front itself.
    fn refuse(&self, card: &Rc<Card>, turned: Turned) -> Response<Payload> {
        let Turned(status, sentence) = turned;
        self.roster.enter(card, Phase::Answer);
        let mut response = Response::new(Payload::Bytes(Bytes::from(format!("{sentence}\n"))));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        let headers = response.headers_mut();
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, text);
        if status == 503 {
            headers.insert(header::RETRY_AFTER, self.budgets.retry_after_s().into());
        }
        self.seal(response)
    }

    fn seal(&self, mut response: Response<Payload>) -> Response<Payload> {
        headers::secure(response.headers_mut());
        if self.stopping.get() {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response
    }

    /// Whether the address is a proxy that we believe.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        let contains = |range: &AddressRange| range.contains(address);
        self.config.trusted_proxies.iter().any(contains)
    }

    /// Who really asks: the last address in the proxies' list that is no proxy of ours.
    fn client(&self, headers: &HeaderMap, (peer, tls): (IpAddr, bool)) -> Client {
        let direct = Client {
            address: peer.to_canonical(),
            secure: tls,
        };
        if !self.trusts(peer) {
            return direct;
        }
        let lists = headers.get_all("x-forwarded-for").iter();
        let text: Vec<&str> = lists.filter_map(|list| list.to_str().ok()).collect();
        let text = text.join(",");
        let mut hops = text
            .rsplit(',')
            .map_while(|hop| hop.trim().parse::<IpAddr>().ok());
        let scheme = headers.get("x-forwarded-proto").map(HeaderValue::as_bytes);
        Client {
            address: hops
                .find(|hop| !self.trusts(*hop))
                .unwrap_or(direct.address),
            secure: tls || scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"https")),
        }
    }
}

impl Client {
    fn tell(&self, id: &str, headers: &mut HeaderMap) {
        let told = [
            (private::ID, id),
            (private::PEER, &self.address.to_string()),
        ];
        for (name, text) in told {
            // Hexadecimal digits and an address: always a legal value.
            if let Ok(value) = HeaderValue::from_str(text) {
                headers.insert(name, value);
            }
        }
        if self.secure {
            headers.insert(private::SECURE, HeaderValue::from(1));
        }
    }
}

/// Copies a client's headers to a question, but for those of the connection and our own.
fn forward(from: &HeaderMap, to: &mut HeaderMap) {
    let listed = from.get_all(header::CONNECTION).iter();
    let listed: Vec<String> = listed
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for (name, value) in from {
        let text = name.as_str();
        let ours = text.starts_with(private::PREFIX) || text.starts_with("x-forwarded-");
        if ours || NOT_FORWARDED.contains(&text) || listed.iter().any(|listed| listed == text) {
            continue;
        }
        // tiny_http closes the connection over a value that is not ASCII.
        let ascii = percent_encode(value.as_bytes(), &AsciiSet::EMPTY).to_string();
        if let Ok(value) = HeaderValue::from_str(&ascii) {
            to.append(name.clone(), value);
        }
    }
}
