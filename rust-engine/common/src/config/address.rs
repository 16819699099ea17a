//! Which addresses may be used: our own channels stay on the machine, a venue's is an origin without a path.

use core::net::Ipv4Addr;

/// True for a ZeroMQ endpoint that nobody outside of this machine can reach: `ipc://`, or `tcp://` on loopback.
///
/// ```
/// use common::config::is_local_endpoint;
/// assert!(is_local_endpoint("tcp://127.0.0.1:5555"));
/// assert!(is_local_endpoint("ipc:///tmp/flashcrash"));
/// assert!(!is_local_endpoint("tcp://0.0.0.0:5555"));
/// ```
#[must_use]
pub fn is_local_endpoint(endpoint: &str) -> bool {
    if let Some(path) = endpoint.strip_prefix("ipc://") {
        return !path.is_empty();
    }
    let Some((host, port)) = endpoint.strip_prefix("tcp://").and_then(|rest| rest.rsplit_once(':')) else {
        return false;
    };
    let plain_port =
        port == "*" || (port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|p| p > 0));
    let loopback = match host.parse::<Ipv4Addr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost" || host == "[::1]",
    };
    plain_port && loopback
}

/// True for one of the schemes followed by a host and at most a port.
pub(super) fn is_origin(url: &str, schemes: &[&str]) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    schemes.iter().filter_map(|scheme| url.strip_prefix(scheme)).any(|host| !host.is_empty() && host.bytes().all(plain))
}
