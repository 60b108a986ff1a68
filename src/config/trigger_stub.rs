//! Stands in for `schedule::parse_trigger` until it is there.

use super::Trigger;

pub fn parse_trigger(text: &str) -> Result<Trigger, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(Trigger::Off);
    }
    if let Some(rest) = text.strip_prefix("every ") {
        let rest = rest.trim();
        let (number, unit) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let factor = match unit.trim() {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err("units are s, m, h and d".to_owned()),
        };
        let n: u64 = number.parse().map_err(|_| "a number is missing".to_owned())?;
        return match n.checked_mul(factor) {
            Some(seconds) if seconds > 0 => Ok(Trigger::EverySeconds(seconds)),
            _ => Err("the interval is out of range".to_owned()),
        };
    }
    let cron: Result<croner::Cron, _> = text.parse();
    cron.map(|_| Trigger::Cron(text.to_owned()))
        .map_err(|error| error.to_string())
}
