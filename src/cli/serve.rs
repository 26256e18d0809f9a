//! `trailbox serve`: the desk on the network, until a signal ends it in good order.

use super::{Data, opening, say};
use crate::config::{AddressRange, ServerConfig, TlsFiles};
use crate::desk::{audit, members};
use crate::domain::actor::{Door, Who};
use crate::domain::event::{DeskEvent, Event};
use crate::domain::id::Seq;
use crate::domain::moment::{DAY_MS, HOUR_MS};
use crate::error::{Doing, Error, Refusal, Result};
use crate::jobs::Jobs;
use crate::ledger::verify::Depth;
use crate::ledger::{Company, Ledger, SOFTWARE};
use crate::web::app::{App, locked};
use crate::web::audit::integrity;
use crate::web::exports::making;
use crate::web::front::live::Hub;
use crate::web::front::service_manager::StopSignals;
use crate::web::front::{Front, Running};
use crate::web::passwords::Passwords;
use crate::web::site;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// When everything is verified. **Unit:** milliseconds after midnight, UTC.
const NIGHT_MS: i64 = 3 * HOUR_MS;

/// How often it is looked whether that time has come.
const NIGHT_LOOK: Duration = Duration::from_secs(20);

/// The options of `trailbox serve`.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    listen: Listen,
}

/// Where to listen, and as what.
#[derive(Debug, Clone, Args)]
pub struct Listen {
    /// The address and port to listen on
    #[arg(long = "listen", value_name = "ADDR", default_value = "127.0.0.1:8484")]
    pub address: SocketAddr,
    /// The address people reach the desk at, beginning with https
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Certificate chain in PEM: serve https without a proxy
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A proxy whose X-Forwarded-For is believed; an address or a range, several times if needed
    #[arg(long, value_name = "RANGE")]
    pub trusted_proxy: Vec<AddressRange>,
}

/// A desk that is served.
pub struct Served {
    /// What the handlers share.
    pub app: Arc<App>,
    /// The server.
    pub running: Running,
}

impl Serve {
    /// Serves until a signal.
    pub fn run(self) -> Result<ExitCode> {
        log();
        let home = self.data.home();
        let ledger = if home.is_inhabited() {
            self.data.open(Company::Alone)?
        } else {
            say::remark(&format!("making a new desk in {}", home.folder().display()));
            Ledger::create(&home, "desk", opening(&mut |_| {}))?
        };
        let signals = StopSignals::hear()?;
        let served = start(ledger, &self.listen, Samples::new())?;
        let address = address(&served, &self.listen);
        let who = Who::system("serve", Door::Cli);
        let is_new = !members::any(&served.app.ledger.now(&who)?)?;
        if is_new {
            let code = setup_code()?;
            *locked(&served.app.setup_code) = Some(code.clone());
            say::line(&format!("set up your desk: {address}/setup"))?;
            say::line(&format!("code: {code}"))?;
        } else {
            say::line(&format!("the desk is served at {address}"))?;
        }
        let reason = signals.wait()?;
        stop(served, reason)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The accounts of a demo: name and role, e-mail address, password.
pub type Samples = Vec<(String, String, String)>;

/// Starts jobs and server on an open ledger; with accounts to show on the sign-in page, if it is
/// the demo.
pub fn start(ledger: Ledger, listen: &Listen, samples: Samples) -> Result<Served> {
    guard_address(listen)?;
    let hub = Hub::new();
    let who = Who::system("serve", Door::Cli);
    let newest = ledger.now(&who)?.next_seq().0.saturating_sub(1);
    hub.begin_after(newest);
    let told = hub.clone();
    ledger.listen(Box::new(move |facts| {
        for (seq, event) in facts {
            told.publish(seq.0, &topics(event));
        }
    }));
    let jobs = Jobs::start(&ledger)?;
    if let Some(url) = &listen.public_url {
        jobs.found_at(url);
    }
    let app = Arc::new(App {
        hub: hub.clone(),
        jobs,
        passwords: Passwords::start()?,
        public_url: listen.public_url.clone(),
        samples,
        setup_code: std::sync::Mutex::default(),
        used: std::sync::Mutex::default(),
        present: std::sync::Mutex::default(),
        verification: Arc::default(),
        making: Arc::default(),
        started_at: ledger.clock().now(),
        ledger,
    });
    nights(Arc::downgrade(&app))?;
    let watched = Arc::downgrade(&app);
    app.jobs.watch(Arc::new(move |member, object| {
        watched
            .upgrade()
            .is_some_and(|app| app.looks(member, object))
    }));
    let config = ServerConfig {
        listen: listen.address,
        tls: match (&listen.tls_cert, &listen.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsFiles {
                certificate: certificate.clone(),
                key: key.clone(),
            }),
            (None, _) | (_, None) => None,
        },
        trusted_proxies: listen.trusted_proxy.clone(),
        // Beside the database, where there is room for what is kept anyway.
        spool_dir: Some(app.ledger.home().folder().to_owned()),
        ..ServerConfig::default()
    };
    let handling = Arc::clone(&app);
    let handler =
        Arc::new(move |request: crate::web::exchange::Request| site::answer(&handling, &request));
    #[cfg(debug_assertions)]
    let handler = crate::web::front::probe::around(handler, hub.clone());
    let running = Front::start(&config, handler, site::body_kind, hub)
        .doing(format!("listening on {}", listen.address))?;
    let started = DeskEvent::Started {
        software: SOFTWARE.to_owned(),
    };
    app.ledger.record(&who, move |_| Ok(vec![started.into()]))?;
    Ok(Served { app, running })
}

/// Stops in good order: requests in flight finish, jobs end, a checkpoint is published and shown to
/// the witness, the database is closed.
pub fn stop(served: Served, reason: &str) -> Result<()> {
    let Served { app, running } = served;
    running.stop();
    app.jobs.stop();
    let who = Who::system("serve", Door::Cli);
    let stopped = DeskEvent::Stopped {
        reason: reason.to_owned(),
    };
    app.ledger.record(&who, move |_| Ok(vec![stopped.into()]))?;
    let newest = audit::checkpoints(&app.ledger.now(&who)?, 1)?.pop();
    let size = app.ledger.now(&who)?.next_seq();
    if newest.is_none_or(|(published, _)| Seq(published) != size) {
        app.ledger.publish_checkpoint()?;
    }
    app.jobs.take_leave();
    app.ledger.close()
}

/// Where people reach the desk.
pub fn address(served: &Served, listen: &Listen) -> String {
    match &listen.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let scheme = if listen.tls_cert.is_some() {
                "https"
            } else {
                "http"
            };
            format!("{scheme}://{}", served.running.address())
        }
    }
}

/// Verifies chain and signatures now, and everything each night at three, UTC; a demo, which rarely
/// sees a night, as a whole now. What is found stands as a banner on every page; the desk goes on.
fn nights(app: Weak<App>) -> Result<()> {
    std::thread::Builder::new()
        .name("nights".to_owned())
        .spawn(move || {
            let who = Who::system("timer", Door::Timer);
            let shown = app.upgrade().is_some_and(|app| !app.samples.is_empty());
            let mut wanted = Some(if shown { Depth::Whole } else { Depth::Chain });
            let mut last_day = None;
            while let Some(app) = app.upgrade() {
                let at = app.ledger.clock().now();
                let day = at.plus_ms(-NIGHT_MS).0.div_euclid(DAY_MS);
                if last_day.is_some_and(|last| last < day) {
                    wanted = Some(Depth::Whole);
                }
                last_day = Some(day);
                // One that runs already is the one that was wanted.
                if let Some(depth) = wanted.take()
                    && let Err(Error::Fault(fault)) = integrity::begin(&app, &who, depth)
                {
                    tracing::error!("beginning to verify: {fault}");
                }
                if let Err(Error::Fault(fault)) = making::sweep(&app) {
                    tracing::error!("removing old exports: {fault}");
                }
                drop(app);
                std::thread::sleep(NIGHT_LOOK);
            }
        })
        .doing("starting the thread nights")?;
    Ok(())
}

/// Warns or refuses where passwords would travel readable over a network.
fn guard_address(listen: &Listen) -> Result<()> {
    let guarded = listen.address.ip().is_loopback() || listen.tls_cert.is_some();
    let proxied = listen
        .public_url
        .as_ref()
        .is_some_and(|url| url.starts_with("https://"));
    if guarded || proxied {
        return Ok(());
    }
    say::remark(&format!(
        "warning: {} can be reached from the network, and without https passwords and messages \
         travel readable",
        listen.address
    ));
    say::remark(
        "warning: put a proxy with https in front and give --public-url https://…, or use \
         --tls-cert and --tls-key; WhatsApp only calls https addresses",
    );
    Ok(())
}

/// The topics under which open pages hear of an event.
fn topics(event: &Event) -> Vec<String> {
    let mut topics: Vec<String> = event.objects().iter().map(ToString::to_string).collect();
    topics.push("audit".to_owned());
    match event {
        Event::Conversation(_)
        | Event::Article(_)
        | Event::Contact(_)
        | Event::Bot(_)
        | Event::Email(_) => {
            topics.push("inbox".to_owned());
        }
        Event::Ticket(_) | Event::Field(_) | Event::Sla(_) => {
            topics.push("inbox".to_owned());
            topics.push("tickets".to_owned());
        }
        Event::Call(_) | Event::Commitment(_) => {
            topics.push("inbox".to_owned());
            topics.push("calls".to_owned());
        }
        Event::Import(_) => topics.push("tickets".to_owned()),
        Event::Audit(_) | Event::Checkpoint(_) => topics.push("integrity".to_owned()),
        Event::Assignment(_)
        | Event::Notification(_)
        | Event::Desk(_)
        | Event::Member(_)
        | Event::Group(_)
        | Event::Channel(_)
        | Event::Label(_)
        | Event::View(_)
        | Event::Access(_)
        | Event::Export(_)
        | Event::Pack(_)
        | Event::Privacy(_)
        | Event::Webhook(_)
        | Event::Status(_)
        | Event::Rule(_)
        | Event::Macro(_) => {}
        Event::Bulk(_) => topics.push("bulk".to_owned()),
    }
    topics
}

/// A code to read off the terminal: eight letters and digits that are not mixed up.
fn setup_code() -> Result<String> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let bytes = crate::ledger::chance::random::<8>()?;
    Ok(bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)])) // 32 letters
        .collect())
}

/// Where the log goes: stderr, as strict as TRAILBOX_LOG says.
pub fn log() {
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    let filter = std::env::var("TRAILBOX_LOG")
        .ok()
        .and_then(|text| text.parse::<tracing_subscriber::filter::Targets>().ok())
        .unwrap_or_else(|| {
            tracing_subscriber::filter::Targets::new().with_default(tracing::Level::INFO)
        });
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // A second call in one process (tests) finds a log in place already.
    tracing_subscriber::registry()
        .with(layer)
        .with(filter)
        .try_init()
        .ok();
}

/// Refuses what only makes sense on this machine.
pub fn demand_loopback(listen: &Listen) -> Result<()> {
    if listen.address.ip().is_loopback() {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "the demo's passwords are known to everybody; {} can be reached from the network",
        listen.address
    ))
    .into())
}
