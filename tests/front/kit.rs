//! What all tests of the front share: the server process, plain clients, a bystander who measures.

use rustix::net::{AddressFamily, SocketType};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How a server is started.
#[derive(Default)]
pub struct Launch {
    pub descriptors: Option<u32>,
    pub options: Vec<String>,
    pub environment: Vec<(&'static str, String)>,
}

impl Launch {
    /// With HTTPS; the folder holds `cert.pem` and `key.pem`.
    pub fn tls(folder: &Path) -> Self {
        let file = |name| folder.join(name).display().to_string();
        let options = [
            "--tls-cert",
            &file("cert.pem"),
            "--tls-key",
            &file("key.pem"),
        ];
        Launch {
            options: options.map(str::to_owned).into(),
            ..Launch::default()
        }
    }

    /// Believing a proxy.
    pub fn trusting(range: &str) -> Self {
        Launch {
            options: vec![String::from("--trusted-proxy"), range.to_owned()],
            ..Launch::default()
        }
    }

    fn command(&self, data: &Path) -> Command {
        let program = env!("CARGO_BIN_EXE_trailbox");
        let mut command = match self.descriptors {
            Some(most) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!("ulimit -n {most}; exec \"$0\" \"$@\"")]);
                shell.arg(program);
                shell
            }
            None => Command::new(program),
        };
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data);
        command.args(&self.options).env("TRAILBOX_LOG", "off");
        command.envs(
            self.environment
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        command
    }

    pub fn start(&self) -> Server {
        raise_descriptors();
        let folder = tempfile::tempdir().unwrap();
        let mut command = self.command(folder.path());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert!(
                lines.read_line(&mut line).unwrap() > 0,
                "the server did not start"
            );
            if let Some((_, address)) = line.split_once("://") {
                break address.split('/').next().unwrap().trim().parse().unwrap();
            }
        };
        Server {
            child,
            address,
            lines,
            _folder: folder,
        }
    }
}

/// A server process, killed when dropped.
pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
    lines: BufReader<std::process::ChildStdout>,
    _folder: tempfile::TempDir,
}

impl Server {
    pub fn start() -> Self {
        Launch::default().start()
    }

    /// A figure of `/proc/PID/status`: `VmRSS` in KiB, `Threads`.
    pub fn status(&self, name: &str) -> i64 {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap()
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap()
    }

    pub fn rss_kib(&self) -> i64 {
        self.status("VmRSS")
    }

    /// Open sockets: the database's files come and go by themselves.
    pub fn sockets(&self) -> usize {
        let folder = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        let links = folder.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
        links
            .filter(|link| link.to_string_lossy().starts_with("socket:"))
            .count()
    }

    /// Processor time so far. **Unit:** hundredths of a second.
    pub fn ticks(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = text.rsplit(") ").next().unwrap().split(' ').collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; answers its exit code.
    pub fn wait(&mut self) -> Option<i32> {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        self.child.wait().unwrap().code()
    }

    pub fn get(&self, path: &str) -> Answer {
        Client::new(self.address).get(path)
    }

    /// How often a handler was called.
    pub fn calls(&self) -> u64 {
        self.get("/_test/calls").text().parse().unwrap()
    }

    /// Waits until the figure is as wanted.
    pub fn wait_for(&self, what: &str, within: Duration, mut right: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !right() {
            assert!(
                begun.elapsed() < within,
                "{what} took longer than {within:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The system gives many shells a thousand descriptors; a crowd needs more.
fn raise_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// The nth address of the loopback, for crowds.
pub fn address(number: usize) -> IpAddr {
    let [_, high, middle, low] = (number as u32 + 256).to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(127, 1 + high, middle, low.max(1)))
}

/// Connects from a chosen address of the loopback.
pub fn dial_from(from: IpAddr, to: SocketAddr) -> std::io::Result<TcpStream> {
    dial_with(from, to, None)
}

/// The same with a small window: what the client does not read stays with the server.
pub fn dial_with(
    from: IpAddr,
    to: SocketAddr,
    window_bytes: Option<usize>,
) -> std::io::Result<TcpStream> {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)?;
    if let Some(bytes) = window_bytes {
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, bytes)?;
    }
    rustix::net::bind(&socket, &SocketAddr::new(from, 0))?;
    rustix::net::connect(&socket, &to)?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_write_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

pub fn dial(to: SocketAddr) -> TcpStream {
    dial_from(IpAddr::V4(Ipv4Addr::LOCALHOST), to).unwrap()
}

/// Sends bytes and answers all that comes until the server closes.
pub fn say(to: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = dial(to);
    // The server may refuse and close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut heard = Vec::new();
    let _ = stream.read_to_end(&mut heard);
    String::from_utf8_lossy(&heard).into_owned()
}

/// The status of each answer in what was heard.
pub fn statuses(heard: &str) -> Vec<u16> {
    let starts = heard.split("HTTP/1.1 ").skip(1);
    starts.map(|rest| rest[..3].parse().unwrap()).collect()
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        lines
            .filter_map(|line| line.split_once(": "))
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

/// A client that keeps its connection.
pub struct Client<S = TcpStream> {
    pub stream: S,
    rest: Vec<u8>,
}

impl Client {
    pub fn new(to: SocketAddr) -> Self {
        Client::over(dial(to))
    }
}

impl<S: Read + Write> Client<S> {
    pub fn over(stream: S) -> Self {
        Client {
            stream,
            rest: Vec::new(),
        }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "", b"").unwrap()
    }

    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> std::io::Result<Answer> {
        self.send(method, path, headers, body)?;
        self.hear(method == "HEAD")
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> std::io::Result<()> {
        let length = match body {
            [] => String::new(),
            body => format!("Content-Length: {}\r\n", body.len()),
        };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\n{headers}{length}\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes)
    }

    /// Reads one answer.
    pub fn hear(&mut self, without_body: bool) -> std::io::Result<Answer> {
        let end = loop {
            if let Some(end) = self.rest.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.more()?;
        };
        let head = String::from_utf8_lossy(&self.rest[..end]).into_owned();
        self.rest.drain(..end + 4);
        let status = head[9..12].parse().unwrap();
        let mut answer = Answer {
            status,
            head,
            body: Vec::new(),
        };
        let length = answer
            .header("content-length")
            .map(|length| length.parse().unwrap());
        let length: usize = length.unwrap_or(0);
        if !without_body {
            while self.rest.len() < length {
                self.more()?;
            }
            answer.body = self.rest.drain(..length).collect();
        }
        Ok(answer)
    }

    pub fn more(&mut self) -> std::io::Result<()> {
        let mut piece = [0; 16384];
        let read = self.stream.read(&mut piece)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.rest.extend_from_slice(&piece[..read]);
        Ok(())
    }

    pub fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.rest)
    }
}
