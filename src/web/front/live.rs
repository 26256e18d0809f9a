//! The live hub: whoever commits an event publishes its number and topics here, from any thread and
//! without waiting; what changed without an event wakes its topics. Streams read the ring at their
//! own pace. Nothing is kept for a stream but its place in the ring, so ten slow readers cost no
//! more than one.

use crate::config::Limits;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// A page made longer than this after something changed shows it already.
const WAKES_LAST: Duration = Duration::from_secs(10);

/// Where events are announced and streams listen. Clones are the same hub.
#[derive(Debug, Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    ring: Mutex<Ring>,
    bell: Notify,
}

/// The newest news. Its place counts all that was ever published.
#[derive(Debug)]
struct Ring {
    news: VecDeque<News>,
    most: usize,
    next_place: u64,
    /// The newest event that is not in the ring any more.
    floor_seq: u64,
    /// What all that was ever published would fill as frames. **Unit:** bytes.
    published_bytes: u64,
}

#[derive(Debug)]
struct News {
    what: What,
    topics: Box<[String]>,
    ends_at_byte: u64,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// The event of this number.
    Event(u64),
    /// Something changed that is no event.
    Woken(Instant),
}

/// A stream's place in the ring.
#[derive(Debug)]
pub(super) struct Reader {
    topics: HashSet<String>,
    place: u64,
    read_bytes: u64,
    behind: bool,
    opened: Instant,
}

impl Hub {
    /// A hub without listeners.
    pub fn new() -> Self {
        let ring = Ring {
            news: VecDeque::new(),
            most: Limits::default().live_ring,
            next_place: 0,
            floor_seq: 0,
            published_bytes: 0,
        };
        Hub {
            shared: Arc::new(Shared {
                ring: Mutex::new(ring),
                bell: Notify::new(),
            }),
        }
    }

    /// Says which event was the newest when the server started: a stream that resumes from before
    /// it is told that it missed some.
    pub fn begin_after(&self, seq: u64) {
        let mut ring = self.ring();
        ring.floor_seq = ring.floor_seq.max(seq);
    }

    /// Announces an event. Never waits for a listener.
    pub fn publish(&self, seq: u64, topics: &[String]) {
        self.tell(What::Event(seq), topics);
    }

    /// Says that something changed that is no event: who is there, how far a job is. It moves no
    /// stream's place among the events.
    pub fn wake(&self, topics: &[String]) {
        self.tell(What::Woken(Instant::now()), topics);
    }

    fn tell(&self, what: What, topics: &[String]) {
        let mut ring = self.ring();
        let bytes: usize = topics.iter().map(|topic| frame_bytes(topic)).sum();
        ring.published_bytes += bytes as u64;
        let news = News {
            what,
            topics: topics.into(),
            ends_at_byte: ring.published_bytes,
        };
        ring.news.push_back(news);
        ring.next_place += 1;
        if ring.news.len() > ring.most
            && let Some(What::Event(seq)) = ring.news.pop_front().map(|oldest| oldest.what)
        {
            ring.floor_seq = ring.floor_seq.max(seq);
        }
        drop(ring);
        self.shared.bell.notify_one();
    }

    /// Returns when something was published since it last returned. One listener: the front.
    pub(super) async fn rung(&self) {
        self.shared.bell.notified().await;
    }

    /// A reader of these topics, from after the given event or from now on.
    pub(super) fn reader(&self, topics: &[String], after: Option<u64>) -> Reader {
        let ring = self.ring();
        let mut reader = Reader {
            topics: topics.iter().cloned().collect(),
            place: ring.next_place,
            read_bytes: ring.published_bytes,
            behind: false,
            opened: Instant::now(),
        };
        if let Some(after) = after {
            let newer = ring
                .news
                .iter()
                .rev()
                .take_while(|news| match news.what {
                    What::Event(seq) => seq > after,
                    What::Woken(_) => true,
                })
                .count();
            reader.place = ring.next_place - newer as u64;
            reader.behind = after < ring.floor_seq;
        }
        reader
    }

    /// Writes the frames that are new to a reader, at most `most` bytes or one event over it.
    /// None: the reader has lost its place, its stream must end and resume.
    pub(super) fn read(&self, reader: &mut Reader, most: usize) -> Option<Vec<u8>> {
        let mut frames = Vec::new();
        if std::mem::take(&mut reader.behind) {
            frames.extend_from_slice(b"event: behind\ndata: {}\n\n");
        }
        let ring = self.ring();
        let first_place = ring.next_place - ring.news.len() as u64;
        if reader.place < first_place {
            return None;
        }
        // In range: a place lies between the first one and the next one.
        let skipped = (reader.place - first_place) as usize;
        for news in ring.news.iter().skip(skipped) {
            if frames.len() >= most {
                break;
            }
            reader.place += 1;
            reader.read_bytes = news.ends_at_byte;
            let seq = match news.what {
                What::Event(seq) => Some(seq),
                What::Woken(at) if reader.opened.duration_since(at) < WAKES_LAST => None,
                What::Woken(_) => continue,
            };
            for topic in news
                .topics
                .iter()
                .filter(|topic| reader.topics.contains(*topic))
            {
                write_frame(&mut frames, seq, topic);
            }
        }
        Some(frames)
    }

    /// What was published since the reader last read. **Unit:** bytes.
    pub(super) fn pending_bytes(&self, reader: &Reader) -> u64 {
        self.ring()
            .published_bytes
            .saturating_sub(reader.read_bytes)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // Every change of the ring is complete before anything that could panic.
        self.shared
            .ring
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

/// About what one frame fills.
fn frame_bytes(topic: &str) -> usize {
    topic.len() + 48
}

/// A frame without a number leaves the browser's `Last-Event-ID` as it is (WHATWG HTML, 9.2.6).
fn write_frame(frames: &mut Vec<u8>, seq: Option<u64>, topic: &str) {
    let topic = serde_json::Value::from(topic);
    let frame = match seq {
        Some(seq) => format!("id: {seq}\ndata: {{\"seq\":{seq},\"topic\":{topic}}}\n\n"),
        None => format!("data: {{\"topic\":{topic}}}\n\n"),
    };
    frames.extend_from_slice(frame.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::Hub;

    fn topics(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn read(hub: &Hub, reader: &mut super::Reader) -> String {
        String::from_utf8(hub.read(reader, 1 << 20).unwrap()).unwrap()
    }

    #[test]
    fn a_reader_hears_its_topics_once_and_in_order() {
        let hub = Hub::new();
        hub.publish(1, &topics(&["a"]));
        let mut reader = hub.reader(&topics(&["a", "c"]), None);
        assert_eq!(read(&hub, &mut reader), "");
        hub.publish(2, &topics(&["b"]));
        hub.publish(3, &topics(&["a", "b", "c"]));
        let frames = "id: 3\ndata: {\"seq\":3,\"topic\":\"a\"}\n\n\
            id: 3\ndata: {\"seq\":3,\"topic\":\"c\"}\n\n";
        assert_eq!(read(&hub, &mut reader), frames);
        assert_eq!(read(&hub, &mut reader), "");
        assert_eq!(hub.pending_bytes(&reader), 0);
    }

    #[test]
    fn what_is_no_event_moves_no_place_among_the_events() {
        let hub = Hub::new();
        let both = topics(&["a", "there"]);
        for seq in 1..=3 {
            hub.publish(seq, &topics(&["a"]));
        }
        hub.wake(&topics(&["there"]));
        hub.publish(4, &topics(&["a"]));
        hub.wake(&topics(&["there"]));
        let mut resumed = hub.reader(&both, Some(1));
        let (woken, a) = ("data: {\"topic\":\"there\"}\n\n", |seq| {
            format!("id: {seq}\ndata: {{\"seq\":{seq},\"topic\":\"a\"}}\n\n")
        });
        let frames = [&a(2), &a(3), woken, &a(4), woken]
            .map(String::from)
            .concat();
        assert_eq!(read(&hub, &mut resumed), frames);
        let mut up_to_date = hub.reader(&both, Some(4));
        assert_eq!(read(&hub, &mut up_to_date), woken);
        let mut later = hub.reader(&both, Some(4));
        later.opened += super::WAKES_LAST;
        assert_eq!(read(&hub, &mut later), "");
    }

    #[test]
    fn a_reader_resumes_or_is_told_that_it_missed_some() {
        let hub = Hub::new();
        hub.begin_after(10);
        let mut behind = hub.reader(&topics(&["a"]), Some(9));
        assert_eq!(read(&hub, &mut behind), "event: behind\ndata: {}\n\n");
        for seq in 11..14 {
            hub.publish(seq, &topics(&["a\"\n"]));
        }
        let mut resumed = hub.reader(&topics(&["a\"\n"]), Some(12));
        let frame = "id: 13\ndata: {\"seq\":13,\"topic\":\"a\\\"\\n\"}\n\n";
        assert_eq!(read(&hub, &mut resumed), frame);
        for seq in 14..6000 {
            hub.publish(seq, &topics(&["a"]));
        }
        assert!(hub.read(&mut resumed, 1).is_none());
        assert!(hub.pending_bytes(&resumed) > 0);
        let mut late = hub.reader(&topics(&["z"]), Some(13));
        assert!(read(&hub, &mut late).starts_with("event: behind"));
    }
}
