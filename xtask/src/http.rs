//! Just enough network to know that a server is up: a free port, an open port, the status of one GET. Loopback
//! only, std only; must not grow into a client (the stories in `tests/` have a real one).

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};

const LIMIT: Duration = Duration::from_secs(2);

/// Ports that systems do not hand out by themselves: between our look and the start of whoever is to listen there, nobody
/// gets one by chance.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;

/// A port that was free a moment ago. Nobody else of this process gets it.
pub(crate) fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Another run on this machine begins elsewhere.
    let start = (std::process::id().wrapping_mul(61) % u32::from(PORTS)) as u16;
    for _ in 0..PORTS {
        let nth = NEXT.fetch_add(1, Ordering::Relaxed) % PORTS;
        let port = FIRST_PORT + (start + nth) % PORTS;
        if is_free(port) {
            return Ok(port);
        }
    }
    bail!("no free port on 127.0.0.1")
}

/// This port if it is free, else another.
pub(crate) fn free_port_preferring(port: u16) -> Result<u16> {
    if is_free(port) { Ok(port) } else { free_port() }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Whether something accepts connections there.
pub(crate) fn is_open(port: u16) -> bool {
    TcpStream::connect_timeout(&loopback(port), LIMIT).is_ok()
}

/// The status code of `GET path`.
pub(crate) fn status(port: u16, path: &str) -> std::io::Result<u16> {
    let address = loopback(port);
    let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    // "HTTP/1.1 200" is all we want to know.
    let mut head = [0_u8; 12];
    stream.read_exact(&mut head)?;
    let line = String::from_utf8_lossy(&head);
    line.split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| Error::new(ErrorKind::InvalidData, "no status line"))
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_a_get_is_read() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0_u8; 256];
            let read = stream.read(&mut request).unwrap();
            stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        assert_eq!(status(port, "/readyz").unwrap(), 503);
        assert!(server.join().unwrap().starts_with("GET /readyz HTTP/1.1\r\n"));
    }

    #[test]
    fn a_closed_port_is_an_error() {
        let port = free_port().unwrap();
        assert!(status(port, "/readyz").is_err());
        assert!(!is_open(port));
    }
}
