//! Load from many connections at once: prepared bytes out, answers only measured by their end.
//!
//! Invariant: the client costs as little as it can, because it shares the processor with what it measures: one thread
//! and one event loop for all connections. An answer other than 2xx ends the benchmark.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use kassa_environment::{Clock, SystemClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::client::{complete, taken};

/// How long all answers of a round may take beyond its time.
const PATIENCE: Duration = Duration::from_secs(20);

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
        let time = Duration::from_millis(u64::try_from(self.milliseconds)?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let round = self.round(address, request, time);
        runtime.block_on(async { tokio::time::timeout(time + PATIENCE, round).await? })
    }

    async fn round(
        &self,
        address: SocketAddr,
        request: &[u8],
        time: Duration,
    ) -> anyhow::Result<Done> {
        let mut streams = Vec::with_capacity(self.connections);
        for _ in 0..self.connections {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let began = SystemClock.now();
        let until = began + time;
        let mut asking = JoinSet::new();
        for stream in streams {
            asking.spawn(ask_until(until, stream, request.to_vec()));
        }
        let mut answers = 0;
        while let Some(count) = asking.join_next().await {
            answers += count??;
        }
        let seconds = SystemClock.now().duration_since(began).as_secs_f64();
        Ok(Done {
            answers,
            rate: answers as f64 / seconds,
        })
    }
}

/// One connection's answers until the time is over.
async fn ask_until(
    until: jiff::Timestamp,
    mut stream: TcpStream,
    request: Vec<u8>,
) -> anyhow::Result<usize> {
    let mut answer = Vec::with_capacity(16 * 1024);
    let mut count = 0;
    while SystemClock.now() < until {
        stream.write_all(&request).await?;
        answer.clear();
        while !complete(&answer)? {
            if stream.read_buf(&mut answer).await? == 0 {
                bail!("the server closed the connection in the middle of an answer");
            }
        }
        taken(&answer)?;
        count += 1;
    }
    Ok(count)
}
