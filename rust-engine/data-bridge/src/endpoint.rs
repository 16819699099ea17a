//! Binding a socket to an address of this machine, or a clear refusal.

use std::fs;
use std::os::unix::net::UnixStream;

use common::config::is_local_endpoint;

use crate::error::BridgeError;

/// Binds, and tells the address that was really bound (a `*` port has become a number).
pub(crate) fn bind(socket: &zmq::Socket, key: &'static str, endpoint: &str) -> Result<String, BridgeError> {
    if !is_local_endpoint(endpoint) {
        return Err(BridgeError::NotLocal { key, endpoint: endpoint.to_owned() });
    }
    let failed = |error: zmq::Error| match error {
        zmq::Error::EADDRINUSE => taken(key, endpoint),
        other => BridgeError::Socket { key, endpoint: endpoint.to_owned(), reason: other.to_string() },
    };
    // libzmq removes an existing socket file before it binds: without a look, a second engine would cut off the first.
    if endpoint.strip_prefix("ipc://").is_some_and(|path| UnixStream::connect(path).is_ok()) {
        return Err(taken(key, endpoint));
    }
    socket.bind(endpoint).map_err(failed)?;
    match socket.get_last_endpoint() {
        Ok(Ok(bound)) => Ok(bound),
        Ok(Err(_)) => Ok(endpoint.to_owned()),
        Err(error) => Err(failed(error)),
    }
}

fn taken(key: &'static str, endpoint: &str) -> BridgeError {
    let port = endpoint.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let holder = port.and_then(holder_of).unwrap_or_default();
    BridgeError::Taken { key, endpoint: endpoint.to_owned(), holder }
}

/// The process that listens on a TCP port, as ` by process N (name)`, where the system shows it (Linux).
fn holder_of(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let link = tables.iter().flat_map(|table| table.lines().skip(1)).find_map(|row| listening_inode(row, port))?;
    let link = format!("socket:[{link}]");
    let mut processes = fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    let pid = processes.find(|pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        files.filter_map(|file| fs::read_link(file.path()).ok()).any(|target| target.to_str() == Some(&link))
    })?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(format!(" by process {pid} ({})", name.trim()))
}

/// The socket's inode where a row of `/proc/net/tcp` is a listener on `port`.
fn listening_inode(row: &str, port: u16) -> Option<&str> {
    const LISTEN: &str = "0A";
    let columns: Vec<&str> = row.split_whitespace().collect();
    let local_port = columns.get(1)?.rsplit_once(':')?.1;
    let here = u16::from_str_radix(local_port, 16).ok()? == port;
    if here && *columns.get(3)? == LISTEN { columns.get(9).copied() } else { None }
}
