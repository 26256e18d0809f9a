//! A server that takes letters, for stories in which e-mail goes out: it says yes to everything.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// See the module.
pub struct Post {
    /// Where it listens.
    pub port: u16,
    letters: Arc<Mutex<Vec<String>>>,
}

impl Post {
    /// Listens until the test ends.
    pub fn open() -> Post {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let letters = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&letters);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || take(stream, &kept));
            }
        });
        Post { port, letters }
    }

    /// What came so far.
    pub fn letters(&self) -> Vec<String> {
        self.letters.lock().expect("nobody broke it").clone()
    }
}

fn take(mut stream: TcpStream, kept: &Mutex<Vec<String>>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    stream.write_all(b"220 post.example ESMTP\r\n").ok()?;
    while let Some(Ok(line)) = lines.next() {
        let word = line.get(..4).unwrap_or_default().to_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-post.example\r\n250 8BITMIME\r\n",
            "DATA" => "354 go on\r\n",
            "QUIT" => "221 bye\r\n",
            _ => "250 yes\r\n",
        };
        stream.write_all(answer.as_bytes()).ok()?;
        if word == "DATA" {
            let mut letter = String::new();
            for line in lines.by_ref() {
                let line = line.ok()?;
                if line == "." {
                    break;
                }
                letter.push_str(&line);
                letter.push('\n');
            }
            kept.lock().ok()?.push(letter);
            stream.write_all(b"250 kept\r\n").ok()?;
        }
    }
    Some(())
}
