//! QR codes as pictures.
//!
//! Invariant: black on white with the quiet zone that the standard asks for, so that any phone reads it from a screen.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use qrcodegen::{QrCode, QrCodeEcc};

/// Empty modules around the code.
const QUIET: i32 = 4;

/// The picture that leads to an address.
pub(super) fn picture(address: &str) -> Response {
    let Ok(code) = QrCode::encode_text(address, QrCodeEcc::Medium) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, drawing(&code)).into_response()
}

fn drawing(code: &QrCode) -> String {
    let size = code.size();
    let whole = size + 2 * QUIET;
    let mut path = String::new();
    for y in 0..size {
        for x in 0..size {
            if code.get_module(x, y) {
                path.push_str(&format!("M{} {}h1v1h-1z", x + QUIET, y + QUIET));
            }
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" width=\"{0}\" height=\"{0}\" \
         shape-rendering=\"crispEdges\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><path d=\"{path}\"/></svg>",
        whole * 8
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_finder_patterns_stand_inside_a_quiet_zone() {
        let code = QrCode::encode_text(
            "http://127.0.0.1:8090/hpp/payments/2OCkffK",
            QrCodeEcc::Medium,
        )
        .unwrap();
        let drawn = drawing(&code);
        // The corners of the three finder patterns are dark, everything left of and above them is not.
        let far = code.size() - 7 + QUIET;
        for (x, y) in [(QUIET, QUIET), (far, QUIET), (QUIET, far)] {
            assert!(drawn.contains(&format!("M{x} {y}h1v1h-1z")), "{x} {y}");
        }
        for edge in 0..QUIET {
            assert!(!drawn.contains(&format!("M{edge} ")), "{edge}");
        }
    }
}
