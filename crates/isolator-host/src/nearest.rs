//! Which of several names was probably meant.

/// Names with more letters than this are not compared letter by letter.
const LONGEST: usize = 128;

/// Names that were probably meant by `wanted`, nearest first: those that differ in a few letters, at most three.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let most = (wanted.chars().count() / 3).clamp(1, 3);
    let mut near: Vec<(usize, &str)> = names
        .filter_map(|name| Some((distance(wanted, name, most)?, name)))
        .collect();
    near.sort_unstable();
    near.dedup();
    near.truncate(3);
    near.into_iter().map(|(_, name)| name).collect()
}

/// How many letters have to be changed, added or left out to make one name of the other, without regard to case; none if it is more than `most`.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let letters = |text: &str| -> Vec<char> {
        text.chars()
            .flat_map(char::to_lowercase)
            .take(LONGEST + 1)
            .collect()
    };
    let (a, b) = (letters(a), letters(b));
    if a.len().max(b.len()) > LONGEST || a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let above = *cell;
            left = (diagonal + usize::from(x != y))
                .min(above + 1)
                .min(left + 1);
            diagonal = above;
            *cell = left;
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_near_that_differs_in_a_few_letters() {
        let names = ["price", "prices", "PRICE", "total", "pr", "cripe"];
        let found = |wanted| nearest(wanted, names.into_iter());
        assert_eq!(found("prise"), ["PRICE", "price"]);
        assert_eq!(found("priices"), ["prices", "PRICE", "price"]);
        assert_eq!(found("totl"), ["total"]);
        assert_eq!(found("nothing like it"), [""; 0]);
        assert_eq!(found(&"p".repeat(5000)), [""; 0]);
        assert_eq!(distance("kitten", "sitting", 3), Some(3));
        assert_eq!(distance("kitten", "sitting", 2), None);
    }
}
