//! `tape`: makes, imports, cuts and describes tapes.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use common::number::{Price, Qty};
use exchange_simulator::convert::{Contents, Conversion, Part, Report, cut, inspect};
use exchange_simulator::generator::{DEFAULT_SEED, Options, Scenario};
use exchange_simulator::span::Point;

const EXAMPLES: &str = "\
Examples:
  tape generate --scenario flash_crash --seed 7 --out demo.tape
  tape info demo.tape
  tape convert TRXUSDT.csv.gz --from 21:27:30 --to 21:28:40 --out trx.tape
  tape convert BTCUSDC-aggTrades-2025-10-04.zip --out calm.tape
  tape convert btcusdt_20240808.gz btcusdt_20240809.gz --out raw.tape
  tape cut raw.tape --from 2024-08-09T00:01:00Z --history 0 --out piece.tape

Exit status: 0 done; 1 done, but rows were refused or the tape is unfinished; 2 not done.";

/// Makes, imports, cuts and describes tapes: recordings of a venue that can be replayed.
#[derive(Parser)]
#[command(name = "tape", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Says what is on a tape, after checking all of it.
    Info {
        /// The tape.
        tape: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a tape up from a seed.
    Generate(Generate),
    /// Makes a tape of trade files, archive files or raw recordings.
    Convert {
        /// Files of one kind; parts of a recording in order.
        #[arg(required = true)]
        inputs: Vec<PathBuf>,
        /// The market, where the file does not tell it.
        #[arg(long)]
        symbol: Option<String>,
        #[command(flatten)]
        part: PartArgs,
        #[command(flatten)]
        out: Out,
    },
    /// Copies a part of a tape; the piece begins with a snapshot of the book.
    Cut {
        /// The tape.
        tape: PathBuf,
        #[command(flatten)]
        part: PartArgs,
        #[command(flatten)]
        out: Out,
    },
}

#[derive(Args)]
struct Out {
    /// Where the new tape goes; what is there is replaced.
    #[arg(long)]
    out: PathBuf,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct PartArgs {
    /// First moment of the live part, in exchange time: date and time, time of day (UTC), Unix time, or seconds.
    #[arg(long)]
    from: Option<Point>,
    /// Last moment, likewise.
    #[arg(long)]
    to: Option<Point>,
    /// Seconds before --from that go along as history.
    #[arg(long, default_value_t = 320.0)]
    history: f64,
}

impl From<PartArgs> for Part {
    fn from(args: PartArgs) -> Self {
        Self { from: args.from, to: args.to, history: args.history.max(0.0) }
    }
}

#[derive(Args)]
struct Generate {
    /// The story.
    #[arg(long, value_enum, default_value_t = Scenario::FlashCrash)]
    scenario: Scenario,
    /// The same seed and options give the same bytes.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// How often the story is told, each time after its lead.
    #[arg(long)]
    times: Option<u32>,
    /// Market name, such as BTCUSDT.
    #[arg(long)]
    symbol: Option<String>,
    /// Price at the start.
    #[arg(long)]
    price: Option<Price>,
    /// Smallest price step.
    #[arg(long)]
    tick: Option<Price>,
    /// Smallest quantity step.
    #[arg(long)]
    step: Option<Qty>,
    /// Seconds of calm before the live part.
    #[arg(long)]
    history: Option<f64>,
    /// Seconds of calm between the live start and the story.
    #[arg(long)]
    lead: Option<f64>,
    /// Seconds of calm after the story.
    #[arg(long)]
    tail: Option<f64>,
    /// Orders and changes against the measured rates.
    #[arg(long)]
    rate: Option<f64>,
    /// Changed levels against what --rate makes of them.
    #[arg(long)]
    changes: Option<f64>,
    /// Depth and order sizes against the measured ones.
    #[arg(long)]
    size: Option<f64>,
    /// Put bookTicker frames on the tape, too.
    #[arg(long)]
    book_ticker: bool,
    #[command(flatten)]
    out: Out,
}

impl Generate {
    fn options(&self) -> Options {
        let usual = Options::default();
        Options {
            scenario: self.scenario,
            seed: self.seed,
            times: self.times.unwrap_or(usual.times),
            symbol: self.symbol.clone().unwrap_or(usual.symbol),
            price: self.price.unwrap_or(usual.price),
            tick: self.tick.unwrap_or(usual.tick),
            step: self.step.unwrap_or(usual.step),
            history: self.history.unwrap_or(usual.history),
            lead: self.lead.unwrap_or(usual.lead),
            tail: self.tail.unwrap_or(usual.tail),
            rate: self.rate.unwrap_or(usual.rate),
            changes: self.changes.unwrap_or(usual.changes),
            size: self.size.unwrap_or(usual.size),
            book_ticker: self.book_ticker,
        }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("tape: {error}");
            ExitCode::from(2)
        }
    }
}

/// Returns false where it was done, but the operator should look at what was said.
fn run(command: Command) -> Result<bool, Box<dyn Error>> {
    match command {
        Command::Info { tape, json } => {
            let contents = inspect(&tape)?;
            if json {
                println!("{}", serde_json::to_string_pretty(&contents)?);
            } else {
                describe(&contents);
            }
            if let Some(warning) = &contents.warning {
                eprintln!("warning: {warning}");
            }
            Ok(contents.warning.is_none())
        }
        Command::Generate(generate) => {
            generate.options().generate(&generate.out.out)?;
            let contents = inspect(&generate.out.out)?;
            if generate.out.json {
                println!("{}", serde_json::to_string_pretty(&contents)?);
            } else {
                describe(&contents);
            }
            Ok(true)
        }
        Command::Convert { inputs, symbol, part, out } => {
            let report = Conversion { inputs, symbol, part: part.into() }.convert(&out.out)?;
            tell(&report, &out)
        }
        Command::Cut { tape, part, out } => {
            let report = cut(&tape, part.into(), &out.out)?;
            tell(&report, &out)
        }
    }
}

fn tell(report: &Report, out: &Out) -> Result<bool, Box<dyn Error>> {
    if out.json {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else {
        let (lines, prints, diffs) = (report.lines, report.prints, report.diffs);
        println!("{}: {lines} lines, {prints} prints, {diffs} diffs", out.out.display());
        eprint!("{}", report.refused);
    }
    Ok(report.refused.total() == 0)
}

fn describe(contents: &Contents) {
    let header = &contents.header;
    let unknown = || "unknown".to_owned();
    println!("symbols    {}", header.symbol_names().join(", "));
    println!("source     {}{}", serde_json::json!(header.source).as_str().unwrap_or_default(), made_up(contents));
    println!("notes      {}", header.notes);
    println!("from       {}", contents.first.clone().unwrap_or_else(unknown));
    println!("to         {} ({:.1} s)", contents.last.clone().unwrap_or_else(unknown), contents.seconds);
    println!("live from  {}", contents.live_from.clone().unwrap_or_else(|| "the beginning".to_owned()));
    println!("clock      {:+.6} s off at the recorder", header.clock_error_ns as f64 / 1e9);
    println!("lines      {}", contents.lines);
    for (kind, count) in &contents.lines_by_kind {
        println!("  {count:>9}  {kind}");
    }
}

fn made_up(contents: &Contents) -> &'static str {
    match (contents.header.synthetic_book, contents.header.synthetic_trades) {
        (true, true) => ", book and trades made up",
        (true, false) => ", book made up around real trades",
        (false, true) => ", trades made up",
        (false, false) => "",
    }
}
