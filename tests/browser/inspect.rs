//! What no page of the desk may ever do: complain on the console, ask another origin for
//! anything, scroll sideways, or be closed to people who see, hear or point differently (axe).

use crate::driver::Browser;
use serde_json::{Value, json};
use std::path::Path;

impl Browser {
    /// Every line the console showed so far, as `(level, text)`.
    pub fn console(&self) -> Vec<(String, String)> {
        for line in self.log("browser") {
            let word = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            self.console
                .borrow_mut()
                .push((word("level"), word("message")));
        }
        self.console.borrow().clone()
    }

    /// Forgets the console so far: for a step that shows a refused request on purpose.
    pub fn forget_console(&self) {
        self.console();
        self.console.borrow_mut().clear();
    }

    /// Every address the browser asked for so far, pages and parts of pages alike.
    pub fn requests(&self) -> Vec<String> {
        for line in self.log("performance") {
            let line: Value = line["message"]
                .as_str()
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default();
            let params = &line["message"]["params"];
            let url = match line["message"]["method"].as_str() {
                Some("Network.requestWillBeSent") => &params["request"]["url"],
                Some("Network.webSocketCreated") => &params["url"],
                _ => &Value::Null,
            };
            let urls = url.as_str().map(str::to_owned);
            self.requests.borrow_mut().extend(urls);
        }
        self.requests.borrow().clone()
    }

    /// Fails if the console showed a warning or an error, or if anything was asked of an origin
    /// other than this one (`http://127.0.0.1:8484`, without a slash at its end).
    pub fn inspect(&self, origin: &str) {
        let loud: Vec<_> = self
            .console()
            .into_iter()
            .filter(|(level, _)| level == "SEVERE" || level == "WARNING")
            .collect();
        assert!(loud.is_empty(), "the console complains: {loud:#?}");
        let home = format!("{origin}/");
        let local = ["data:", "blob:", "about:", "chrome:"];
        let strangers: Vec<_> = self
            .requests()
            .into_iter()
            .filter(|url| !url.starts_with(&home) && !local.iter().any(|l| url.starts_with(l)))
            .collect();
        assert!(
            strangers.is_empty(),
            "asked another origin than {origin}: {strangers:#?}"
        );
    }

    /// Fails if the page can be scrolled sideways at its present size.
    pub fn inspect_width(&self) {
        let over = self.script(
            "const pages = [document.scrollingElement, document.querySelector('main')];
             return Math.max(...pages.map(page => page ? page.scrollWidth - page.clientWidth : 0));",
            json!([]),
        );
        assert_eq!(over, json!(0), "{} scrolls sideways by pixels", self.url());
    }

    /// Fails if axe-core finds anything on the page, naming rule, element and remedy.
    pub fn inspect_access(&self) {
        let findings = self.axe();
        assert!(
            findings.is_empty(),
            "axe-core at {} (screenshot {}):\n{}",
            self.url(),
            self.screenshot("axe").display(),
            findings.join("\n")
        );
    }

    /// What axe-core finds on the page now, one line for each element found.
    pub fn axe(&self) -> Vec<String> {
        self.script(&axe_source(), json!([]));
        let result = self.script_async(
            "const done = arguments[arguments.length - 1];
             axe.run(document, {resultTypes: ['violations']}).then(done, e => done(String(e)));",
            json!([]),
        );
        let Some(violations) = result["violations"].as_array() else {
            panic!("axe-core did not run: {result}");
        };
        let lines = violations.iter().flat_map(|violation| {
            let nodes = violation["nodes"].as_array();
            nodes.into_iter().flatten().map(|node| {
                format!(
                    "{}: {} at {} — {}",
                    violation["id"], violation["help"], node["target"], node["failureSummary"]
                )
            })
        });
        lines.collect()
    }
}

/// The script of axe-core, which `tests/run` fetches: it is no part of the repository.
fn axe_source() -> String {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "cannot read {} ({error}): tests/run fetches axe-core there",
            path.display()
        )
    })
}
