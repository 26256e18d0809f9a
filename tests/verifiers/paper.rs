//! Reports for printing as a browser makes a PDF of them: the paper that was asked for, page
//! numbers, headers over every part of a table, and nothing asked of anybody.

use crate::driver::Browser;
use crate::{run, small_desk};
use data_encoding::BASE64;
use serde_json::json;
use std::fs;
use std::process::Command;
use tempfile::TempDir;
use trailbox::domain::actor::Who;
use trailbox::domain::calendar::Zone;
use trailbox::domain::id::Object;
use trailbox::web::print::{self, Manner, Paper, Wanted};
use trailbox::web::text::Language;

#[test]
fn reports_print_on_both_papers_with_numbers_and_headers() {
    let kit = small_desk(300);
    let folder = TempDir::new().unwrap();
    let browser = Browser::start();
    let events = Wanted::Events(Box::default(), String::new(), None);
    let case = Wanted::Case("T-1001".parse::<Object>().unwrap());
    for (name, wanted, paper, size) in [
        ("events", &events, Paper::A4, "(A4)"),
        ("letter", &events, Paper::Letter, "(letter)"),
        ("case", &case, Paper::A4, "(A4)"),
    ] {
        let manner = Manner {
            language: Language::default(),
            zone: Zone::utc(),
            paper,
        };
        let made = print::make(&kit.ledger, &Who::shell(), wanted, &manner).unwrap();
        let page = folder.path().join(format!("{name}.html"));
        fs::write(&page, &made.html).unwrap();
        browser.open(&format!("file://{}", page.display()));
        let asked = "return performance.getEntriesByType('resource').length";
        assert_eq!(
            browser.script(asked, json!([])),
            0,
            "it asked for something"
        );
        let printed = browser.devtools("Page.printToPDF", json!({"preferCSSPageSize": true}));
        let pdf = folder.path().join(format!("{name}.pdf"));
        let bytes = BASE64.decode(printed["data"].as_str().unwrap().as_bytes());
        fs::write(&pdf, bytes.unwrap()).unwrap();
        let info = run(Command::new("pdfinfo").arg(&pdf));
        let line = |start: &str| {
            let line = info.lines().find(|line| line.starts_with(start));
            line.unwrap_or_default().to_owned()
        };
        assert!(line("Page size:").contains(size), "{name}: {info}");
        let pages: usize = line("Pages:").replace("Pages:", "").trim().parse().unwrap();
        assert!(pages > 1, "{name}: {pages}");
        for at in 1..=pages {
            let number = at.to_string();
            let mut text = Command::new("pdftotext");
            text.args(["-layout", "-f", &number, "-l", &number])
                .arg(&pdf);
            let text = run(text.arg("-"));
            let packed = text.replace(' ', "");
            assert!(packed.contains(&format!("{at}/{pages}")), "{name}: {text}");
            if name != "case" && at > 1 && at + 1 < pages {
                assert!(
                    text.contains("Number") && text.contains("When"),
                    "{name} {at}"
                );
            }
        }
    }
}
