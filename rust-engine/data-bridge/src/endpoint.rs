//! Binding a socket to an address of this machine, or a clear refusal.

use std::os::unix::net::UnixStream;

use common::config::is_local_endpoint;

use crate::error::BridgeError;

/// Binds, and tells the address that was really bound (a `*` port has become a number).
pub(crate) fn bind(socket: &zmq::Socket, key: &'static str, endpoint: &str) -> Result<String, BridgeError> {
    if !is_local_endpoint(endpoint) {
        return Err(BridgeError::NotLocal { key, endpoint: endpoint.to_owned() });
    }
    let failed = |error: zmq::Error| match error {
        zmq::Error::EADDRINUSE => BridgeError::Taken { key, endpoint: endpoint.to_owned() },
        other => BridgeError::Socket { key, endpoint: endpoint.to_owned(), reason: other.to_string() },
    };
    // libzmq removes an existing socket file before it binds: without a look, a second engine would cut off the first.
    if endpoint.strip_prefix("ipc://").is_some_and(|path| UnixStream::connect(path).is_ok()) {
        return Err(BridgeError::Taken { key, endpoint: endpoint.to_owned() });
    }
    socket.bind(endpoint).map_err(failed)?;
    match socket.get_last_endpoint() {
        Ok(Ok(bound)) => Ok(bound),
        Ok(Err(_)) => Ok(endpoint.to_owned()),
        Err(error) => Err(failed(error)),
    }
}
