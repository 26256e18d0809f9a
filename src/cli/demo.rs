//! `trailbox demo`: a busy desk of a shop that does not exist, to look at and to tamper with.

use super::serve::{self, Listen};
use super::{opening, say};
use crate::demo::folder::{self, Found, Told};
use crate::demo::graph::{Graph, Options, Window};
use crate::demo::life::Life;
use crate::demo::{self, Story, tamper};
use crate::desk::channels;
use crate::domain::actor::{Door, Who};
use crate::domain::moment::Moment;
use crate::error::{Doing, Result};
use crate::ledger::{Company, Home, Ledger};
use crate::web::app::locked;
use crate::web::front::service_manager::StopSignals;
use clap::Args;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// `demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// The folder of the demo's desk; never that of a real one
    #[arg(long = "data", value_name = "DIR", default_value = "trailbox-demo")]
    folder: PathBuf,
    /// The address and port to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8484")]
    listen: SocketAddr,
    /// Listen on an address that others can reach, although the passwords are known to everybody
    #[arg(long)]
    open_to_network: bool,
    /// Where chance begins: the same seed tells the same story
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// How many days the story has, today included
    #[arg(long, default_value_t = 35, value_parser = clap::value_parser!(u32).range(2..=366))]
    days: u32,
    /// About how many conversations there were
    #[arg(long, default_value_t = 3_700)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    conversations: u32,
    /// Remove the demo's desk and make it anew
    #[arg(long)]
    reset: bool,
    /// Change a copy of the desk behind the program's back in many ways, and see each one found
    #[arg(long)]
    tamper: bool,
}

impl Demo {
    /// Makes the desk if there is none, then serves it until a signal.
    pub fn run(self) -> Result<ExitCode> {
        let home = Home::at(&self.folder);
        if self.tamper {
            return self.tamper(&home);
        }
        let listen = self.listen();
        if !self.open_to_network {
            serve::demand_loopback(&listen)?;
        }
        serve::log();
        // An address in use should not be found out after the desk was made.
        drop(TcpListener::bind(self.listen).doing(format!("listening on {}", self.listen))?);
        self.make(&home)?;
        self.serve(&home, &listen)
    }

    fn tamper(&self, home: &Home) -> Result<ExitCode> {
        self.make(home)?;
        let drill = tamper::drill(&self.folder, &mut anstream::stdout().lock())?;
        Ok(if drill.is_complete() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// Makes the desk, unless it is there.
    fn make(&self, home: &Home) -> Result<()> {
        let shown = self.folder.display();
        let found = folder::look(home)?;
        match &found {
            Found::Demo(told) if !self.reset => {
                self.remark_on(told);
                return Ok(());
            }
            Found::Unfinished => {
                say::remark(&format!(
                    "the demo in {shown} was not finished; making it anew"
                ));
                folder::reset(home)?;
            }
            Found::Demo(_) => {
                folder::reset(home)?;
                say::remark(&format!("removed the demo in {shown}"));
            }
            Found::Nothing => {}
        }
        let (seed, days, conversations) = (self.seed, self.days, self.conversations);
        let story = Story {
            seed,
            days,
            conversations,
            end: Moment::of_system_clock(),
        };
        say::remark(&format!("making {days} days of a busy shop in {shown}"));
        let begun = std::time::Instant::now();
        let bar = say::Bar::of("days", u64::from(days));
        let played = demo::make(home, &story, &mut |done| bar.at(done))?;
        bar.end();
        say::remark(&format!(
            "made in {:.1} s: {} wishes granted, {} MB",
            begun.elapsed().as_secs_f64(),
            played.granted,
            folder::size_bytes(home) / 1_000_000
        ));
        Ok(())
    }

    fn remark_on(&self, told: &Told) {
        let wanted = (self.seed, self.days, self.conversations);
        if (told.seed, told.days, told.conversations) != wanted {
            say::remark(&format!(
                "the demo in {} tells {} days from seed {} with {} conversations; --reset makes it anew",
                self.folder.display(),
                told.days,
                told.seed,
                told.conversations
            ));
        }
    }

    fn serve(&self, home: &Home, listen: &Listen) -> Result<ExitCode> {
        let bar = say::Bar::new("rebuilding the tables of this version");
        let ledger = Ledger::open(home, Company::Alone, opening(&mut |done| bar.at(done)))?;
        bar.end();
        let graph = Arc::new(Graph::start(Options {
            // The desk itself keeps the 24 hours; the emulator does not remember the story.
            window: Window::Off,
            sent_ms: 300,
            delivered_ms: 1_500,
            read_ms: Some(9_000),
            templates: demo::templates(),
            ..Options::default()
        })?);
        let who = Who::system("demo", Door::Cli);
        let config = demo::config(graph.base_url());
        ledger.record(&who, move |now| {
            let Some(channel) = channels::by_name(now, demo::CHANNEL)? else {
                return Ok(Vec::new());
            };
            let wanted = channels::Wanted {
                title: channel.title.clone(),
                group: channel.group,
                config,
                ..channels::Wanted::default()
            };
            channels::change(now, channel.id, wanted)
        })?;
        demo::remember(&ledger, &graph)?;
        let signals = StopSignals::hear()?;
        let served = serve::start(ledger, listen, demo::accounts())?;
        let port = served.running.address().port();
        graph.post_to(format!(
            "http://{}/hooks/whatsapp/{}",
            SocketAddr::new(self.here(), port),
            demo::CHANNEL
        ));
        let app = Arc::clone(&served.app);
        let used = move || {
            locked(&app.used)
                .values()
                .max()
                .copied()
                .unwrap_or(app.started_at)
        };
        let life = Life::start(&served.app.ledger, Arc::clone(&graph), Box::new(used))?;
        self.welcome(&serve::address(&served, listen))?;
        let reason = signals.wait()?;
        life.stop();
        serve::stop(served, reason)?;
        Ok(ExitCode::SUCCESS)
    }

    fn welcome(&self, address: &str) -> Result<()> {
        let folder = self.folder.display();
        let data = match self.folder.to_str() {
            Some("trailbox-demo") => String::new(),
            _ => format!(" --data {folder}"),
        };
        say::line(&format!("\nNoor & Mar is open at {address}\n"))?;
        let rows = demo::accounts()
            .into_iter()
            .map(|(label, email, password)| vec![label, email, password]);
        say::table(
            &["sign in as", "e-mail address", "password"],
            rows.collect(),
        )?;
        say::line(&format!(
            "stop it         Ctrl-C; the desk stays in {folder}"
        ))?;
        say::line(&format!("start it again  trailbox demo{data}"))?;
        say::line(&format!("begin anew      trailbox demo{data} --reset"))?;
        say::line(&format!(
            "tamper with it  trailbox demo{data} --tamper, in another terminal"
        ))?;
        say::line("customers write while somebody is there, and sleep after 30 idle minutes\n")
    }

    fn listen(&self) -> Listen {
        Listen {
            address: self.listen,
            public_url: None,
            tls_cert: None,
            tls_key: None,
            trusted_proxy: Vec::new(),
        }
    }

    /// Where the emulator finds the desk from this machine.
    fn here(&self) -> IpAddr {
        if self.listen.ip().is_unspecified() {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            self.listen.ip()
        }
    }
}
