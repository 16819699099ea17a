//! The one reader of configuration files and environment: text in, the rooms' own settings out.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use common::config::{Config, FILES, Layers};
use common::market::Symbol;
use data_bridge::BridgeConfig;

use crate::cli::Options;
use crate::error::CannotStart;

const BEST_PARAMS: &str = "best_params.toml";

/// What the engine was told.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) config: Config,
    /// The markets; empty means the one of the simulator's tape.
    pub(crate) symbols: Vec<Symbol>,
    /// The folder above the configuration: relative paths start here.
    pub(crate) root: PathBuf,
}

impl Settings {
    /// Reads every layer and checks it.
    pub(crate) fn read(options: &Options) -> Result<Self, CannotStart> {
        let folder = config_folder(options)?;
        let mut flags = Vec::new();
        flags.extend(options.venue.iter().map(|venue| format!("exchange.venue={venue}")));
        flags.extend(options.overrides.iter().cloned());
        let files = read_files(&folder, options.best_params)?;
        let config = Config::read(&Layers { files, env: env::vars_os().filter_map(unicode).collect(), flags })?;
        let symbols = symbols(&config, options);
        let root = fs::canonicalize(&folder).unwrap_or(folder).parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { config, symbols, root })
    }

    pub(crate) fn bridge(&self) -> BridgeConfig {
        let address = |key| self.config.text("zmq", key).to_owned();
        BridgeConfig {
            data_publisher_address: address("data_publisher_address"),
            command_receiver_address: address("command_receiver_address"),
            response_publisher_address: address("response_publisher_address"),
            data_high_water_mark: i32::try_from(self.config.int("zmq", "data_high_water_mark")).unwrap_or(i32::MAX),
        }
    }
}

/// Variables that are no Unicode cannot be ours.
fn unicode((name, value): (std::ffi::OsString, std::ffi::OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

fn config_folder(options: &Options) -> Result<PathBuf, CannotStart> {
    if let Some(folder) = &options.config_dir {
        return match fs::read_dir(folder) {
            Ok(_) => Ok(folder.clone()),
            Err(source) => Err(CannotStart::File { path: folder.clone(), source }),
        };
    }
    let here = env::current_dir().map_err(|source| CannotStart::File { path: PathBuf::from("."), source })?;
    let holds_a_layer = |folder: &PathBuf| FILES.iter().any(|name| folder.join(name).is_file());
    let found = here.ancestors().map(|above| above.join("config")).find(holds_a_layer);
    found.ok_or(CannotStart::NoConfigFolder(here))
}

fn read_files(folder: &Path, best_params: bool) -> Result<BTreeMap<String, String>, CannotStart> {
    let mut files = BTreeMap::new();
    for name in FILES.into_iter().filter(|name| best_params || *name != BEST_PARAMS) {
        let path = folder.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => {
                files.insert(name.to_owned(), text);
            }
            Err(error) if error.kind() == ErrorKind::NotFound && !(best_params && name == BEST_PARAMS) => {}
            Err(source) => return Err(CannotStart::File { path, source }),
        }
    }
    Ok(files)
}

/// The markets: flags, else `[[symbols]]`, else `[symbol]`, else none.
fn symbols(config: &Config, options: &Options) -> Vec<Symbol> {
    let named: Vec<String> = if !options.symbols.is_empty() {
        options.symbols.iter().map(|name| name.replace('/', "")).collect()
    } else if !config.symbols().is_empty() {
        config.symbols().iter().map(|parts| format!("{}{}", parts.base, parts.quote)).collect()
    } else {
        vec![format!("{}{}", config.text("symbol", "base"), config.text("symbol", "quote"))]
    };
    let mut symbols: Vec<Symbol> = Vec::new();
    for name in named.iter().filter(|name| !name.is_empty()) {
        let symbol = Symbol::new(&name.to_uppercase());
        if !symbols.contains(&symbol) {
            symbols.push(symbol);
        }
    }
    symbols
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Options) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        let options = Options { config_dir: Some(folder.path().to_owned()), ..Options::default() };
        (folder, options)
    }

    fn names(settings: &Settings) -> Vec<&str> {
        settings.symbols.iter().map(Symbol::as_str).collect()
    }

    #[test]
    fn files_are_read_in_order_and_flags_win() {
        let (_folder, options) = folder(&[
            ("config.toml", "[zmq]\nbook_levels = 30\n"),
            ("local.toml", "[zmq]\nbook_levels = 40\n"),
            ("best_params.toml", "[fees]\nslippage_bps = 3.0\n"),
            ("notes.txt", "not ours"),
        ]);
        let settings = Settings::read(&options).expect("a good configuration");
        assert_eq!(settings.config.int("zmq", "book_levels"), 40);
        assert_eq!(settings.config.float("fees", "slippage_bps"), 1.0, "best_params.toml only when asked for");

        let asked = Options { best_params: true, overrides: vec!["zmq.book_levels=50".into()], ..options };
        let settings = Settings::read(&asked).expect("a good configuration");
        assert_eq!(settings.config.int("zmq", "book_levels"), 50);
        assert_eq!(settings.config.float("fees", "slippage_bps"), 3.0);
    }

    #[test]
    fn a_flag_beats_symbols_beats_symbol() {
        let one = "[symbol]\nbase = \"trx\"\nquote = \"usdt\"\n";
        let (_folder, options) = folder(&[("config.toml", one)]);
        assert_eq!(names(&Settings::read(&options).expect("one symbol")), ["TRXUSDT"]);

        let two = "[[symbols]]\nbase = \"BTC\"\nquote = \"USDT\"\n[[symbols]]\nbase = \"ETH\"\nquote = \"USDT\"\n";
        let (_folder, options) = folder(&[("config.toml", one), ("local.toml", two)]);
        assert_eq!(names(&Settings::read(&options).expect("two symbols")), ["BTCUSDT", "ETHUSDT"]);

        let flags = Options { symbols: vec!["pol/usdt".into(), "BNBUSDT".into(), "BNB/USDT".into()], ..options };
        assert_eq!(names(&Settings::read(&flags).expect("two symbols")), ["POLUSDT", "BNBUSDT"]);
    }

    #[test]
    fn without_a_symbol_it_is_the_tapes() {
        let (_folder, options) = folder(&[]);
        assert!(Settings::read(&options).expect("the defaults").symbols.is_empty());
    }

    #[test]
    fn a_missing_folder_and_missing_best_params_are_named() {
        let (folder, options) = folder(&[]);
        let asked = Options { best_params: true, ..options };
        let message = Settings::read(&asked).expect_err("no such file").to_string();
        assert!(message.contains("best_params.toml"), "{message}");

        let nowhere = Options { config_dir: Some(folder.path().join("nowhere")), ..Options::default() };
        let message = Settings::read(&nowhere).expect_err("no such folder").to_string();
        assert!(message.contains("nowhere"), "{message}");
    }
}
