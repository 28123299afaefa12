//! How many requests each class of them may make.
//!
//! Invariant: whatever is not said stays as generous as the defaults; the published numbers are one word away.

use std::str::FromStr;

/// The limits of one class, for each client address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Requests in a sliding minute: what the headers tell.
    pub average: u64,
    /// Requests to one endpoint in ten sliding seconds; `None` for no such limit.
    pub burst: Option<u64>,
}

impl Limit {
    const fn new(average: u64, burst: Option<u64>) -> Self {
        Self { average, burst }
    }
}

/// Limits for each client address, by class.
///
/// One checkout makes about 45 requests, so a server of one's own is far more generous by default than the published
/// service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// GET and HEAD of types that are published as cacheable, such as prices and SKUs.
    pub cacheable: Limit,
    /// GET and HEAD of everything else.
    pub reads: Limit,
    /// POST, PATCH and DELETE.
    pub writes: Limit,
    /// What takes credentials: `POST /oauth/token` and `POST /oauth/authorize`.
    pub tokens: Limit,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            cacheable: Limit::new(1_000_000, None),
            reads: Limit::new(1_000_000, None),
            writes: Limit::new(1_000_000, None),
            tokens: Limit::new(100_000, None),
        }
    }
}

impl RateLimits {
    /// The numbers of the published service's live mode. Source: commerce-api, section a.
    pub const PUBLISHED: Self = Self {
        cacheable: Limit::new(1_000, Some(250)),
        reads: Limit::new(200, Some(50)),
        writes: Limit::new(200, Some(50)),
        tokens: Limit::new(30, None),
    };
}

impl FromStr for RateLimits {
    type Err = String;

    /// `generous`, `published`, or a comma list of `class=average` or `class=average/burst`; classes that are left out
    /// keep the generous numbers. The words may lead such a list.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut limits = Self::default();
        for part in text.split(',').map(str::trim) {
            match part {
                "generous" => limits = Self::default(),
                "published" => limits = Self::PUBLISHED,
                part => limits.take(part)?,
            }
        }
        Ok(limits)
    }
}

impl RateLimits {
    fn take(&mut self, part: &str) -> Result<(), String> {
        let wrong = || {
            format!(
                "{part:?} is no rate limit: expected generous, published, or class=average/burst with a class of \
                 cacheable, reads, writes, tokens, requests in a minute, and requests to one endpoint in ten seconds"
            )
        };
        let (class, numbers) = part.split_once('=').ok_or_else(wrong)?;
        let (average, burst) = match numbers.split_once('/') {
            Some((average, burst)) => (average, Some(burst)),
            None => (numbers, None),
        };
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number > 0);
        let burst = match burst {
            Some(text) => Some(number(text).ok_or_else(wrong)?),
            None => None,
        };
        let limit = Limit::new(number(average).ok_or_else(wrong)?, burst);
        let slot = match class {
            "cacheable" => &mut self.cacheable,
            "reads" => &mut self.reads,
            "writes" => &mut self.writes,
            "tokens" => &mut self.tokens,
            _ => return Err(wrong()),
        };
        *slot = limit;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_words_or_numbers() {
        let generous = RateLimits::default();
        assert_eq!("generous".parse(), Ok(generous));
        assert_eq!("published".parse(), Ok(RateLimits::PUBLISHED));
        let mixed: RateLimits = "published, reads=600/100,tokens=5".parse().unwrap();
        assert_eq!(mixed.reads, Limit::new(600, Some(100)));
        assert_eq!(mixed.tokens, Limit::new(5, None));
        assert_eq!(mixed.writes, RateLimits::PUBLISHED.writes);
        for wrong in [
            "",
            "strict",
            "reads",
            "reads=0",
            "reads=-1",
            "reads=1/x",
            "pages=1",
        ] {
            let refused = wrong.parse::<RateLimits>().unwrap_err();
            assert!(refused.contains("class=average/burst"), "{wrong}");
        }
    }
}
