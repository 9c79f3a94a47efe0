//! A network line to a database that can be cut, or fall silent.

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Up,
    Cut,
    Silent,
    /// New connections are forwarded; those that fell silent stay so.
    Rerouted,
}

impl State {
    fn forwards(self) -> bool {
        matches!(self, Self::Up | Self::Rerouted)
    }
}

/// Forwards connections while it is up.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
}

impl Line {
    /// A line to `target`, up.
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, receiver) = watch::channel(State::Up);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(forward(near, target, receiver.clone()));
            }
        });
        Self { address, state: Arc::new(sender) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Drops all connections, and new ones as they come.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Holds all connections, and new ones, without a word.
    pub fn hush(&self) {
        self.state.send_replace(State::Silent);
    }

    /// New connections are forwarded; those that fell silent are dropped.
    pub fn mend(&self) {
        self.state.send_replace(State::Up);
    }

    /// New connections are forwarded; on those that fell silent nothing ever comes, as where a network has lost them.
    pub fn reroute(&self) {
        self.state.send_replace(State::Rerouted);
    }
}

async fn forward(mut near: TcpStream, target: SocketAddr, mut state: watch::Receiver<State>) {
    let now = *state.borrow();
    if now.forwards() {
        let Ok(mut far) = TcpStream::connect(target).await else { return };
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
            _ = state.wait_for(|state| !state.forwards()) => {}
        }
        let now = *state.borrow();
        if now == State::Silent {
            // Both ends stay open meanwhile.
            let _ = state.wait_for(|state| matches!(state, State::Up | State::Cut)).await;
        }
    } else if now == State::Silent {
        let _ = state.wait_for(|state| matches!(state, State::Up | State::Cut)).await;
    }
}
