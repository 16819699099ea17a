//! What happens before the engine is ready, or instead.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Output;

use crate::harness::{any_ports, config_in, engine, home, rest, signal, tape};

#[test]
fn a_signal_ends_it_while_it_still_starts() {
    let home = home();
    let config = config_in(&home);
    let mute = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let at = mute.local_addr().expect("bound");
    let settings = [any_ports(), vec![format!("exchange.rest_url=http://{at}")]].concat();
    let mut child = engine(&config, &settings).spawn().expect("the binary");
    let asked = mute.accept().expect("the engine asks for the venue's rules, and waits for ever");
    signal(&child, "TERM");
    assert_eq!(child.wait().expect("an end").code(), Some(0), "{}", rest(&mut child));
    drop(asked);
}

fn refused(config: &Path, settings: &[String]) -> String {
    let Output { status, stderr, stdout } = engine(config, settings).output().expect("the binary");
    let stderr = String::from_utf8(stderr).expect("text");
    assert_eq!((status.code(), stdout.is_empty()), (Some(2), true), "{stderr}");
    stderr
}

#[test]
fn what_cannot_start_says_so_once_with_exit_code_2() {
    let home = home();
    let config = config_in(&home);
    let bad = "[zmq]\nbook_levles = 5\nbook_mode = \"all\"\n";
    std::fs::write(config.join("local.toml"), bad).expect("a file");
    let message = refused(&config, &any_ports());
    for word in ["2 problems", "local.toml", "zmq.book_levels", "zmq.book_mode", "snapshot, incremental"] {
        assert!(message.contains(word), "no {word} in {message}");
    }
    std::fs::remove_file(config.join("local.toml")).expect("a file");

    let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = holder.local_addr().expect("bound").port();
    let taken = [any_ports(), vec![format!("zmq.command_receiver_address=tcp://127.0.0.1:{port}")]].concat();
    let message = refused(&config, &taken);
    for word in ["command_receiver_address", &port.to_string(), &format!("process {}", std::process::id())] {
        assert!(message.contains(word), "no {word} in {message}");
    }

    let elsewhere = [any_ports(), vec!["exchange.venue=binance".into()]].concat();
    assert!(refused(&config, &elsewhere).contains("[symbol] base and quote are not set"));

    let nobody = [any_ports(), vec![format!("exchange.rest_url=http://127.0.0.1:{}", free_port())]].concat();
    assert!(refused(&config, &nobody).contains("no venue at http://127.0.0.1"));

    let missing = [any_ports(), vec!["exchange.simulator_port=0".into(), "exchange.tape=nowhere.tape".into()]].concat();
    assert!(refused(&config, &missing).contains("nowhere.tape"));

    let real = [any_ports(), vec!["execution.mode=real".into()]].concat();
    assert!(refused(&config, &real).contains("paper orders only"));
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("bound").port()
}

#[test]
fn with_nothing_on_the_port_it_starts_the_simulator_itself() {
    let home = home();
    let config = config_in(&home);
    let tape = format!("exchange.tape={}", tape().display());
    let settings = [any_ports(), vec!["exchange.simulator_port=0".into(), tape]].concat();
    let Output { status, stderr, stdout } = engine(&config, &settings).output().expect("the binary");
    let stderr = String::from_utf8(stderr).expect("text");
    assert_eq!(status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("started the built-in one"), "{stderr}");
    assert!(String::from_utf8(stdout).expect("text").starts_with("engine ready: "));
}
