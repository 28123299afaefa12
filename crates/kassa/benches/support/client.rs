//! Load over plain sockets: prepared bytes out, answers only measured by their end.
//!
//! Invariant: the client costs as little as it can, because it shares the processor with what it measures; an answer
//! other than 2xx ends the benchmark, so that no rate counts refusals.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};
use kassa_environment::{Clock, SystemClock};

/// How hard, and how long.
pub struct Load {
    /// Connections, each with one request under way.
    pub connections: usize,
    /// How long a round takes.
    pub milliseconds: usize,
}

/// What a load came to.
pub struct Done {
    /// Answers.
    pub answers: usize,
    /// Answers a second.
    pub rate: f64,
}

impl Load {
    /// Sends `request` again and again on every connection.
    pub fn run(&self, address: SocketAddr, request: &[u8]) -> anyhow::Result<Done> {
        let began = SystemClock.now();
        let limit = Duration::from_millis(u64::try_from(self.milliseconds)?);
        let answers = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.connections)
                .map(|_| {
                    scope.spawn(move || {
                        let mut connection = Connection::open(address)?;
                        let mut count = 0_usize;
                        while SystemClock.now().duration_since(began).unsigned_abs() < limit {
                            connection.send(request)?;
                            count += 1;
                        }
                        anyhow::Ok(count)
                    })
                })
                .collect();
            workers.into_iter().try_fold(0, |sum, worker| {
                let count = worker
                    .join()
                    .map_err(|_| anyhow::anyhow!("a client panicked"))?;
                anyhow::Ok(sum + count?)
            })
        })?;
        let seconds = SystemClock.now().duration_since(began).as_secs_f64();
        Ok(Done {
            answers,
            rate: answers as f64 / seconds,
        })
    }
}

/// One kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self {
            stream,
            answer: Vec::with_capacity(16 * 1024),
        })
    }

    /// Sends one request and reads the whole answer, head and body.
    pub fn send(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.stream.write_all(request)?;
        self.answer.clear();
        let mut chunk = [0; 8192];
        while !complete(&self.answer)? {
            let count = self.stream.read(&mut chunk).context("read an answer")?;
            if count == 0 {
                bail!("the server closed the connection in the middle of an answer");
            }
            self.answer
                .extend_from_slice(chunk.get(..count).unwrap_or_default());
        }
        if !self.answer.starts_with(b"HTTP/1.1 2") {
            let shown = String::from_utf8_lossy(&self.answer);
            bail!("an answer was not 2xx: {shown}");
        }
        Ok(&self.answer)
    }
}

/// Whether `answer` holds a whole response.
fn complete(answer: &[u8]) -> anyhow::Result<bool> {
    let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(false);
    };
    let end = head + 4;
    let text = std::str::from_utf8(answer.get(..head).unwrap_or_default())?;
    let header = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    if let Some(length) = header("content-length") {
        return Ok(answer.len() >= end + length.parse::<usize>()?);
    }
    if header("transfer-encoding").is_some() {
        return Ok(answer.ends_with(b"0\r\n\r\n"));
    }
    // 204, or an empty 201 without a length.
    Ok(true)
}

/// The body of a whole answer without transfer coding.
pub fn body(answer: &[u8]) -> &[u8] {
    answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .and_then(|head| answer.get(head + 4..))
        .unwrap_or_default()
}

/// A header of a whole answer.
pub fn header<'a>(answer: &'a [u8], name: &str) -> Option<&'a str> {
    let head = answer.get(..answer.len() - body(answer).len())?;
    std::str::from_utf8(head).ok()?.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
