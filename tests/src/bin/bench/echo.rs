//! A bare JSON echo of the same web server: what everything is held against.

use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The measure of all things: axum, one JSON body in, the same out.
pub(crate) async fn echo(address: SocketAddr) {
    let app = Router::new().route("/echo", post(async |Json(body): Json<Value>| Json(body)));
    let listener = tokio::net::TcpListener::bind(address).await.expect("a port");
    println!("ready");
    axum::serve(listener, app).await.expect("serves");
}

/// The echo as a process of its own, as the server is one.
pub(crate) struct Echo {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Echo {
    pub(crate) async fn start() -> Self {
        let free =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let child = Command::new(std::env::current_exe().expect("a path"))
            .args(["--echo", &free.to_string()])
            .stdout(Stdio::null())
            .spawn()
            .expect("starts");
        while tokio::net::TcpStream::connect(free).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self { child, address: free }
    }

    /// As the system knows it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
