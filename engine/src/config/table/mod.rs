//! The table of directives, in the order in which replies and generated documents list them. Holds no values.

mod clients;
mod cluster;
mod data;
mod server;

use super::directive::{Directive, Kind};

/// A heading and its directives.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Heading.
    pub title: &'static str,
    /// Directives in order.
    pub rows: &'static [Directive],
}

/// All sections in order.
pub fn sections() -> impl Iterator<Item = &'static Section> {
    [
        server::SECTIONS,
        clients::SECTIONS,
        data::SECTIONS,
        cluster::SECTIONS,
    ]
    .into_iter()
    .flatten()
}

/// All directives in order.
pub fn directives() -> impl Iterator<Item = &'static Directive> {
    sections().flat_map(|section| section.rows)
}

/// The directive of a name or alias in any case, with the name that was meant. Linear in the size of the table.
#[must_use]
pub fn lookup(name: &[u8]) -> Option<(&'static Directive, &'static str)> {
    for row in directives() {
        if name.eq_ignore_ascii_case(row.name.as_bytes()) {
            return Some((row, row.name));
        }
        if let Some(alias) = row.alias
            && name.eq_ignore_ascii_case(alias.as_bytes())
        {
            return Some((row, alias));
        }
    }
    None
}
