//! What was measured, as a table; each line is printed as soon as it is known.

use std::time::Duration;

pub fn head() {
    println!("{:<32}{:>12}{:>10}{:>9}   ", "what", "took", "ratio", "target");
}

/// `ratio` should be `most` or less.
pub fn line(what: &str, took: &str, ratio: f64, most: f64, note: &str) {
    let verdict = if ratio <= most {
        "ok".to_owned()
    } else {
        format!("MISSED by {:.0} %", (ratio / most - 1.0) * 100.0)
    };
    let note = if note.is_empty() {
        String::new()
    } else {
        format!("; {note}")
    };
    println!("{what:<32}{took:>12}{ratio:>10.2}{most:>9.2}   {verdict}{note}");
}

pub fn fact(what: &str, took: &str, note: &str) {
    println!("{what:<32}{took:>12}{:>22}{note}", "");
}

pub fn ms(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1_000.0)
}

pub fn mib(size: f64) -> String {
    format!("{size:.1} MiB")
}
