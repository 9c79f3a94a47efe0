//! Files of resources that are sent over the API.

use crate::api::client::{Client, Told};
use serde_json::Value;
use std::time::Duration;

pub(crate) const IMPORTS: &str = "/api/v1/resource-imports";

pub(crate) async fn send(client: &Client, query: &str, media_type: &str, text: &str) -> Told {
    let body = Some((media_type, text.as_bytes().to_vec()));
    client.send("POST", &format!("{IMPORTS}{query}"), &[], body).await
}

/// The import once it came to its end; asked again and again, as a program does.
pub(crate) async fn finished(client: &Client, told: &Told) -> Value {
    assert_eq!(told.status, 202, "{told:?}");
    let location = told.header("location").to_owned();
    let mut last = Value::Null;
    let asked = async {
        // On a machine that is held up an import that goes on may read as stopped for a while.
        while last["state"] != "finished" {
            tokio::task::yield_now().await;
            let import = client.get(&location).await;
            assert_eq!(import.status, 200, "{import:?}");
            last = import.body;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(60), asked).await;
    assert!(ended.is_ok(), "does not come to its end: {last}");
    last
}
