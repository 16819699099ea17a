//! No bytes make a parser panic, and what is printed is read back exactly.

use common::number::{Price, Qty};
use common::time::UnixNanos;
use feed_handler::binance::{
    Frame, parse_agg_trades, parse_exchange_info, parse_frame, parse_klines, parse_server_time, parse_snapshot,
};
use proptest::prelude::*;
use serde_json::json;

/// Frames and answers as the venue's documentation prints them.
const SAMPLES: [&str; 14] = [
    r#"{"stream":"bnbbtc@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,"b":[["0.0024","10"]],"a":[["0.0026","100"],["0.0027","0"]]}}"#,
    r#"{"e":"depthUpdate","E":1672515782136,"s":"BNBBTC","U":157,"u":160,"b":[["0.0024","10"]],"a":[]}"#,
    r#"{"stream":"bnbbtc@trade","data":{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"M":true}}"#,
    r#"{"stream":"bnbbtc@aggTrade","data":{"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,"T":1672515782136,"m":true,"M":true}}"#,
    r#"{"stream":"bnbusdt@bookTicker","data":{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}}"#,
    r#"{"stream":"bnbbtc@kline_1s","data":{"e":"kline","E":1672515782136,"s":"BNBBTC","k":{"t":1672515780000,"T":1672515780999,"s":"BNBBTC","i":"1s","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":true,"q":"1.0000","V":"500","Q":"0.500","B":"123456"}}}"#,
    r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}"#,
    r#"{"result":null,"id":312}"#,
    r#"{"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":1}"#,
    r#"{"lastUpdateId":1027024,"bids":[["4.00000000","431.00000000"]],"asks":[["4.00000200","12.00000000"]]}"#,
    r#"[[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",1499644799999,"2434.19055334",308,"1756.87402397","28.46694368","0"]]"#,
    r#"[{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true,"M":true}]"#,
    r#"{"serverTime":1499827319559}"#,
    r#"{"serverTime":1565246363776,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000}],"symbols":[{"symbol":"ETHBTC","status":"TRADING","baseAsset":"ETH","quoteAsset":"BTC","filters":[{"filterType":"PRICE_FILTER","minPrice":"0.00000100","maxPrice":"100000.00000000","tickSize":"0.00000100"},{"filterType":"NOTIONAL","minNotional":"0.00010000","maxNotional":"9000000.00000000","avgPriceMins":5}]}]}"#,
];

fn parse_all(bytes: &[u8]) {
    let _ = parse_frame(bytes, UnixNanos(1));
    let _ = parse_snapshot(bytes);
    let _ = parse_klines(bytes);
    let _ = parse_agg_trades(bytes);
    let _ = parse_server_time(bytes);
    let _ = parse_exchange_info(bytes);
}

fn kind(frame: &Frame) -> &'static str {
    match frame {
        Frame::Depth(_) => "depth",
        Frame::Trade(_) => "trade",
        Frame::BookTicker(_) => "bookTicker",
        Frame::AggTrade(_) => "aggTrade",
        Frame::Kline(_) => "kline",
        Frame::ServerShutdown { .. } => "serverShutdown",
        Frame::EndOfTape { .. } => "endOfTape",
        Frame::Reply { .. } => "reply",
        Frame::Other(_) => "other",
    }
}

#[test]
fn the_documented_messages_are_read() {
    let kinds: Vec<&str> =
        SAMPLES[..9].iter().map(|text| kind(&parse_frame(text.as_bytes(), UnixNanos(1)).expect(text))).collect();
    let expected = ["depth", "depth", "trade", "aggTrade", "bookTicker", "kline", "serverShutdown", "reply", "reply"];
    assert_eq!(kinds, expected);
    assert_eq!(parse_snapshot(SAMPLES[9].as_bytes()).expect("a snapshot").last_update_id, 1_027_024);
    let bars = parse_klines(SAMPLES[10].as_bytes()).expect("bars");
    assert_eq!((bars[0].trade_count, bars[0].buy_volume.to_string()), (308, "1756.87402397".to_owned()));
    assert_eq!(parse_agg_trades(SAMPLES[11].as_bytes()).expect("aggregates")[0].last_trade_id, 27_781);
    assert_eq!(parse_server_time(SAMPLES[12].as_bytes()), Ok(UnixNanos(1_499_827_319_559_000_000)));
    let info = parse_exchange_info(SAMPLES[13].as_bytes()).expect("rules");
    assert_eq!((info.rate_limits[0].window_seconds, info.time_shift_ns), (60, 0));
    let rules = &info.symbols[0].instrument;
    assert_eq!((rules.tick_size.to_string(), rules.min_notional.to_string()), ("0.000001".into(), "0.0001".into()));
    assert!(rules.step_size.is_zero(), "an absent filter is off");
}

#[test]
fn the_order_of_fields_does_not_matter_and_escapes_are_read() {
    let frames = [
        r#"{"data":{"u":160,"U":157,"a":[],"b":[["0.0024","10",[]]],"s":"BNBBTC","E":1672515782136,"e":"depthUpdate"},"stream":"bnbbtc@depth"}"#,
        r#"{"stream":"bnbbtc@depth","data":{"e":"depthUpdate","E":1672515782136,"s":"BNB\u0042TC","U":157,"u":160,"b":[["0.002\u0034","10"]],"a":[]}}"#,
    ];
    let [Frame::Depth(first), Frame::Depth(second)] =
        frames.map(|text| parse_frame(text.as_bytes(), UnixNanos(1)).expect(text))
    else {
        panic!("two updates")
    };
    assert_eq!(first, second);
}

#[test]
fn milliseconds_and_microseconds_are_one_time() {
    let read = |time: &str| {
        let text = SAMPLES[2].replace("1672515782136", time);
        let Ok(Frame::Trade(print)) = parse_frame(text.as_bytes(), UnixNanos(1)) else { panic!("{text}") };
        print.exchange_ts
    };
    assert_eq!(read("1672515782136"), read("1672515782136000"));
}

#[derive(Clone, Debug)]
enum Damage {
    Cut(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    let words = prop::sample::select(vec![
        &b"\"-1\""[..],
        b"null",
        b"1e400",
        b"[[",
        b"}",
        b"\xff\xfe",
        b"\"NaN\"",
        b"-0",
        b"99999999999999999999",
    ]);
    prop_oneof![
        at().prop_map(Damage::Cut),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
        (at(), words).prop_map(|(at, word)| Damage::Insert(at, word.to_vec())),
        (at(), 1..20_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match damage {
            Damage::Cut(at) => bytes.truncate(at.index(length)),
            Damage::Flip(at, byte) => bytes[at.index(length)] = *byte,
            Damage::Insert(at, word) => {
                let at = at.index(length);
                bytes.splice(at..at, word.iter().copied());
            }
            Damage::Remove(at, count) => {
                let at = at.index(length);
                bytes.drain(at..length.min(at + count));
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_damage_makes_a_parser_panic(
        sample in prop::sample::select(SAMPLES.to_vec()),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        parse_all(&damaged(sample.as_bytes().to_vec(), &damages));
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        parse_all(&bytes);
    }

    #[test]
    fn every_level_is_read_exactly(levels in prop::collection::vec((1..=i64::MAX, 0..=i64::MAX), 0..30)) {
        let printed: Vec<[String; 2]> = levels.iter().map(|&(price, quantity)| {
            [Price::from_raw(price).unwrap().to_string(), Qty::from_raw(quantity).unwrap().to_string()]
        }).collect();
        let text = json!({"stream": "x@depth", "data": {"e": "depthUpdate", "E": 1, "s": "X", "U": 1, "u": 2, "b": printed, "a": []}});
        let Ok(Frame::Depth(diff)) = parse_frame(text.to_string().as_bytes(), UnixNanos(1)) else { panic!("{text}") };
        let read: Vec<(i64, i64)> = diff.bids.iter().map(|level| (level.price.raw(), level.quantity.raw())).collect();
        prop_assert_eq!(read, levels);
    }
}
