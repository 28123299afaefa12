//! Where a request was sent: scheme and host as the client sees them, and the organization in the host.
//!
//! Invariant: a forwarded host that is no host is ignored, so links never carry what a header smuggled in.

use http::{HeaderMap, Uri, header};

/// Scheme and host of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: &'static str,
    host: String,
}

/// What the first label of the host names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Label {
    /// Nothing: an address, or a host outside the domain.
    Bare,
    /// `auth.<domain>`.
    Auth,
    /// `<slug>.<domain>`.
    Organization(String),
}

impl Origin {
    pub(crate) fn of(headers: &HeaderMap, uri: &Uri, trust_forwarded: bool) -> Self {
        let forwarded = |name: &str| {
            let value = headers
                .get(name)
                .filter(|_| trust_forwarded)?
                .to_str()
                .ok()?;
            // Each proxy appends; the first is what the client asked for.
            Some(value.split(',').next()?.trim().to_owned())
        };
        let host = forwarded("x-forwarded-host")
            .filter(|host| is_host(host))
            .or_else(|| {
                uri.authority()
                    .map(|authority| authority.as_str().to_owned())
            })
            .or_else(|| {
                let host = headers.get(header::HOST)?.to_str().ok()?;
                is_host(host).then(|| host.to_owned())
            })
            .unwrap_or_else(|| "localhost".to_owned());
        let https = forwarded("x-forwarded-proto").is_some_and(|proto| proto == "https")
            || uri.scheme_str() == Some("https");
        Self {
            scheme: if https { "https" } else { "http" },
            host,
        }
    }

    /// `https://acme.example.com`, without a trailing slash.
    pub(crate) fn base(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// What the host names below `domain`. Ports are not compared: a proxy may change them.
    pub(crate) fn label(&self, domain: &str) -> Label {
        let host = without_port(&self.host).to_ascii_lowercase();
        let domain = without_port(domain).to_ascii_lowercase();
        let label = host
            .strip_suffix(&domain)
            .and_then(|rest| rest.strip_suffix('.'));
        match label {
            Some("auth") => Label::Auth,
            Some(label) if !label.is_empty() && !label.contains('.') => {
                Label::Organization(label.to_owned())
            }
            _ => Label::Bare,
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(headers: &[(&'static str, &'static str)]) -> Origin {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Origin::of(&map, &Uri::from_static("/api/orders"), true)
    }

    #[test]
    fn the_host_label_names_the_organization() {
        for (host, label) in [
            ("acme.kassa.test", Label::Organization("acme".to_owned())),
            (
                "ACME.kassa.test:8443",
                Label::Organization("acme".to_owned()),
            ),
            ("auth.kassa.test", Label::Auth),
            ("kassa.test", Label::Bare),
            ("a.b.kassa.test", Label::Bare),
            ("notkassa.test", Label::Bare),
            ("127.0.0.1:8080", Label::Bare),
            ("[::1]:8080", Label::Bare),
        ] {
            let origin = origin(&[("host", host)]);
            assert_eq!(origin.label("kassa.test:8080"), label, "{host}");
        }
    }

    #[test]
    fn forwarded_headers_win_when_they_are_hosts() {
        let forwarded = origin(&[
            ("host", "127.0.0.1:8080"),
            ("x-forwarded-host", "acme.kassa.test, inner"),
            ("x-forwarded-proto", "https"),
        ]);
        assert_eq!(forwarded.base(), "https://acme.kassa.test");
        let smuggled = origin(&[("host", "127.0.0.1:8080"), ("x-forwarded-host", "a/b?c")]);
        assert_eq!(smuggled.base(), "http://127.0.0.1:8080");
    }
}
