//! Rounds under load, and what they came to.
//!
//! Invariant: every way to an order is measured by the same code with the same number of clients. Beside the orders a
//! second stands the processor time that an order took the server's process, which other load disturbs less.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use kassa_environment::{Clock, SystemClock};

use crate::figure;
use crate::support::{Server, median, milliseconds, percentile};

/// Somebody who buys once.
pub trait Buyer: Sync {
    /// The kept-alive connections that a client has for one buyer after the other.
    type Lines;

    /// Connects.
    fn dial(&self) -> anyhow::Result<Self::Lines>;

    /// Buys, and fails unless the order is placed.
    fn buy(&self, lines: &mut Self::Lines) -> anyhow::Result<()>;
}

/// One way to an order, with what its rounds gave.
pub struct Way {
    name: &'static str,
    /// Orders a second, of each round.
    rates: Vec<f64>,
    /// Milliseconds of the processor for each order, of each round.
    costs: Vec<f64>,
    /// Milliseconds that each order took.
    times: Vec<f64>,
}

impl Way {
    /// A way that was not measured yet.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            rates: Vec::new(),
            costs: Vec::new(),
            times: Vec::new(),
        }
    }

    /// Lets every one of `buyers` buy at `server`, `clients` of them at the same time.
    pub fn round<B: Buyer>(
        &mut self,
        server: &Server,
        clients: usize,
        buyers: &[B],
    ) -> anyhow::Result<()> {
        let before = server.processor_time()?;
        let began = SystemClock.now();
        let times = load(clients, buyers).with_context(|| self.name)?;
        let seconds = SystemClock.now().duration_since(began).as_secs_f64();
        let processor = server.processor_time()? - before;
        self.rates.push(buyers.len() as f64 / seconds);
        self.costs.push(1000.0 * processor / buyers.len() as f64);
        self.times.extend(times);
        Ok(())
    }

    /// Forgets all rounds so far: they only warmed up.
    pub fn forget(&mut self) {
        *self = Self::new(self.name);
    }

    /// Prints its own figures.
    pub fn tell(&self) {
        let say = |what: &str, value, unit| figure(&format!("{}_{what}", self.name), value, unit);
        say("rate", median(&self.rates), "/s");
        say("slowest_round", percentile(&self.rates, 0), "/s");
        say("p50", median(&self.times), "ms");
        say("p99", percentile(&self.times, 99), "ms");
        say("processor", median(&self.costs), "ms");
    }

    /// Prints how many times as many orders a second it makes as `other`, and how many times less processor time one takes.
    pub fn tell_over(&self, other: &Self) {
        // Round by round: what else the machine did then, it did to both.
        let ratios = |own: &[f64], others: &[f64]| {
            let ratios = own.iter().zip(others).map(|(own, other)| own / other);
            median(&ratios.collect::<Vec<f64>>())
        };
        let name = format!("{}_over_{}", self.name, other.name);
        figure(&name, ratios(&self.rates, &other.rates), "times");
        let name = format!("{name}_processor");
        figure(&name, ratios(&other.costs, &self.costs), "times");
    }
}

/// Milliseconds that each of `buyers` took.
fn load<B: Buyer>(clients: usize, buyers: &[B]) -> anyhow::Result<Vec<f64>> {
    let next = &AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(move || {
                    let mut lines = None;
                    let mut times = Vec::new();
                    while let Some(buyer) = buyers.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let lines = match &mut lines {
                            Some(lines) => lines,
                            none => none.insert(buyer.dial()?),
                        };
                        let began = SystemClock.now();
                        buyer.buy(lines)?;
                        times.push(milliseconds(began));
                    }
                    anyhow::Ok(times)
                })
            })
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            let times = worker
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))?;
            all.extend(times?);
        }
        Ok(all)
    })
}
