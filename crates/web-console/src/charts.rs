//! Charts as inline SVG: bars that lead somewhere, and stacked columns of days. Each stands beside a table of the same
//! numbers. Colours are classes of the sheet; where the parts lie is computed here, apart from how they are written.

use askama::Template;

use crate::page::PageContext;
use crate::render::Markup;

/// Width of the box in which a bar is drawn.
const BAR_WIDTH: f64 = 300.0;
/// The box in which columns are drawn, and the part of it that they fill.
const LEFT: f64 = 40.0;
const RIGHT: f64 = 356.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 102.0;
/// What is there at all can be seen.
const LEAST: f64 = 1.0;

/// One bar.
pub(crate) struct BarRow {
    pub(crate) label: String,
    pub(crate) count: u64,
    /// Where it leads, as the browser asks for it; empty: nowhere.
    pub(crate) link: String,
    /// Class of its colour: `f1` … `f5`, `fg`, `fw`, `fb`.
    pub(crate) fill: &'static str,
}

struct PlacedBar<'a> {
    label: &'a str,
    link: &'a str,
    fill: &'a str,
    shown: String,
    share: String,
    width: f64,
}

#[derive(Template)]
#[template(path = "parts/bar_chart.html")]
struct BarChart<'a> {
    ctx: &'a PageContext,
    id: &'a str,
    caption: &'a str,
    rows: Vec<PlacedBar<'a>>,
}

/// Bars below each other, with their numbers and shares; `id`: of the chart in its page.
pub(crate) fn draw_bars(ctx: &PageContext, id: &str, caption: &str, rows: &[BarRow]) -> Markup {
    let most = rows.iter().map(|row| row.count).max().unwrap_or_default();
    let total = rows.iter().map(|row| row.count).sum();
    let placed = rows.iter().map(|row| PlacedBar {
        label: &row.label,
        link: &row.link,
        fill: row.fill,
        shown: ctx.number(row.count),
        share: ctx.t1("dashboard-percent", "percent", share_text(row.count, total)),
        width: bar_width(row.count, most),
    });
    Markup::render(&BarChart {
        ctx,
        id,
        caption,
        rows: placed.collect(),
    })
}

/// Longest where there are most.
fn bar_width(count: u64, most: u64) -> f64 {
    match count {
        0 => 0.0,
        _ => tenths(BAR_WIDTH * count as f64 / most.max(1) as f64).max(LEAST),
    }
}

/// Whole percent; what is there is never called nothing, and what is not all is never called all.
fn share_text(count: u64, total: u64) -> String {
    let percent = (count as f64 * 100.0 / total.max(1) as f64).round();
    match percent as u64 {
        0 if count > 0 => "< 1".to_owned(),
        100 if count < total => "> 99".to_owned(),
        whole => whole.to_string(),
    }
}

/// One kind of number of each column.
pub(crate) struct ColumnSeries {
    /// By which scripts find it.
    pub(crate) name: &'static str,
    pub(crate) label: String,
    /// Class of its colour: `f1` … `f5`, `fb`.
    pub(crate) fill: &'static str,
    /// The same as a background, for the legend.
    pub(crate) dot: &'static str,
    /// One for each column, in their order.
    pub(crate) values: Vec<u64>,
}

/// A part of a column.
#[derive(Debug, PartialEq)]
struct Block {
    y: f64,
    height: f64,
    fill: &'static str,
}

/// A column from bottom to top.
#[derive(Debug, PartialEq)]
struct PlacedColumn {
    x: f64,
    width: f64,
    blocks: Vec<Block>,
}

struct DrawnColumn {
    placed: PlacedColumn,
    title: String,
}

struct GridLine {
    y: f64,
    /// Where its number stands.
    text_y: f64,
    shown: String,
}

struct TableRow {
    key: String,
    /// Name of the series, number.
    cells: Vec<(&'static str, String, u64)>,
}

#[derive(Template)]
#[template(path = "parts/column_chart.html")]
struct ColumnChart<'a> {
    ctx: &'a PageContext,
    id: &'a str,
    caption: &'a str,
    head: String,
    series: &'a [ColumnSeries],
    columns: Vec<DrawnColumn>,
    lines: Vec<GridLine>,
    first: &'a str,
    last: &'a str,
    rows: Vec<TableRow>,
}

/// Stacked columns, one for each of `keys` (days, oldest first).
pub(crate) fn draw_columns(
    ctx: &PageContext,
    id: &str,
    caption: &str,
    keys: &[String],
    series: &[ColumnSeries],
) -> Markup {
    let top = round_scale(highest_column(keys.len(), series));
    let placed = place_columns(keys.len(), series, top);
    let columns = placed.into_iter().zip(keys).enumerate();
    let columns = columns.map(|(at, (placed, key))| DrawnColumn {
        placed,
        title: describe_column(ctx, key, at, series),
    });
    let row = |(at, key): (usize, &String)| TableRow {
        key: key.clone(),
        cells: series
            .iter()
            .map(|one| (one.name, ctx.number(value_at(one, at)), value_at(one, at)))
            .collect(),
    };
    Markup::render(&ColumnChart {
        ctx,
        id,
        caption,
        head: ctx.t("dashboard-day"),
        series,
        columns: columns.collect(),
        lines: grid_lines(ctx, top),
        first: keys.first().map_or("", String::as_str),
        last: keys.last().map_or("", String::as_str),
        rows: keys.iter().enumerate().rev().map(row).collect(),
    })
}

fn value_at(series: &ColumnSeries, at: usize) -> u64 {
    series.values.get(at).copied().unwrap_or_default()
}

fn describe_column(ctx: &PageContext, key: &str, at: usize, series: &[ColumnSeries]) -> String {
    let part = |one: &ColumnSeries| format!("{} {}", ctx.number(value_at(one, at)), one.label);
    let parts: Vec<String> = series.iter().map(part).collect();
    format!("{key}: {}", parts.join(", "))
}

fn highest_column(columns: usize, series: &[ColumnSeries]) -> u64 {
    let sum = |at: usize| series.iter().map(|one| value_at(one, at)).sum::<u64>();
    (0..columns).map(sum).max().unwrap_or_default()
}

/// The next of 2, 4, 10, 20, 40, 100 …: its half is a round number as well.
fn round_scale(highest: u64) -> u64 {
    let mut power: u64 = 1;
    loop {
        for step in [2, 4, 10] {
            let scale = power.saturating_mul(step);
            if scale >= highest || scale == u64::MAX {
                return scale;
            }
        }
        power = power.saturating_mul(10);
    }
}

fn place_columns(columns: usize, series: &[ColumnSeries], top: u64) -> Vec<PlacedColumn> {
    let slot = (RIGHT - LEFT) / columns.max(1) as f64;
    let place = |at: usize| PlacedColumn {
        x: tenths(LEFT + slot * at as f64),
        width: tenths((slot * 0.8).max(LEAST)),
        blocks: place_blocks(series.iter().map(|one| (value_at(one, at), one.fill)), top),
    };
    (0..columns).map(place).collect()
}

/// Stacked from the bottom; what is nothing has no block.
fn place_blocks(parts: impl Iterator<Item = (u64, &'static str)>, top: u64) -> Vec<Block> {
    let unit = (BOTTOM - TOP) / top.max(1) as f64;
    let mut edge = BOTTOM;
    let mut blocks = Vec::new();
    for (value, fill) in parts.filter(|(value, _)| *value > 0) {
        let height = (unit * value as f64).max(LEAST);
        edge -= height;
        blocks.push(Block {
            y: tenths(edge),
            height: tenths(height),
            fill,
        });
    }
    blocks
}

/// Bottom, middle and top.
fn grid_lines(ctx: &PageContext, top: u64) -> Vec<GridLine> {
    let line = |part: u64| {
        let y = BOTTOM - (BOTTOM - TOP) * part as f64 / 2.0;
        GridLine {
            y: tenths(y),
            text_y: tenths(y + 3.5),
            shown: ctx.number(top / 2 * part),
        }
    };
    (0..=2).map(line).collect()
}

fn tenths(length: f64) -> f64 {
    (length * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(fill: &'static str, values: &[u64]) -> ColumnSeries {
        ColumnSeries {
            name: "any",
            label: String::new(),
            fill,
            dot: "k1",
            values: values.to_vec(),
        }
    }

    #[test]
    fn bars_are_as_long_as_their_share_of_the_longest_and_never_vanish() {
        assert_eq!(bar_width(0, 0), 0.0);
        assert_eq!(bar_width(50, 100), 150.0);
        assert_eq!(bar_width(100, 100), BAR_WIDTH);
        assert_eq!(bar_width(1, 1_000_000), LEAST);
    }

    #[test]
    fn shares_are_whole_percent_and_round_nobody_away() {
        for (count, total, text) in [
            (0, 0, "0"),
            (0, 10, "0"),
            (1, 3, "33"),
            (1, 1_000, "< 1"),
            (999, 1_000, "> 99"),
            (10, 10, "100"),
        ] {
            assert_eq!(share_text(count, total), text, "{count} of {total}");
        }
    }

    #[test]
    fn the_scale_ends_at_a_number_that_can_be_halved() {
        for (highest, scale) in [
            (0, 2),
            (1, 2),
            (2, 2),
            (3, 4),
            (5, 10),
            (11, 20),
            (40, 40),
            (41, 100),
            (12_345, 20_000),
        ] {
            assert_eq!(round_scale(highest), scale, "{highest}");
        }
        assert_eq!(round_scale(u64::MAX), u64::MAX);
    }

    #[test]
    fn columns_are_stacked_from_the_bottom_within_the_box() {
        let both = [series("f1", &[0, 5, 10]), series("f2", &[0, 5, 0])];
        assert_eq!(highest_column(3, &both), 10);
        let placed = place_columns(3, &both, 10);
        assert!(placed[0].blocks.is_empty());
        let block = |y, height, fill| Block { y, height, fill };
        assert_eq!(placed[1].blocks, [block(55.0, 47.0, "f1"), block(8.0, 47.0, "f2")]);
        assert_eq!(placed[2].blocks, [block(8.0, 94.0, "f1")]);
        assert_eq!(placed[0].x, LEFT);
        let last = &placed[2];
        assert!(last.x + last.width <= RIGHT, "{last:?}");
        assert!(place_columns(0, &both, 10).is_empty());
    }

    #[test]
    fn a_series_that_is_too_short_has_nothing_there() {
        assert_eq!(highest_column(2, &[series("f1", &[7])]), 7);
        assert_eq!(value_at(&series("f1", &[7]), 1), 0);
    }
}
