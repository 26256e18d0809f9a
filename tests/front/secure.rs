//! T22 and HTTPS: handshakes that stop halfway, plain text on the secure port, new certificates.

use crate::kit::{Client, Launch, Server, dial, say, statuses};
use crate::timing::slack;
use ed25519_dalek::{Signer, SigningKey};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn t22_a_handshake_that_stops_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    issue(folder.path(), 1);
    let server = Launch::tls(folder.path()).start();
    assert_eq!(shake(&server).0.get("/_test/json").status, 200);
    let heard = say(server.address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(statuses(&heard), [400], "{heard}");
    let before = server.sockets();
    let hello = b"\x16\x03\x01\x00\x70\x01\x00\x00\x6c\x03\x03";
    let mut waiting: Vec<TcpStream> = Vec::new();
    for beginning in [b"".as_slice(), b"\x16", hello] {
        for _ in 0..20 {
            let mut stream = dial(server.address);
            stream.write_all(beginning).unwrap();
            waiting.push(stream);
        }
    }
    for alert in [
        b"\x15\x03\x03\x00\x02\x01\x00".as_slice(),
        b"\x16\x03\x01\x00\x02\x01\x00",
    ] {
        let mut stream = dial(server.address);
        stream.write_all(alert).unwrap();
        stream.write_all(b"\x15\x03\x03\x00\x02\x01\x00").unwrap();
        waiting.push(stream);
    }
    let (begun, ticks) = (Instant::now(), server.ticks());
    for stream in &mut waiting {
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
    }
    let spent = server.ticks() - ticks;
    println!("T22: all closed after {:?}, {spent} ticks", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(11) * slack());
    assert!(
        spent < 100,
        "{spent} hundredths of a second of processor time"
    );
    server.wait_for("closing", Duration::from_secs(2), || {
        server.sockets() <= before
    });
}

#[test]
fn a_new_certificate_is_used_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    issue(folder.path(), 1);
    let server = Launch::tls(folder.path()).start();
    let (mut client, first) = shake(&server);
    let echo = client
        .ask("POST", "/_test/echo", "", b"x=1")
        .unwrap()
        .json();
    assert_eq!(echo["secure"], true);
    std::fs::write(folder.path().join("cert.pem"), "no certificate").unwrap();
    std::thread::sleep(Duration::from_secs(11));
    assert_eq!(shake(&server).1, first, "a broken file took effect");
    issue(folder.path(), 2);
    let renewed = Duration::from_secs(15);
    server.wait_for("renewing", renewed, || shake(&server).1 != first);
    assert_eq!(client.get("/_test/file/1000000").body.len(), 1_000_000);
}

/// A client that has completed a handshake, and the certificate it saw.
fn shake(server: &Server) -> (Client<StreamOwned<ClientConnection, TcpStream>>, Vec<u8>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut client = Client::over(StreamOwned::new(connection, dial(server.address)));
    assert_eq!(client.get("/_test/json").status, 200);
    let seen = client.stream.conn.peer_certificates().unwrap()[0].to_vec();
    (client, seen)
}

/// Writes a self-signed certificate and its key.
fn issue(folder: &Path, serial: u8) {
    let key = SigningKey::from_bytes(&[serial; 32]);
    let algorithm = der(0x30, &[&[0x06, 0x03, 0x2b, 0x65, 0x70]]);
    let public = der(0x03, &[&[0], key.verifying_key().as_bytes()]);
    let common_name = der(
        0x30,
        &[&[0x06, 0x03, 0x55, 0x04, 0x03], &der(0x0c, &[b"localhost"])],
    );
    let name = der(0x30, &[&der(0x31, &[&common_name])]);
    let from = der(0x17, &[b"200101000000Z"]);
    let until = der(0x17, &[b"400101000000Z"]);
    let body = der(
        0x30,
        &[
            &der(0xa0, &[&der(0x02, &[&[2]])]),
            &der(0x02, &[&[serial]]),
            &algorithm,
            &name,
            &der(0x30, &[&from, &until]),
            &name,
            &der(0x30, &[&algorithm, &public]),
        ],
    );
    let signature = der(0x03, &[&[0], &key.sign(&body).to_bytes()]);
    let certificate = der(0x30, &[&body, &algorithm, &signature]);
    let seed = der(0x04, &[&der(0x04, &[key.as_bytes()])]);
    let private = der(0x30, &[&der(0x02, &[&[0]]), &algorithm, &seed]);
    std::fs::write(folder.join("key.pem"), pem("PRIVATE KEY", &private)).unwrap();
    std::fs::write(folder.join("cert.pem"), pem("CERTIFICATE", &certificate)).unwrap();
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut bytes = vec![tag];
    match content.len() {
        short @ ..0x80 => bytes.push(short as u8),
        middle @ 0x80..=0xff => bytes.extend([0x81, middle as u8]),
        long => {
            let [high, low] = (long as u16).to_be_bytes();
            bytes.extend([0x82, high, low]);
        }
    }
    bytes.extend(content);
    bytes
}

fn pem(label: &str, bytes: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(bytes);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

/// Believes every certificate: the tests look at the transport, not at trust.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
