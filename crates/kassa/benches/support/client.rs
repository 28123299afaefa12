//! One request after the other over a plain socket: prepared bytes out, answers only measured by their end.
//!
//! Invariant: an answer other than 2xx ends the benchmark, so that no rate counts refusals.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail};

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
        taken(&self.answer)?;
        Ok(&self.answer)
    }
}

/// Whether a whole answer says that the request was taken.
pub fn taken(answer: &[u8]) -> anyhow::Result<()> {
    if !answer.starts_with(b"HTTP/1.1 2") {
        bail!("an answer was not 2xx: {}", String::from_utf8_lossy(answer));
    }
    Ok(())
}

/// Whether `answer` holds a whole response.
pub fn complete(answer: &[u8]) -> anyhow::Result<bool> {
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
