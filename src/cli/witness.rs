//! `trailbox witness`: a second machine that signs a desk's checkpoints, and sees when a desk was
//! rolled back or its history forked. It needs no desk of its own.

use super::{say, serve};
use crate::config::{ServerConfig, TlsFiles};
use crate::domain::moment::Moment;
use crate::error::{Doing, Refusal, Result};
use crate::ledger::chance;
use crate::ledger::note::Verifier;
use crate::web::exchange::{Method, Request, Response};
use crate::web::front::live::Hub;
use crate::web::front::service_manager::StopSignals;
use crate::web::front::{BodyKind, Front};
use crate::witness::{Answer, Keep, SIZE_TYPE, Witness as Signing};
use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The path of the one call.
const CALL: &str = "/add-checkpoint";

/// `witness …`
#[derive(Debug, Subcommand)]
pub enum Witness {
    /// Answer desks that ask for a signature, until a signal ends it
    Serve(Serve),
    /// Print the witness's key, and the newest checkpoint of each desk it signed for
    Show(Show),
}

/// The folder of a witness.
#[derive(Debug, Args)]
struct Folder {
    /// The folder of the witness: its key, and the newest checkpoint of each desk
    #[arg(
        long = "data",
        value_name = "DIR",
        default_value = "./trailbox-witness"
    )]
    folder: PathBuf,
}

/// `witness serve`
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    folder: Folder,
    /// The verifier key of a desk whose checkpoints are signed; several times for several desks,
    /// and for the keys of a desk that changed its own
    #[arg(long, value_name = "KEY", required = true)]
    vkey: Vec<String>,
    /// The address and port to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8485")]
    listen: SocketAddr,
    /// The name it signs with, chosen once; without it one by chance
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Certificate chain in PEM: serve https without a proxy
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// `witness show`
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    folder: Folder,
}

impl Witness {
    /// Serves or shows.
    pub fn run(self) -> Result<ExitCode> {
        match self {
            Witness::Serve(serve) => serve.run(),
            Witness::Show(show) => show.run(),
        }
    }
}

impl Serve {
    fn run(self) -> Result<ExitCode> {
        serve::log();
        let keys = self.vkey.iter().map(|key| Verifier::parse(key));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        let name = match self.name {
            Some(name) => name,
            None => format!("witness/{}", HEXLOWER.encode(&chance::random::<4>()?)),
        };
        let signals = StopSignals::hear()?;
        let witness = Arc::new(Signing::new(keys, Keep::open(&self.folder.folder, &name)?));
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, _) | (_, None) => None,
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        if tls.is_none() && !self.listen.ip().is_loopback() {
            say::remark(
                "warning: without https somebody on the way could answer in this witness's place \
                 with an error; desks ask for https, so put a proxy in front or use --tls-cert",
            );
        }
        let config = ServerConfig {
            listen: self.listen,
            tls,
            ..ServerConfig::default()
        };
        let answering = Arc::clone(&witness);
        let handler = Arc::new(move |request: Request| answer(&answering, &request));
        let running = Front::start(&config, handler, body_kind, Hub::new())
            .doing(format!("listening on {}", self.listen))?;
        say::line(&format!(
            "the witness listens at {scheme}://{}",
            running.address()
        ))?;
        say::line(&format!("its key: {}", witness.cosigner().text()))?;
        signals.wait()?;
        running.stop();
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    fn run(self) -> Result<ExitCode> {
        let folder = &self.folder.folder;
        if !folder.is_dir() {
            let text = format!("there is no witness in {}", folder.display());
            return Err(Refusal::not_found(text).into());
        }
        let (key, known) = Keep::look(folder)?;
        say::line(&key.text())?;
        for one in known {
            let at = Moment(
                i64::try_from(one.at_s)
                    .unwrap_or_default()
                    .saturating_mul(1000),
            );
            let point = &one.checkpoint;
            say::line(&format!(
                "{}: {} events, signed {at}",
                point.origin, point.size
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn body_kind(method: &Method, path: &str) -> BodyKind {
    match (method, path) {
        (Method::Post, CALL) => BodyKind::Form,
        _ => BodyKind::None,
    }
}

fn answer(witness: &Signing, request: &Request) -> Response {
    if request.method != Method::Post || request.path != CALL {
        return Response::text("this is a witness of audit trails: POST to /add-checkpoint\n")
            .with_status(404);
    }
    let Ok(body) = std::str::from_utf8(request.body.bytes()) else {
        return Response::text("not text\n").with_status(400);
    };
    match witness.add_checkpoint(body, Moment::of_system_clock()) {
        Ok(answer) => {
            let (status, text) = (answer.status(), answer.text());
            tracing::info!("{status} {}", text.trim_end());
            let response = match answer {
                Answer::Knows(_) => Response::bytes(SIZE_TYPE, text.into_bytes()),
                Answer::Cosigned(_)
                | Answer::Malformed(_)
                | Answer::Untrusted
                | Answer::Unknown
                | Answer::Inconsistent => Response::text(text),
            };
            response.with_status(status)
        }
        Err(error) => {
            tracing::error!("signing a checkpoint: {error}");
            Response::text("the checkpoint could not be kept; nothing was signed\n")
                .with_status(503)
        }
    }
}
