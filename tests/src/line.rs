//! A network line that can be cut, or fall silent, or lose an answer.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
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

    /// A line to `target` that loses what comes back on a connection along which these words went, in this order. What
    /// goes there arrives all the same, the last of the words too. It is neither cut nor hushed.
    pub async fn losing_answers_to(target: SocketAddr, words: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let ear = Ear { words: words.clone(), tail: Vec::new() };
                tokio::spawn(lose(near, target, ear));
            }
        });
        Self { address, state: Arc::new(watch::channel(State::Up).0) }
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

/// Listens for words, one after the other.
struct Ear {
    /// Those that are yet to come.
    words: Vec<Vec<u8>>,
    /// What may be the begin of the next one.
    tail: Vec<u8>,
}

impl Ear {
    /// Whether all of them went by, with this.
    fn hears(&mut self, said: &[u8]) -> bool {
        self.tail.extend_from_slice(said);
        while let Some(word) = self.words.first() {
            let Some(at) = self.tail.windows(word.len()).position(|here| here == word.as_slice()) else {
                let kept = self.tail.len().min(word.len() - 1);
                self.tail.drain(..self.tail.len() - kept);
                return false;
            };
            self.tail.drain(..at + word.len());
            self.words.remove(0);
        }
        true
    }
}

/// Until either end closes.
async fn lose(mut near: TcpStream, target: SocketAddr, mut ear: Ear) -> io::Result<()> {
    let mut far = TcpStream::connect(target).await?;
    let (mut there, mut back) = (vec![0; 16_384], vec![0; 16_384]);
    let mut lost = false;
    loop {
        tokio::select! {
            read = near.read(&mut there) => {
                let said = &there[..read?];
                if said.is_empty() {
                    return Ok(());
                }
                // Before it goes on: its answer is lost too.
                lost = lost || ear.hears(said);
                far.write_all(said).await?;
            }
            read = far.read(&mut back) => {
                let said = &back[..read?];
                if said.is_empty() {
                    return Ok(());
                }
                if !lost {
                    near.write_all(said).await?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_heard_in_their_order_however_they_are_cut() {
        let ear = || Ear { words: vec![b"INSERT".to_vec(), b"COMMIT".to_vec()], tail: Vec::new() };
        for (said, heard) in [
            (vec!["COMMIT", "INSERT"], false),
            (vec!["INSERT", "COMMIT"], true),
            (vec!["BEGIN INS", "ERT INTO", " x COM", "MIT"], true),
            (vec!["INSERT COMMIT"], true),
            (vec!["INSERT COMMI", "XCOMMI"], false),
        ] {
            let mut ear = ear();
            let mut last = false;
            for said in &said {
                last = ear.hears(said.as_bytes());
            }
            assert_eq!(last, heard, "{said:?}");
        }
    }
}
