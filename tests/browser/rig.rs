//! Proves the rig itself on a page of its own, so that a failure of a story is the story's.

use crate::driver::{Browser, DESKTOP, PHONE, key};
use serde_json::json;
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
};

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head><title>A page to try</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width">
<style>:root { color-scheme: light dark } .wide { width: 900px }</style></head>
<body><main><h1>Orders</h1>
<form><label>Customer <input name="customer"></label>
<label>Photo <input type="file" name="photo"></label>
<button type="button">Send it</button></form>
<output></output></main>
<script src="/page.js"></script></body></html>"#;

const SCRIPT: &str = r#"
const said = document.querySelector("output");
document.querySelector("button").addEventListener("click", () => setTimeout(() => {
  said.textContent = "sent to " + document.querySelector("[name=customer]").value;
}, 50));
document.addEventListener("keydown", event => {
  if (event.key === "Escape") said.textContent = "closed";
  if (event.ctrlKey && event.key === "k") { event.preventDefault(); said.textContent = "palette"; }
});
"#;

const WIDE: &str = r#"<!doctype html><html><head>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"></head>
<body><div class="wide" style="width: 900px">wide</div><img src="/logo.png"></body></html>"#;

/// Serves the pages above from a thread until the test ends; gives their origin.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    origin
}

fn answer(mut stream: TcpStream) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    let (status, kind, body) = match request.split(' ').nth(1)?.split('?').next()? {
        "/" => ("200 OK", "text/html; charset=utf-8", PAGE),
        "/page.js" => ("200 OK", "text/javascript", SCRIPT),
        "/wide" => ("200 OK", "text/html; charset=utf-8", WIDE),
        _ => ("404 Not Found", "text/plain", "no such page"),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Content-Security-Policy: script-src 'self'\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}

fn refusal(of: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(of));
    let panic = panic.expect_err("the inspection finds what is wrong");
    panic
        .downcast_ref::<String>()
        .cloned()
        .expect("a panic with words")
}

#[test]
fn a_person_can_find_type_click_and_press_keys() {
    let origin = serve();
    let browser = Browser::start();
    browser.open(&format!("{origin}/"));
    browser.role("heading", "Orders");
    assert!(!browser.has_role("button", "Delete it"));

    let customer = browser.role("textbox", "Customer");
    browser.fill(&customer, "Ana");
    browser.fill(&customer, "Ana Soto");
    assert_eq!(browser.property(&customer, "value"), json!("Ana Soto"));
    browser.click(&browser.role("button", "Send it"));
    browser.sees("sent to Ana Soto");

    browser.keys(&[key::CONTROL, "k"]);
    browser.sees("palette");
    browser.keys(&[key::ESCAPE]);
    browser.sees("closed");
    browser.click(&customer);
    browser.keys(&[key::TAB]);
    assert_eq!(browser.name_of(&browser.focused()), "Photo");

    let photo = browser.find("[name=photo]");
    browser.upload(&photo, std::path::Path::new("Cargo.toml"));
    let count = browser.script("return arguments[0].files[0].name", json!([photo]));
    assert_eq!(count, json!("Cargo.toml"));
    browser.click(&customer);
    browser.keys(&[key::ENTER]);
    browser.wait_until("the form to be sent", || {
        browser.url().contains("customer=Ana+Soto").then_some(())
    });
    browser.inspect(&origin);
}

#[test]
fn the_page_can_be_seen_dark_small_and_without_script() {
    let origin = serve();
    let browser = Browser::start();
    browser.open(&format!("{origin}/"));
    let dark = |browser: &Browser| {
        browser.script(
            "return [matchMedia('(prefers-color-scheme: dark)').matches, innerWidth, innerHeight]",
            json!([]),
        )
    };
    browser.prefer("light");
    assert_eq!(dark(&browser), json!([false, DESKTOP.0, DESKTOP.1]));
    browser.prefer("dark");
    browser.resize(PHONE);
    assert_eq!(dark(&browser), json!([true, PHONE.0, PHONE.1]));
    browser.inspect_width();
    let shot = std::fs::read(browser.screenshot("rig")).expect("a screenshot on disk");
    assert!(shot.starts_with(b"\x89PNG"));

    browser.without_script(true);
    browser.reload();
    browser.click(&browser.role("button", "Send it"));
    browser.keys(&[key::CONTROL, "k"]);
    let said = browser.find("output");
    assert_eq!(browser.property(&said, "textContent"), json!(""));
    browser.without_script(false);
    browser.reload();
    browser.click(&browser.role("button", "Send it"));
    browser.sees("sent to");
}

#[test]
fn the_inspection_finds_errors_strangers_sideways_pages_and_closed_doors() {
    let origin = serve();
    let elsewhere = serve();
    let browser = Browser::start();
    browser.resize(PHONE);
    browser.open(&format!("{origin}/"));
    browser.inspect(&origin);
    browser.inspect_width();
    browser.inspect_access();

    let ask = "fetch(arguments[0], {mode: 'no-cors'}).finally(arguments[1])";
    browser.script_async(ask, json!([format!("{elsewhere}/page.js")]));
    let strangers = refusal(|| browser.inspect(&origin));
    assert!(strangers.contains(&elsewhere), "{strangers}");

    browser.open(&format!("{origin}/wide"));
    let console = refusal(|| browser.inspect(&origin));
    assert!(console.contains("logo.png"), "{console}");
    assert!(refusal(|| browser.inspect_width()).contains("sideways"));
    let findings = refusal(|| browser.inspect_access());
    for rule in ["html-has-lang", "document-title", "image-alt"] {
        assert!(findings.contains(rule), "{findings}");
    }
    browser.forget_console();
    assert_eq!(browser.console(), []);
}
