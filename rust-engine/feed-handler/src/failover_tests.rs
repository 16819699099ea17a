use super::*;

const DAY: i64 = 86_400 * NANOS_PER_SECOND;

fn at(millis: i64) -> UnixNanos {
    UnixNanos(millis * 1_000_000)
}

fn links() -> Links {
    Links::new(Backoff::new(250_000_000, 60 * NANOS_PER_SECOND, 3), 23 * 3_600 * NANOS_PER_SECOND)
}

fn opened_at(now: UnixNanos) -> Links {
    let mut links = links();
    assert_eq!(links.tick(now, true, 10), [LinkAction::Open(ConnectionId(1))]);
    links.opened(ConnectionId(1), now);
    links
}

#[test]
fn the_new_connection_stands_before_the_old_one_goes() {
    let mut links = opened_at(at(0));
    assert!(links.replace(Replace::ServerShutdown));
    assert!(!links.replace(Replace::ServerShutdown), "said once");
    assert_eq!(links.tick(at(20_000), true, 10), [LinkAction::Open(ConnectionId(2))]);
    assert_eq!(links.tick(at(20_100), true, 10), [], "one at a time");
    links.opened(ConnectionId(2), at(20_200));
    assert!(links.is_current(ConnectionId(1)) && links.is_next(ConnectionId(2)));
    assert_eq!(links.promote(at(20_300)), Some(ConnectionId(1)));
    assert!(links.is_current(ConnectionId(2)));
    assert!(!links.closed(ConnectionId(1), at(20_400)), "the old one was dropped by us");
    assert_eq!(links.reconnections(), 1);
}

#[test]
fn a_silent_connection_that_speaks_again_is_handed_over_from_in_peace() {
    let mut links = opened_at(at(0));
    links.replace(Replace::Silence);
    links.tick(at(5_000), true, 10);
    links.opened(ConnectionId(2), at(5_100));
    assert!(links.is_current_lost(at(5_100)));
    links.heard(ConnectionId(1), at(5_200));
    assert!(!links.is_current_lost(at(5_300)));
}

#[test]
fn old_age_and_a_dead_line_replace_a_connection() {
    let mut links = opened_at(at(0));
    assert_eq!(links.tick(at(59_999), true, 10), []);
    assert_eq!(links.tick(at(60_000), true, 10), [LinkAction::Open(ConnectionId(2))], "no ping for a minute");
    let mut links = opened_at(at(0));
    let almost = UnixNanos(23 * 3_600 * NANOS_PER_SECOND - 1);
    links.heard(ConnectionId(1), almost);
    assert_eq!(links.tick(almost, true, 10), []);
    assert_eq!(links.tick(almost + 1, true, 10), [LinkAction::Open(ConnectionId(2))]);
}

#[test]
fn gives_up_after_ten_failures_while_flat_and_never_with_a_position() {
    for (flat, gives_up) in [(true, true), (false, false)] {
        let (mut links, mut now, mut opened) = (links(), at(0), 0);
        let mut gave_up = false;
        while now < UnixNanos(DAY) && !gave_up && opened < 400 {
            for action in links.tick(now, flat, 10) {
                match action {
                    LinkAction::Open(id) => {
                        opened += 1;
                        links.closed(id, now);
                    }
                    LinkAction::GiveUp(failures) => {
                        assert_eq!((failures, opened), (10, 10));
                        gave_up = true;
                    }
                }
            }
            now = now + 100_000_000;
        }
        assert_eq!(gave_up, gives_up);
    }
}

#[test]
fn never_faster_than_the_venues_connection_budget() {
    let mut links = Links::new(Backoff::new(1, 1, 3), DAY);
    let (mut now, mut opened) = (at(0), Vec::new());
    while now < at(900_000) {
        for action in links.tick(now, false, 10) {
            let LinkAction::Open(id) = action else { panic!("{action:?}") };
            opened.push(now);
            links.closed(id, now);
        }
        now = now + 100_000_000;
    }
    for (index, &first) in opened.iter().enumerate() {
        let within = opened[index..].iter().filter(|later| later.since(first) < ATTEMPTS_WINDOW).count();
        assert!(within <= 300, "{within} attempts in five minutes");
    }
}

#[test]
fn a_lost_connection_hands_over_to_the_one_that_was_being_opened() {
    let mut links = opened_at(at(0));
    links.replace(Replace::Latency);
    assert_eq!(links.tick(at(30_000), true, 10), [LinkAction::Open(ConnectionId(2))]);
    assert!(links.closed(ConnectionId(1), at(30_010)));
    assert!(links.is_current(ConnectionId(2)) && !links.is_connected());
    links.opened(ConnectionId(2), at(30_020));
    assert!(links.is_connected());
}

#[test]
fn a_replacement_that_helps_nothing_is_repeated_ever_more_slowly() {
    let mut links = opened_at(at(0));
    let (mut now, mut opened) = (at(1_000), Vec::new());
    while now < at(600_000) {
        links.replace(Replace::Latency);
        for action in links.tick(now, true, 10) {
            let LinkAction::Open(id) = action else { panic!("{action:?}") };
            opened.push(now);
            links.opened(id, now);
            links.heard(id, now);
            links.promote(now);
        }
        now = now + 100_000_000;
    }
    assert!(opened.len() < 30, "{} replacements in ten minutes", opened.len());
}
