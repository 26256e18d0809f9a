//! What surrounds every page: who looks, in which language and zone, what waits for them, and
//! what the desk has to say about itself.

use crate::domain::{calendar::Zone, moment::Moment};
use crate::web::text::Language;
use serde::Serialize;

/// The frame around a page.
#[derive(Debug, Clone, Serialize)]
pub struct Shell {
    /// The name of the desk.
    pub desk: String,
    /// Who is signed in, if anybody.
    pub me: Option<Me>,
    /// The address of this page with its query; forms come back to it.
    pub path: String,
    /// The token every form of this session carries.
    pub csrf: String,
    /// `system`, `light` or `dark`.
    pub theme: String,
    /// `comfortable` or `compact`.
    pub density: String,
    /// Whether single letters act as keys.
    pub keys: bool,
    /// The sections of the details pane this member keeps shut, as their browser remembers.
    pub folded: Vec<String>,
    /// The rail, as far as this member may go.
    pub nav: Vec<NavItem>,
    /// What was last verified; `None` for those who may not read the trail.
    pub badge: Option<Badge>,
    /// What the reader was told and has not seen; `None` for those outside.
    pub bell: Option<Bell>,
    /// Sentences above every page, the gravest first.
    pub banners: Vec<Banner>,
    /// Calls and commitments that want an eye now.
    pub rings: Vec<crate::web::calls::Ring>,
    /// What the last wish came to.
    pub flash: Option<Flash>,
    /// Whether the page answers a form: its own address is no page's then.
    pub answers: bool,
    /// The newest event this page was made from; the live stream goes on from there.
    pub newest: u64,
    /// In whose clock and language the page is written.
    #[serde(skip)]
    pub reader: Reader,
}

/// The member in front of the page.
#[derive(Debug, Clone, Serialize)]
pub struct Me {
    /// Their id, `M-3`.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Their role, as the trail writes it.
    pub role: String,
    /// Whether they are online, not away.
    pub online: bool,
    /// Whether they may take data out of the desk.
    pub exports: bool,
}

/// One entry of the rail.
#[derive(Debug, Clone, Serialize)]
pub struct NavItem {
    /// Where it leads; it is current if the page's address begins with it.
    pub href: &'static str,
    /// Its name in English.
    pub label: &'static str,
    /// Its picture in the sprite.
    pub icon: &'static str,
    /// What waits there for this member.
    pub count: u64,
    /// Whether something of that is overdue.
    pub overdue: bool,
}

/// The entries of the rail, in order.
pub const NAV: [(&str, &str, &str); 6] = [
    ("/inbox", "Inbox", "inbox"),
    ("/tickets", "Tickets", "ticket"),
    ("/calls", "Calls", "phone"),
    ("/contacts", "Customers", "people"),
    ("/audit", "Audit", "shield"),
    ("/settings", "Settings", "sliders"),
];

/// The integrity badge: when the trail was last verified, up to where, and with what result.
#[derive(Debug, Clone, Serialize)]
pub struct Badge {
    /// `clean`, `findings`, `running` or `never`.
    pub state: &'static str,
    /// The newest event that was verified.
    pub seq: u64,
    /// When.
    pub at: Option<Moment>,
}

/// What the reader was told and has not seen.
#[derive(Debug, Clone, Serialize)]
pub struct Bell {
    /// How much.
    pub unread: u64,
    /// The newest of it; 0 if there is none.
    pub seq: u64,
    /// Whether the browser is to say it.
    pub rings: bool,
    /// Its kind in English.
    pub title: &'static str,
    /// What happened.
    pub text: String,
    /// Where it can be seen.
    pub href: String,
}

/// A sentence above every page.
#[derive(Debug, Clone, Serialize)]
pub struct Banner {
    /// `info`, `warn` or `bad`.
    pub tone: &'static str,
    /// The sentence in English; the page says it in the language of its reader.
    pub text: String,
    /// Where to read more.
    pub href: Option<String>,
}

/// What the last wish came to, shown once.
#[derive(Debug, Clone, Serialize)]
pub struct Flash {
    /// `ok` or `bad`.
    pub tone: &'static str,
    /// The sentence.
    pub text: String,
    /// Where what it speaks of can be seen.
    pub href: Option<String>,
}

/// In whose clock and language a page is written.
#[derive(Debug, Clone)]
pub struct Reader {
    /// The language of the interface.
    pub language: Language,
    /// The zone of every time shown.
    pub zone: Zone,
    /// The present of this page; every relative time on it agrees.
    pub now: Moment,
}

impl Default for Reader {
    fn default() -> Self {
        Reader {
            language: Language::English,
            zone: Zone::utc(),
            now: Moment::default(),
        }
    }
}

impl Shell {
    /// The frame for somebody who is not signed in.
    pub fn outside(desk: impl Into<String>, path: impl Into<String>, reader: Reader) -> Self {
        Shell {
            desk: desk.into(),
            me: None,
            path: path.into(),
            csrf: String::new(),
            theme: "system".into(),
            density: "comfortable".into(),
            keys: false,
            folded: Vec::new(),
            nav: Vec::new(),
            badge: None,
            bell: None,
            banners: Vec::new(),
            rings: Vec::new(),
            flash: None,
            answers: false,
            newest: 0,
            reader,
        }
    }

    /// The entries of the rail this member may open, without counts.
    pub fn nav(may_open: impl Fn(&str) -> bool) -> Vec<NavItem> {
        NAV.into_iter()
            .filter(|(href, _, _)| may_open(href))
            .map(|(href, label, icon)| NavItem {
                href,
                label,
                icon,
                count: 0,
                overdue: false,
            })
            .collect()
    }
}
