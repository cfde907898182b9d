//! Asks a process on this machine whether it is ready, as the `healthcheck` verb of the programs does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long the whole question may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether the process whose health server listens on `listen` says that it is ready. An unspecified address, such as
/// `0.0.0.0:9090`, is asked on loopback.
pub async fn probe(listen: SocketAddr) -> bool {
    let asked = tokio::time::timeout(PATIENCE, ask(reachable(listen))).await;
    matches!(asked, Ok(Ok(true)))
}

async fn ask(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut status = [0; 12];
    stream.read_exact(&mut status).await?;
    Ok(&status == b"HTTP/1.1 200")
}

fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
