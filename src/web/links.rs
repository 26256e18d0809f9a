//! Addresses of the same page with something changed in their query.

/// The address with these values in place of what it had; none takes a name out.
pub fn with(address: &str, changes: &[(&str, Option<&str>)]) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name))
        .collect();
    for (name, value) in changes {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            pairs.push(((*name).to_owned(), value.to_owned()));
        }
    }
    if pairs.is_empty() {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    format!("{path}?{query}")
}

/// The neighbours of a page of a list: the newer one, where this is not the first, and the older
/// one, where `last` is the place it begins after. The places already passed go along (`trail`), so
/// that *Newer* leads back page by page.
///
/// **Limit:** `TRAIL_MAX` places; from further down *Newer* leads to the top in the end.
pub fn neighbours(
    address: &str,
    name: &str,
    last: Option<&str>,
) -> (Option<String>, Option<String>) {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let asked = |wanted: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let found = pairs.find(|(name, _)| name == wanted);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let (here, trail) = (asked(name), asked("trail"));
    let mut passed: Vec<&str> = trail.split('~').filter(|key| !key.is_empty()).collect();
    let newer = (!here.is_empty()).then(|| match passed.split_last() {
        Some((before, rest)) => {
            let rest = rest.join("~");
            with(address, &[(name, Some(before)), ("trail", Some(&rest))])
        }
        None => with(address, &[(name, None), ("trail", None)]),
    });
    let older = last.map(|last| {
        if !here.is_empty() {
            passed.push(&here);
        }
        let from = passed.len().saturating_sub(TRAIL_MAX);
        let trail = passed.get(from..).unwrap_or_default().join("~");
        with(address, &[(name, Some(last)), ("trail", Some(&trail))])
    });
    (newer, older)
}

/// Most places of pages already passed that an address carries.
const TRAIL_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use super::{neighbours, with};

    #[test]
    fn newer_leads_back_the_way_older_came() {
        let (none, second) = neighbours("/contacts?q=a", "before", Some("K-50"));
        assert_eq!(none, None);
        let second = second.unwrap();
        assert_eq!(second, "/contacts?q=a&before=K-50");
        let (first, third) = neighbours(&second, "before", Some("K-9"));
        assert_eq!(first.unwrap(), "/contacts?q=a");
        let (back, end) = neighbours(&third.unwrap(), "before", None);
        assert_eq!((back.unwrap(), end), (second, None));
    }

    #[test]
    fn a_name_is_replaced_added_or_taken_out() {
        let address = "/inbox?queue=mine&open=C-88";
        assert_eq!(with(address, &[("open", None)]), "/inbox?queue=mine");
        assert_eq!(
            with(address, &[("open", Some("C-9"))]),
            "/inbox?queue=mine&open=C-9"
        );
        assert_eq!(with("/inbox", &[("q", Some("a b"))]), "/inbox?q=a+b");
        assert_eq!(with("/inbox?q=a", &[("q", Some(""))]), "/inbox");
    }
}
