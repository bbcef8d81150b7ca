//! The page of the site: what is between its markers is written anew, its prose stays.

use std::fs;
use std::io;
use std::path::Path;

const BEGIN: &str = "<!-- written by make bench -->\n";
const END: &str = "<!-- end -->\n";

pub(crate) fn renew(page: &Path, tables: &str) -> io::Result<()> {
    try_renew(page, tables)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", page.display())))
}

fn try_renew(page: &Path, tables: &str) -> io::Result<()> {
    let old = fs::read_to_string(page)?;
    let new = replaced(&old, tables).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("it has no {} and {}", BEGIN.trim(), END.trim()))
    })?;
    // As a whole or not at all.
    let beside = page.with_extension("new");
    fs::write(&beside, new)?;
    fs::rename(beside, page)
}

fn replaced(page: &str, tables: &str) -> Option<String> {
    let (head, rest) = page.split_once(BEGIN)?;
    let (_, tail) = rest.split_once(END)?;
    Some(format!("{head}{BEGIN}\n{tables}\n{END}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_around_the_tables_stays() {
        let page = format!("# Speed\n\n{BEGIN}old\n{END}\nhow\n");
        let once = replaced(&page, "| new |\n").expect("there are markers");
        assert_eq!(once, format!("# Speed\n\n{BEGIN}\n| new |\n\n{END}\nhow\n"));
        assert_eq!(replaced(&once, "| new |\n").as_ref(), Some(&once));
        assert_eq!(replaced("# Speed\n", ""), None);
    }
}
