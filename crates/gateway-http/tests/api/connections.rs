//! What happens on a connection besides its answers.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::{House, JSON_API};

/// Sends a head and, once the door has had time to answer it, the body.
async fn send(stream: &mut TcpStream, head: &str, body: &str) -> String {
    let head = format!(
        "{head}\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    tokio::task::yield_now().await;
    stream.write_all(body.as_bytes()).await.unwrap();
    answer(stream).await
}

/// One answer, up to the end of its announced body.
async fn answer(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        let mut part = [0; 4096];
        let length = stream.read(&mut part).await.unwrap();
        assert_ne!(length, 0, "closed after {text:?}");
        read.extend_from_slice(&part[..length]);
    }
}

#[tokio::test]
async fn a_refusal_leaves_the_connection_usable() {
    let house = House::open().await;
    let token = house.guest("EU").await.token;
    let address = house.on_a_port().await;
    let body = r#"{"data":{"type":"orders","attributes":{}}}"#;
    let authorized = format!("Authorization: Bearer {token}\r\nContent-Type: {JSON_API}");
    for (head, status) in [
        ("POST /api/orders HTTP/1.1".to_owned(), "401"),
        ("POST /nothing HTTP/1.1".to_owned(), "404"),
        (
            format!("POST /api/orders HTTP/1.1\r\nAuthorization: Bearer {token}"),
            "415",
        ),
        (format!("PUT /api/orders HTTP/1.1\r\n{authorized}"), "405"),
        (format!("POST /api/nothing HTTP/1.1\r\n{authorized}"), "404"),
        (
            format!("POST /api/paypal_payments HTTP/1.1\r\n{authorized}"),
            "422",
        ),
        (
            format!("POST /api/orders HTTP/1.1\r\nAccept: text/html\r\n{authorized}"),
            "406",
        ),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let refused = send(&mut stream, &head, body).await;
        assert!(refused.starts_with(&format!("http/1.1 {status}")), "{head}");
        let next = send(&mut stream, "GET /livez HTTP/1.1", "").await;
        assert!(next.starts_with("http/1.1 200"), "{head}: {next}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_in_words_and_ends_the_connection() {
    let house = House::open().await;
    let address = house.on_a_port().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let body = "x".repeat(2 * 1024 * 1024);
    let refused = send(&mut stream, "POST /api/orders HTTP/1.1", &body).await;
    assert!(refused.starts_with("http/1.1 413"), "{refused}");
    assert!(refused.contains("payload_too_large"), "{refused}");
    assert!(refused.contains("connection: close"), "{refused}");
}
