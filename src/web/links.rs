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

#[cfg(test)]
mod tests {
    use super::with;

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
