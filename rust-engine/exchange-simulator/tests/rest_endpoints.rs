//! REST at the socket: answers, refusals, weights and bans.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use serde_json::{Value, json};
use support::{Simulator, TapeMaker};

#[tokio::test]
async fn refusals_have_the_venues_codes() {
    let simulator = Simulator::usual().await;
    for (path, refusal) in [
        ("/api/v3/depth", (400, -1102)),
        ("/api/v3/depth?symbol=NOSUCH", (400, -1121)),
        ("/api/v3/depth?symbol=trxusdt", (400, -1100)),
        ("/api/v3/depth?symbol=", (400, -1105)),
        ("/api/v3/depth?symbol=TRXUSDT&limit=abc", (400, -1100)),
        ("/api/v3/depth?symbol=TRXUSDT&depth=5", (400, -1104)),
        ("/api/v3/depth?symbol=TRXUSDT&symbol=TRXUSDT", (400, -1101)),
        ("/api/v3/depth?symbol=TRXUSDT&symbolStatus=HALT", (400, -1220)),
        ("/api/v3/depth?symbol=TRXUSDT&symbolStatus=ASLEEP", (400, -1122)),
        ("/api/v3/klines?symbol=TRXUSDT&interval=2s", (400, -1120)),
        ("/api/v3/klines?symbol=TRXUSDT", (400, -1102)),
        ("/api/v3/aggTrades?symbol=TRXUSDT&fromId=1&startTime=1", (400, -1128)),
        ("/api/v3/exchangeInfo?symbol=TRXUSDT&symbols=%5B%22TRXUSDT%22%5D", (400, -1128)),
        ("/api/v3/exchangeInfo?symbols=%5B%22TRXUSDT%22,%22TRXUSDT%22%5D", (400, -1151)),
        ("/api/v3/exchangeInfo?symbols=TRXUSDT", (400, -1100)),
        ("/api/v3/ticker/price?symbols=%5B%22NOSUCH%22%5D", (400, -1121)),
        ("/api/v3/ticker?windowSize=60m&symbol=TRXUSDT", (400, -1130)),
        ("/api/v3/nothing", (404, -1000)),
    ] {
        assert_eq!(simulator.refusal(path).await, refusal, "{path}");
    }
    let words = simulator.get("/api/v3/depth?symbol=NOSUCH").await;
    assert_eq!(words, json!({"code": -1121, "msg": "Invalid symbol."}));
    assert_eq!(simulator.response("/api/v3/userDataStream").await.status(), 410);
}

#[tokio::test]
async fn weights_are_charged_as_documented() {
    let simulator = Simulator::usual().await;
    let mut used = 0;
    for (path, weight) in [
        ("/api/v3/ping", 1),
        ("/api/v3/time", 1),
        ("/api/v3/exchangeInfo", 20),
        ("/api/v3/depth?symbol=TRXUSDT", 5),
        ("/api/v3/depth?symbol=TRXUSDT&limit=101", 25),
        ("/api/v3/depth?symbol=TRXUSDT&limit=1000", 50),
        ("/api/v3/depth?symbol=TRXUSDT&limit=9999", 250),
        ("/api/v3/depth?symbol=NOSUCH", 5),
        ("/api/v3/trades?symbol=TRXUSDT", 25),
        ("/api/v3/aggTrades?symbol=TRXUSDT", 4),
        ("/api/v3/klines?symbol=TRXUSDT&interval=1s", 2),
        ("/api/v3/uiKlines?symbol=TRXUSDT&interval=1s", 2),
        ("/api/v3/avgPrice?symbol=TRXUSDT", 2),
        ("/api/v3/ticker/24hr?symbol=TRXUSDT", 2),
        ("/api/v3/ticker/24hr", 80),
        ("/api/v3/ticker/price", 4),
        ("/api/v3/ticker/bookTicker?symbol=TRXUSDT", 2),
    ] {
        let response = simulator.response(path).await;
        let header = |name: &str| response.headers()[name].to_str().unwrap().parse::<u32>().unwrap();
        // A new minute may begin between two requests; then the count begins anew.
        let (before, now) = (used, header("x-mbx-used-weight-1m"));
        assert!(now == before + weight || now == weight, "{path}: {before} -> {now}");
        assert_eq!(now, header("x-mbx-used-weight"));
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("application/json"), "{path}");
        used = now;
    }
}

#[tokio::test]
async fn who_asks_too_much_is_refused_and_then_banned() {
    let simulator = Simulator::usual().await;
    let mut statuses = Vec::new();
    // Two full minutes' weight, so that a minute that begins in between does not matter.
    for _ in 0..70 {
        let response = simulator.response("/api/v3/depth?symbol=TRXUSDT&limit=5000").await;
        let retry_after =
            response.headers().get("retry-after").map(|value| value.to_str().unwrap().parse::<u64>().unwrap());
        statuses.push((response.status().as_u16(), retry_after));
    }
    let first = |status: u16| statuses.iter().position(|&(seen, _)| seen == status).unwrap();
    assert!(first(200) < first(429) && first(429) < first(418), "{statuses:?}");
    assert!(matches!(statuses[first(429)].1, Some(1..=60)));
    assert!(matches!(statuses[first(418)].1, Some(1..=120)));
    let banned = simulator.get("/api/v3/ping").await;
    assert_eq!(banned["code"], -1003);
    assert!(banned["msg"].as_str().unwrap().contains("IP banned until"), "{banned}");
}

#[tokio::test]
async fn the_minutes_before_the_start_are_history() {
    let tape = TapeMaker { history_seconds: 400, live_seconds: 5, ..TapeMaker::default() }.write();
    let simulator = Simulator::start(tape.config()).await;
    let info = simulator.get("/api/v3/exchangeInfo?symbol=TRXUSDT").await;
    assert_eq!(info["symbols"][0]["filters"][0]["filterType"], "PRICE_FILTER", "clients read the first filter");
    assert_eq!(info["rateLimits"][0]["limit"], 6_000);
    let now = simulator.get("/api/v3/time").await["serverTime"].as_i64().unwrap();

    let bars = simulator.get("/api/v3/klines?symbol=TRXUSDT&interval=1s&limit=1000").await;
    let bars = bars.as_array().unwrap();
    assert!(bars.len() >= 300, "{}", bars.len());
    assert!(bars.windows(2).all(|pair| pair[0][0].as_i64().unwrap() + 1_000 == pair[1][0].as_i64().unwrap()));
    assert!((now - bars[bars.len() - 1][0].as_i64().unwrap()).abs() <= 6_000, "up to now");
    assert!(bars.iter().all(|bar| bar.as_array().unwrap().len() == 12 && bar[6].as_i64().unwrap() % 1_000 == 999));

    let start = bars[100][0].as_i64().unwrap();
    let path = format!("/api/v3/aggTrades?symbol=TRXUSDT&startTime={start}&limit=10");
    let mut page = simulator.get(&path).await;
    assert!(page[0]["T"].as_i64().unwrap() >= start && page[0]["T"].as_i64().unwrap() < start + 250);
    let mut ids = Vec::new();
    while let Some(last) = page.as_array().and_then(|page| page.last()).map(|last| last["a"].as_u64().unwrap()) {
        ids.extend(page.as_array().unwrap().iter().map(|aggregate| aggregate["a"].as_u64().unwrap()));
        page = simulator.get(&format!("/api/v3/aggTrades?symbol=TRXUSDT&fromId={}&limit=500", last + 1)).await;
    }
    assert!(ids.windows(2).all(|pair| pair[0] + 1 == pair[1]), "paging loses nothing");
    assert!(ids.len() > 800, "{}", ids.len());

    let micros = simulator
        .http
        .get(simulator.url("/api/v3/trades?symbol=TRXUSDT&limit=1"))
        .header("X-MBX-TIME-UNIT", "MICROSECOND");
    let trade: Value = serde_json::from_str(&micros.send().await.unwrap().text().await.unwrap()).unwrap();
    assert!(trade[0]["time"].as_i64().unwrap() > 1_000_000_000_000_000);
    let refused =
        simulator.http.get(simulator.url("/api/v3/time")).header("X-MBX-TIME-UNIT", "WEEK").send().await.unwrap();
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn depth_is_cut_to_its_limit_and_sorted() {
    let simulator = Simulator::usual().await;
    let depth = simulator.get("/api/v3/depth?symbol=TRXUSDT&limit=7").await;
    let prices = |side: &str| -> Vec<f64> {
        depth[side].as_array().unwrap().iter().map(|level| level[0].as_str().unwrap().parse().unwrap()).collect()
    };
    assert_eq!((prices("bids").len(), prices("asks").len()), (7, 7));
    assert!(prices("bids").windows(2).all(|pair| pair[0] > pair[1]));
    assert!(prices("asks").windows(2).all(|pair| pair[0] < pair[1]));
}
