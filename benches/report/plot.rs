//! A drawing of numbers that grow.
//!
//! In: lines of points. Out: an SVG, both axes logarithmic, so that what grows in proportion is a straight line of one slope.

use std::fmt::Write as _;

/// Points to be joined.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) color: &'a str,
    pub(crate) points: &'a [(f64, f64)],
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 340.0;
const TOP: f64 = 50.0;
const RIGHT: f64 = 610.0;

/// Draws lines; a dotted one beside each axis shows what grows in proportion.
pub(crate) fn plot(title: &str, lines: &[Line<'_>]) -> String {
    let all = || lines.iter().flat_map(|line| line.points);
    let across = range(all().map(|point| point.0));
    let up = range(all().map(|point| point.1));
    let x = |value: f64| LEFT + (value.log10() - across.0) / (across.1 - across.0) * (RIGHT - LEFT);
    let y = |value: f64| BOTTOM - (value.log10() - up.0) / (up.1 - up.0) * (BOTTOM - TOP);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n<text x=\"{LEFT}\" y=\"24\" font-size=\"14\">{title}</text>\n"
    );
    for power in decades(across) {
        let at = x(power);
        let _ = writeln!(svg, "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{BOTTOM}\" stroke=\"#dddddd\"/>");
        let _ = writeln!(svg, "<text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{power}</text>", BOTTOM + 18.0);
    }
    for power in decades(up) {
        let at = y(power);
        let _ = writeln!(svg, "<line x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>");
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{power}</text>", LEFT - 6.0, at + 4.0);
    }
    for (number, line) in lines.iter().filter(|line| !line.points.is_empty()).enumerate() {
        let places: Vec<String> =
            line.points.iter().map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1))).collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>",
            places.join(" "),
            line.color
        );
        for point in line.points {
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{}\"/>",
                x(point.0),
                y(point.1),
                line.color
            );
        }
        let at = LEFT + 10.0 + number as f64 * 140.0;
        let _ =
            writeln!(svg, "<text x=\"{at:.1}\" y=\"{}\" fill=\"{}\">{}</text>", BOTTOM + 46.0, line.color, line.name);
    }
    svg.push_str("</svg>\n");
    svg
}

/// The powers of ten around numbers.
fn range(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let logs: Vec<f64> = numbers.filter(|number| *number > 0.0).map(f64::log10).collect();
    let (low, high) = (logs.iter().copied().fold(f64::MAX, f64::min), logs.iter().copied().fold(f64::MIN, f64::max));
    (low.floor(), high.ceil())
}

fn decades(range: (f64, f64)) -> impl Iterator<Item = f64> {
    let (low, high) = (range.0 as i32, range.1 as i32);
    (low..=high).map(|power| 10_f64.powi(power))
}
