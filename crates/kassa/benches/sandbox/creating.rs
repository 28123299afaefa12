//! Creating sessions, in rounds that alternate between the servers.
//!
//! Invariant: every server gets the same bytes over the same client and the same number of connections. Beside the
//! answers a second stands the processor time that an answer took the server, which other load disturbs less.

use super::servers::Log;
use super::support::load::Load;
use super::support::{Server, median, setting};
use super::{CONNECTIONS, MILLISECONDS, figure, flow, minimal, servers};

/// One server with what its rounds gave.
struct Subject<'a> {
    name: &'static str,
    server: &'a Server,
    request: Vec<u8>,
    /// Answers a second.
    rates: Vec<f64>,
    /// Microseconds of the processor for each answer.
    costs: Vec<f64>,
}

impl<'a> Subject<'a> {
    fn new(name: &'static str, server: &'a Server, body: &str) -> Self {
        let request = flow::request(server.address, "POST", "/payments/v1/sessions", Some(body));
        Self {
            name,
            server,
            request,
            rates: Vec::new(),
            costs: Vec::new(),
        }
    }

    fn round(&mut self, load: &Load) -> anyhow::Result<()> {
        let before = self.server.processor_time()?;
        let done = load.run(self.server.address, &self.request)?;
        let taken = self.server.processor_time()? - before;
        self.rates.push(done.rate);
        self.costs.push(taken * 1e6 / done.answers as f64);
        Ok(())
    }

    fn tell(&self) {
        figure(&format!("{}_rate", self.name), median(&self.rates), "/s");
        figure(
            &format!("{}_processor", self.name),
            median(&self.costs),
            "us",
        );
    }
}

/// Measures the sandbox, a minimal server and, where there is one, the mock with its log and without.
pub fn measure(rounds: usize, sandbox: &Server) -> anyhow::Result<()> {
    let load = Load {
        connections: CONNECTIONS,
        milliseconds: setting("KASSA_BENCH_MILLISECONDS", MILLISECONDS)?,
    };
    let body = flow::session_body();
    let minimal = minimal::start()?;
    let (mock, silent) = (servers::mock(Log::Default)?, servers::mock(Log::Silent)?);
    let mut subjects = vec![
        Subject::new("sandbox", sandbox, &body),
        Subject::new("minimal", &minimal, &body),
    ];
    for (name, mock) in [("mock", &mock), ("silent_mock", &silent)] {
        subjects.extend(mock.as_ref().map(|mock| Subject::new(name, mock, &body)));
    }
    for round in 0..=rounds {
        for subject in &mut subjects {
            subject.round(&load)?;
            // The first round warms up.
            if round == 0 {
                subject.rates.clear();
                subject.costs.clear();
            }
        }
    }
    figure("session_body", body.len() as f64, "bytes");
    let [sandbox, others @ ..] = subjects.as_slice() else {
        return Ok(());
    };
    sandbox.tell();
    for other in others {
        other.tell();
        // Round by round: what else the machine did then, it did to both.
        let ratios = sandbox.rates.iter().zip(&other.rates);
        let ratios: Vec<f64> = ratios.map(|(own, other)| own / other).collect();
        figure(
            &format!("sandbox_over_{}", other.name),
            median(&ratios),
            "times",
        );
    }
    if mock.is_none() {
        println!("SKIPPED: the OpenAPI mock was not given (see cargo xtask bench sandbox --help)");
    }
    Ok(())
}
