//! Tables of plain text.
//!
//! In: rows of cells. Out: columns, the first to the left and the others to the right.

/// The rows, the first being the head; every line indented by two.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let cell = |(column, cell): (usize, &String)| match column {
        0 => format!("{cell:<width$}", width = widths[column]),
        _ => format!("{cell:>width$}", width = widths[column]),
    };
    let line = |row: &Vec<String>| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
    rows.iter().map(|row| format!("  {}\n", line(row).trim_end())).collect()
}

/// `3 of 45 (6.7 %)`.
pub(crate) fn share(part: usize, of: usize) -> String {
    match of {
        0 => format!("{part} of 0"),
        _ => format!("{part} of {of} ({:.1} %)", percent(part, of)),
    }
}

/// The share in percent; of nothing, nothing.
pub(crate) fn percent(part: usize, of: usize) -> f64 {
    let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    if of == 0 { 0.0 } else { 100.0 * count(part) / count(of) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(table(&[row(["label", "n"]), row(["a", "12"])]), "  label   n\n  a      12\n");
    }

    #[test]
    fn a_share_of_nothing_is_no_number() {
        assert_eq!(share(3, 45), "3 of 45 (6.7 %)");
        assert_eq!(share(0, 0), "0 of 0");
    }
}
