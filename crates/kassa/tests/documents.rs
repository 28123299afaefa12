//! The documents on both listeners of a demo, over sockets.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use kassa::demo::running::{Running, Start};

async fn get(url: &str) -> (u16, String, String) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let response = client.get(url.parse().unwrap()).await.unwrap();
    let media_type = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        media_type,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn both_listeners_serve_the_documents_and_their_index() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Running::start(Start::in_folder(folder.path().to_owned()))
        .await
        .unwrap();
    let faces = [
        (demo.ready().gateway_url.clone(), "# Kassa\n"),
        (demo.ready().sandbox_url.clone(), "# Kassa's sandbox\n"),
    ];
    for (url, heading) in faces {
        for (path, expected) in [
            ("/docs", "text/html"),
            ("/docs.md", "text/markdown"),
            ("/docs/klarna/sandbox", "text/html"),
            ("/docs/klarna/sandbox.md", "text/markdown"),
            ("/docs/errors/INVALID_TOKEN", "text/html"),
            ("/docs/style.css", "text/css"),
            ("/llms.txt", "text/plain"),
        ] {
            let (status, media_type, _) = get(&format!("{url}{path}")).await;
            assert_eq!(status, 200, "{url}{path}");
            assert!(
                media_type.starts_with(expected),
                "{url}{path}: {media_type}"
            );
        }
        let (_, _, index) = get(&format!("{url}/llms.txt")).await;
        assert!(index.starts_with(heading), "{index}");
        assert!(index.contains("](/docs/klarna/sandbox.md)"), "{index}");
    }
    demo.stop().await.unwrap();
}
